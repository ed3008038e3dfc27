//! The key under which the register's PINs are stored: one row, or none while there is no PIN.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;

use super::{StoreError, chain};
use crate::domain::{PinKeyFingerprint, PinKeyProof, RecordedPinKey};

/// Returns what is recorded about the key of the PINs on file.
///
/// Read it after the PINs: if an import replaces both in between, the key then looks different and nothing is compared.
/// If it were read first, a PIN under the new key would be compared under the old one.
pub async fn recorded_pin_key(db: impl PgExecutor<'_>) -> Result<Option<RecordedPinKey>, StoreError> {
    let row = sqlx::query!("-- recorded_pin_key\nselect fingerprint, recorded_at, proven_at from pin_keys")
        .fetch_optional(db)
        .await?;
    row.map(|row| {
        Ok(RecordedPinKey {
            fingerprint: PinKeyFingerprint::new(chain::from_row(&row.fingerprint)?),
            recorded_at: row.recorded_at.to_jiff(),
            proof: match row.proven_at {
                Some(_) => PinKeyProof::Proven,
                None => PinKeyProof::Assumed,
            },
        })
    })
    .transpose()
}

/// Records the key of the PINs on file, replacing the recorded one.
pub async fn record_pin_key(
    db: impl PgExecutor<'_>,
    fingerprint: &PinKeyFingerprint,
    proof: PinKeyProof,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- record_pin_key
        insert into pin_keys (fingerprint, recorded_at, proven_at)
        values ($1, $2::timestamptz, case when $3 then $2::timestamptz end)
        on conflict on constraint pin_keys_pkey do update
        set fingerprint = excluded.fingerprint, recorded_at = excluded.recorded_at, proven_at = excluded.proven_at",
        fingerprint.as_bytes().as_slice(),
        now.to_sqlx() as jiff_sqlx::Timestamp,
        proof == PinKeyProof::Proven,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Records that a PIN on file has matched under an assumed key. Returns whether that is new.
pub async fn prove_pin_key(
    db: impl PgExecutor<'_>,
    fingerprint: &PinKeyFingerprint,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "-- prove_pin_key
        update pin_keys set proven_at = $2 where fingerprint = $1 and proven_at is null",
        fingerprint.as_bytes().as_slice(),
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Deletes the key if no PIN is on file. The next import with PINs is then allowed under any key.
pub async fn forget_unused_pin_key(db: impl PgExecutor<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "-- forget_unused_pin_key
        delete from pin_keys where not exists (select from numbers where pin_hmac is not null)"
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Counts the numbers with a PIN on file, in all accounts.
pub async fn count_pins_on_file(db: impl PgExecutor<'_>) -> Result<usize, StoreError> {
    let count = sqlx::query_scalar!(
        r#"-- count_pins_on_file
        select count(*) as "count!" from numbers where pin_hmac is not null"#
    )
    .fetch_one(db)
    .await?;
    Ok(usize::try_from(count).unwrap_or_default())
}
