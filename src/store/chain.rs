//! The hash chains that make the database tamper-evident: each row contains the hash of the previous row.

use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgExecutor};
use strum::{AsRefStr, Display};

use super::StoreError;
use crate::domain::UnknownWord;

/// The SHA-256 of one row and the previous hash.
pub type ChainHash = [u8; 32];

/// The previous hash of a chain's first row.
pub const START: ChainHash = [0; 32];

/// The kinds of chains. The check constraint on `chain_heads.chain` lists the same ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, AsRefStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Chain {
    /// Decisions.
    Decisions,
    /// Admin actions.
    AdminActions,
}

/// A row of a chain for verification: its stored hashes and the hash of its content.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// The row's `prev_hash`.
    pub prev: ChainHash,
    /// The row's `hash`.
    pub stored: ChainHash,
    /// The hash computed from the row's content and its `prev_hash`.
    pub computed: ChainHash,
}

/// Where a chain is broken. Positions count from zero, in the order of `seq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// The row's content does not match its hash: the row was changed.
    #[error("row {0} of the chain was changed")]
    Altered(usize),
    /// The row does not follow the previous one: a row was removed, added or moved.
    #[error("row {0} of the chain does not follow the previous row")]
    Unlinked(usize),
    /// Every row is intact, but the last one is not the one that was appended last: rows were removed from the end.
    #[error("rows were removed from the end of the chain, after row {0}")]
    CutOff(usize),
}

/// Returns the hash of a row: SHA-256 over the previous hash and each field, with each field preceded by its length (64
/// bits, big-endian), so that no two different rows produce the same bytes.
///
/// Times are written as microseconds since 1970 (`i64`, big-endian), which is the precision of Postgres. A nullable
/// field is written by [`nullable`]. Begin with the name of the chain, so that a row of one chain never fits into
/// another.
#[must_use]
pub fn hash(prev: &ChainHash, fields: &[&[u8]]) -> ChainHash {
    let mut digest = Sha256::new_with_prefix(prev);
    for field in fields {
        digest.update((field.len() as u64).to_be_bytes());
        digest.update(field);
    }
    digest.finalize().into()
}

/// Writes a nullable field as two: whether it is present, and its value. Null and empty hash differently.
#[must_use]
pub fn nullable(value: Option<&[u8]>) -> [&[u8]; 2] {
    match value {
        Some(value) => [&[1], value],
        None => [&[0], &[]],
    }
}

/// Verifies a chain from its start and returns its last hash, which must be the one in `chain_heads`.
///
/// # Errors
/// The first row that was changed, or that does not follow the previous one.
pub fn verify(links: impl IntoIterator<Item = Link>) -> Result<ChainHash, Break> {
    let mut walk = Walk::default();
    for link in links {
        walk.step(&link)?;
    }
    Ok(walk.last)
}

/// Verifies a chain row by row, so that a long chain need not be in memory.
#[derive(Debug, Clone, Copy)]
pub struct Walk {
    /// The hash of the last row so far. At the end it must be the one in `chain_heads`.
    pub last: ChainHash,
    /// The number of rows so far.
    pub rows: usize,
}

impl Default for Walk {
    fn default() -> Self {
        Self { last: START, rows: 0 }
    }
}

impl Walk {
    /// Verifies the next row.
    ///
    /// # Errors
    /// The row was changed, or does not follow the previous one.
    pub fn step(&mut self, link: &Link) -> Result<(), Break> {
        if link.prev != self.last {
            return Err(Break::Unlinked(self.rows));
        }
        if link.stored != link.computed {
            return Err(Break::Altered(self.rows));
        }
        self.last = link.stored;
        self.rows += 1;
        Ok(())
    }
}

/// Locks a chain until the transaction ends and returns its last hash.
///
/// INVARIANT: every append to a chain happens between this and [`move_head`], in one transaction. Locking this one row,
/// and not the last row of the chain, keeps concurrent writers from forking it.
pub async fn lock_head(connection: &mut PgConnection, chain: Chain) -> Result<ChainHash, StoreError> {
    let hash = sqlx::query_scalar!(
        "-- lock the head of a chain
         select hash from chain_heads where chain = $1 for update",
        chain.as_ref()
    )
    .fetch_one(connection)
    .await?;
    from_row(&hash)
}

/// Makes a new row the last of its chain. `from` is the hash that [`lock_head`] returned.
pub async fn move_head(
    connection: &mut PgConnection,
    chain: Chain,
    from: &ChainHash,
    to: &ChainHash,
) -> Result<(), StoreError> {
    let moved = sqlx::query!(
        "-- move the head of a chain
         update chain_heads set hash = $3 where chain = $1 and hash = $2",
        chain.as_ref(),
        from.as_slice(),
        to.as_slice()
    )
    .execute(connection)
    .await?;
    if moved.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::Overtaken("head of the chain"))
    }
}

/// Returns the last hash of a chain without locking it, for verification.
pub async fn read_head(executor: impl PgExecutor<'_>, chain: Chain) -> Result<ChainHash, StoreError> {
    let hash = sqlx::query_scalar!(
        "-- read the head of a chain
         select hash from chain_heads where chain = $1",
        chain.as_ref()
    )
    .fetch_one(executor)
    .await?;
    from_row(&hash)
}

/// Reads a hash from a row.
///
/// # Errors
/// `Unreadable` if the column does not contain 32 bytes.
pub fn from_row(bytes: &[u8]) -> Result<ChainHash, StoreError> {
    bytes.try_into().map_err(|_| {
        StoreError::Unreadable(UnknownWord {
            what: "a hash of 32 bytes",
            text: hex::encode(bytes),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(prev: ChainHash, content: &str) -> Link {
        let stored = hash(&prev, &[content.as_bytes()]);
        Link {
            prev,
            stored,
            computed: stored,
        }
    }

    fn three() -> Vec<Link> {
        let one = link(START, "one");
        let two = link(one.stored, "two");
        vec![one, two, link(two.stored, "three")]
    }

    #[test]
    fn moving_a_byte_from_one_field_to_the_next_changes_the_hash() {
        let hashes = [
            hash(&START, &[b"ab", b"c"]),
            hash(&START, &[b"a", b"bc"]),
            hash(&START, &[b"abc"]),
            hash(&START, &[b"abc", b""]),
        ];
        for (at, one) in hashes.iter().enumerate() {
            assert!(hashes[at + 1..].iter().all(|other| one != other));
        }
    }

    #[test]
    fn null_and_empty_hash_differently() {
        assert_ne!(hash(&START, &nullable(None)), hash(&START, &nullable(Some(b""))));
    }

    #[test]
    fn the_hash_is_what_an_auditor_computes_by_hand() {
        // SHA-256 of 32 zero bytes, 00 00 00 00 00 00 00 02, and the two letters.
        assert_eq!(
            hex::encode(hash(&START, &[b"ok"])),
            "45281b5af43f25e360757f2190f4b3cbf133ded60d955a0a4bbee472b57fc410"
        );
    }

    #[test]
    fn an_untouched_chain_verifies_to_its_last_hash() {
        assert_eq!(verify(three()), Ok(three()[2].stored));
        assert_eq!(verify([]), Ok(START));
    }

    #[test]
    fn an_altered_row_is_found_by_its_position() {
        let mut links = three();
        links[1].computed = hash(&links[1].prev, &[b"TWO"]);
        assert_eq!(verify(links), Err(Break::Altered(1)));
    }

    #[test]
    fn a_removed_row_is_found_where_it_is_missing() {
        let mut links = three();
        links.remove(1);
        assert_eq!(verify(links), Err(Break::Unlinked(1)));
    }
}
