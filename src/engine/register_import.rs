//! Brings the register up to date from a list of numbers: all or nothing, and on record as an admin action.

use jiff::Timestamp;
use serde_json::json;
use sqlx::PgPool;

use crate::domain::PinKey;
use crate::register::Entry;
use crate::store::numbers::{self, Kept, NumberToKeep};
use crate::store::{StoreError, orders, record_admin_action};

/// Rows sent to the database at once: enough to be fast, few enough for the progress to be seen.
const BATCH: usize = 5_000;

/// Where an import came from, for the record.
#[derive(Debug, Clone)]
pub struct ImportSource {
    /// The file's name, or `-`.
    pub name: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Who imports it.
    pub actor: String,
}

/// An entry has a PIN, and without a key no PIN is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line} has a PIN, and there is no key to keep it under")]
pub struct NoPinKey {
    /// The first such line.
    pub line: u64,
}

/// Turns PINs into what is kept of them. Without PINs no key is needed.
pub fn under_key(entries: Vec<Entry>, key: Option<&PinKey>) -> Result<Vec<NumberToKeep>, NoPinKey> {
    let keep = |entry: Entry| {
        let pin = match (key, &entry.pin) {
            (Some(key), Some(pin)) => Some(key.hmac(&entry.account, entry.number, pin)),
            (None, Some(_)) => return Err(NoPinKey { line: entry.line }),
            (_, None) => None,
        };
        Ok(NumberToKeep {
            account: entry.account,
            number: entry.number,
            pin,
            zip: entry.zip,
            name: entry.name,
            address: entry.address,
            frozen: entry.frozen,
            tags: entry.tags,
        })
    };
    entries.into_iter().map(keep).collect()
}

/// Keeps the numbers in one transaction, the record of the import its last statement.
pub async fn keep(
    pool: &PgPool,
    rows: &[NumberToKeep],
    source: &ImportSource,
    now: Timestamp,
    mut on_progress: impl FnMut(usize),
) -> Result<Kept, StoreError> {
    let mut transaction = pool.begin().await?;
    numbers::lock_register(&mut transaction).await?;
    let mut kept = Kept::default();
    for batch in rows.chunks(BATCH) {
        kept += numbers::keep_numbers(&mut *transaction, batch, now).await?;
        on_progress(batch.len());
    }
    let detail = json!({
        "file": source.name,
        "sha256": source.sha256,
        "added": kept.added,
        "changed": kept.changed,
        "unchanged": kept.unchanged,
    });
    // The register is a fact of every order that nobody has decided.
    orders::wake_undecided(&mut *transaction, now).await?;
    record_admin_action(&mut transaction, &source.actor, "numbers.import", &detail, now).await?;
    transaction.commit().await?;
    Ok(kept)
}
