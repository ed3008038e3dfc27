//! Imports a list of numbers into the register: all or nothing, and recorded as an admin action.

mod error;
mod pin_key_change;

pub use error::ImportFailed;
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};

use crate::domain::{PinKey, PinKeyFingerprint};
use crate::register::Entry;
use crate::store::numbers::{self, Difference, NumberToKeep};
use crate::store::{StoreError, orders, pin_keys, record_admin_action};

pub use error::PinKeyRefused;
pub use pin_key_change::PinKeyChange;

/// The number of rows in one statement: enough to be fast, few enough to show progress.
const BATCH: usize = 5_000;

/// Where an import came from, as it is recorded.
#[derive(Debug, Clone)]
pub struct ImportSource {
    /// The file name, or `-`.
    pub name: String,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// The person who imports it.
    pub actor: String,
    /// What should happen to the key of the PINs on file.
    pub pin_key_change: PinKeyChange,
}

/// Numbers as they are stored, with the key of their PINs.
#[derive(Debug, Clone)]
pub struct KeyedNumbers {
    rows: Vec<NumberToKeep>,
    /// `None` if no number has a PIN.
    pin_key: Option<PinKeyFingerprint>,
}

/// An entry has a PIN, but there is no key to store it under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line} has a PIN, but no PIN key is set to store it under. Set `pin_key_file`")]
pub struct NoPinKey {
    /// The first such line.
    pub line: u64,
}

impl KeyedNumbers {
    /// Returns the numbers, in the order of the file.
    #[must_use]
    pub fn rows(&self) -> &[NumberToKeep] {
        &self.rows
    }
}

/// Turns PINs into the digests that are stored. Without PINs no key is needed.
pub fn under_key(entries: Vec<Entry>, key: Option<&PinKey>) -> Result<KeyedNumbers, NoPinKey> {
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
    let rows: Vec<NumberToKeep> = entries.into_iter().map(keep).collect::<Result<_, _>>()?;
    let has_pins = rows.iter().any(|row| row.pin.is_some());
    Ok(KeyedNumbers {
        pin_key: key.filter(|_| has_pins).map(PinKey::fingerprint),
        rows,
    })
}

/// Stores the numbers in one transaction, with the record of the import as its last statement. Returns what changed.
///
/// # Errors
/// The PINs may not be stored under this key, or the database failed. Nothing was changed.
pub async fn keep(
    pool: &PgPool,
    import: &KeyedNumbers,
    source: &ImportSource,
    now: Timestamp,
    mut on_progress: impl FnMut(usize),
) -> Result<Difference, ImportFailed> {
    let mut transaction = pool.begin().await.map_err(StoreError::from)?;
    numbers::lock_register(&mut transaction).await?;
    let difference = compare(&mut transaction, &import.rows, |_| ()).await?;
    let step = pin_key_change::step(
        &mut transaction,
        import.pin_key,
        source.pin_key_change,
        &difference,
    )
    .await?;
    for batch in import.rows.chunks(BATCH) {
        numbers::keep_numbers(&mut *transaction, batch, now).await?;
        on_progress(batch.len());
    }
    let key_change = step.write(&mut transaction, now).await?;
    if difference.pins_removed > 0 {
        pin_keys::forget_unused_pin_key(&mut *transaction).await?;
    }
    // The register is a fact of every order that no person has decided.
    orders::wake_undecided(&mut *transaction, now).await?;
    let detail = detail(source, &difference, key_change);
    record_admin_action(&mut transaction, &source.actor, "numbers.import", &detail, now).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(difference)
}

/// Does everything except write: returns what [`keep`] would change, and refuses what it would refuse.
///
/// # Errors
/// As [`keep`].
pub async fn rehearse(
    pool: &PgPool,
    import: &KeyedNumbers,
    source: &ImportSource,
    on_progress: impl FnMut(usize),
) -> Result<Difference, ImportFailed> {
    // A read-only transaction, so that the database guarantees that nothing is written.
    let mut transaction = pool
        .begin_with("begin isolation level repeatable read read only")
        .await
        .map_err(StoreError::from)?;
    let difference = compare(&mut transaction, &import.rows, on_progress).await?;
    pin_key_change::step(
        &mut transaction,
        import.pin_key,
        source.pin_key_change,
        &difference,
    )
    .await?;
    transaction.rollback().await.map_err(StoreError::from)?;
    Ok(difference)
}

async fn compare(
    connection: &mut PgConnection,
    rows: &[NumberToKeep],
    mut on_progress: impl FnMut(usize),
) -> Result<Difference, StoreError> {
    let mut difference = Difference::default();
    for batch in rows.chunks(BATCH) {
        difference += numbers::compare_numbers(&mut *connection, batch).await?;
        on_progress(batch.len());
    }
    Ok(difference)
}

fn detail(source: &ImportSource, difference: &Difference, key_change: Option<Value>) -> Value {
    let kept = difference.kept;
    let mut detail = json!({
        "file": source.name,
        "sha256": source.sha256,
        "added": kept.added,
        "changed": kept.changed,
        "unchanged": kept.unchanged,
    });
    if let Some(members) = detail.as_object_mut() {
        members.extend(key_change.map(|change| ("pin_key".to_owned(), change)));
    }
    detail
}

#[cfg(test)]
mod tests;
