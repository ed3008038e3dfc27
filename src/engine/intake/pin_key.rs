//! The PIN key of this process, and whether the PINs on file are stored under it.
//!
//! INVARIANT: under another key every correct PIN looks wrong, so no PIN is compared unless the key is the recorded
//! one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde_json::json;
use sqlx::{PgExecutor, PgPool};

use crate::domain::{IdentityCheck, KeyStanding, PinKey, PinKeyFingerprint, PinKeyProof, RecordedPinKey};
use crate::engine::alarm;
use crate::engine::alarm::Alarm;
use crate::store::{StoreError, numbers, pin_keys, record_admin_action};

/// The key that this process compares PINs under.
#[derive(Debug)]
pub struct PinKeyInUse {
    key: Arc<PinKey>,
    fingerprint: PinKeyFingerprint,
    differs: AtomicBool,
}

/// How the settings' key relates to the register when the service starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAtStart {
    /// PINs are compared.
    InUse,
    /// The register contained PINs but no record of their key. This key was recorded as theirs.
    Adopted,
    /// The key was adopted at an earlier start, and no PIN has matched since.
    NotYetProven {
        /// When the key was adopted.
        since: Timestamp,
    },
    /// There are no PINs on file yet.
    NoPins,
    /// The register contains PINs, but the settings contain no key to compare them under.
    Missing {
        /// How many numbers have a PIN.
        pins: usize,
    },
}

/// The PINs on file are stored under another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "has the fingerprint `{ours}`, but the {pins} PINs on file are stored under the key with the fingerprint \
     `{recorded}`, so every correct PIN would look wrong. Restore that key (`portoutd keygen --fingerprint FILE` prints the \
     fingerprint of a key file). If it is lost, import every PIN again under this key with \
     `portoutd numbers import FILE.csv --replace-pin-key`"
)]
pub struct DifferentPinKey {
    /// The fingerprint of the key in the settings.
    pub ours: PinKeyFingerprint,
    /// The fingerprint of the key that the PINs are stored under.
    pub recorded: PinKeyFingerprint,
    /// How many numbers have a PIN on file.
    pub pins: usize,
}

/// Why the key could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum PinKeyNotUsable {
    /// It is not the register's key.
    #[error(transparent)]
    Different(#[from] DifferentPinKey),
    /// The database could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PinKeyInUse {
    /// Starts to use a key.
    #[must_use]
    pub fn new(key: Arc<PinKey>) -> Self {
        Self {
            fingerprint: key.fingerprint(),
            key,
            differs: AtomicBool::new(false),
        }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &PinKey {
        &self.key
    }

    /// Reads how the key relates to the PINs on file. Call it after reading those PINs, see
    /// [`pin_keys::recorded_pin_key`]. Raises an alarm if the PINs are now stored under another key.
    ///
    /// # Errors
    /// The database could not be read.
    pub(crate) async fn standing(&self, db: impl PgExecutor<'_>) -> Result<KeyStanding, StoreError> {
        let recorded = pin_keys::recorded_pin_key(db).await?;
        let standing = KeyStanding::of(&self.fingerprint, recorded.as_ref());
        self.report(standing, recorded.as_ref());
        Ok(standing)
    }

    /// Records that a PIN has matched, which proves that the key is the right one.
    ///
    /// # Errors
    /// The database could not be written.
    pub(crate) async fn note_match(
        &self,
        db: impl PgExecutor<'_>,
        standing: KeyStanding,
        compared: Option<IdentityCheck>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if standing == KeyStanding::Assumed
            && compared == Some(IdentityCheck::Right)
            && pin_keys::prove_pin_key(db, &self.fingerprint, now).await?
        {
            tracing::info!(
                pin_key = %self.fingerprint,
                "A PIN on file matched, which confirms the adopted PIN key; PINs that differ count as wrong again"
            );
        }
        Ok(())
    }

    fn report(&self, standing: KeyStanding, recorded: Option<&RecordedPinKey>) {
        let differs = standing == KeyStanding::Different;
        let before = self.differs.swap(differs, Ordering::Relaxed);
        metrics::gauge!("portoutd_pin_key_differs").set(if differs { 1.0 } else { 0.0 });
        match (before, differs) {
            (false, true) => {
                let recorded = recorded.map(|recorded| recorded.fingerprint.to_string());
                alarm::raise_for_service(
                    Alarm::PinKeyDiffers,
                    &format!(
                        "The PINs on file are now stored under the key with the fingerprint `{}`, and this process has \
                         the key `{}`, so it no longer compares PINs. Set `pin_key_file` to the register's key and restart it",
                        recorded.unwrap_or_default(),
                        self.fingerprint
                    ),
                );
            }
            (true, false) => tracing::info!(pin_key = %self.fingerprint, "PINs are compared again"),
            _ => {}
        }
    }
}

/// Checks the settings' key before the service starts, and records it if the register predates the record of keys.
///
/// # Errors
/// The PINs on file are stored under another key, or the database could not be used.
pub async fn check_at_start(
    pool: &PgPool,
    key: Option<&PinKey>,
    actor: &str,
    now: Timestamp,
) -> Result<KeyAtStart, PinKeyNotUsable> {
    let Some(key) = key else {
        let pins = pin_keys::count_pins_on_file(pool).await?;
        return Ok(if pins == 0 {
            KeyAtStart::NoPins
        } else {
            KeyAtStart::Missing { pins }
        });
    };
    let ours = key.fingerprint();
    let recorded = pin_keys::recorded_pin_key(pool).await?;
    match (KeyStanding::of(&ours, recorded.as_ref()), recorded) {
        (KeyStanding::Same, _) => Ok(KeyAtStart::InUse),
        (KeyStanding::Assumed, Some(recorded)) => Ok(KeyAtStart::NotYetProven {
            since: recorded.recorded_at,
        }),
        (KeyStanding::Different, Some(recorded)) => refuse_if_used(pool, ours, recorded.fingerprint).await,
        _ => adopt(pool, ours, actor, now).await,
    }
}

/// Refuses a key under which the PINs on file are not stored, for programs that only read.
///
/// # Errors
/// The PINs on file are stored under another key, or the database could not be read.
pub async fn expect_same(pool: &PgPool, key: &PinKey) -> Result<(), PinKeyNotUsable> {
    let ours = key.fingerprint();
    let recorded = pin_keys::recorded_pin_key(pool).await?;
    match recorded.filter(|recorded| recorded.fingerprint != ours) {
        Some(recorded) => refuse_if_used(pool, ours, recorded.fingerprint).await.map(drop),
        None => Ok(()),
    }
}

/// A key is harmless if no PIN is on file under it.
async fn refuse_if_used(
    pool: &PgPool,
    ours: PinKeyFingerprint,
    recorded: PinKeyFingerprint,
) -> Result<KeyAtStart, PinKeyNotUsable> {
    match pin_keys::count_pins_on_file(pool).await? {
        0 => Ok(KeyAtStart::NoPins),
        pins => Err(PinKeyNotUsable::Different(DifferentPinKey {
            ours,
            recorded,
            pins,
        })),
    }
}

/// Records the key of a register that was filled before keys were recorded. No PIN is stored, so nothing proves that
/// the key is the right one. A PIN that differs therefore does not count as wrong until one has matched.
async fn adopt(
    pool: &PgPool,
    ours: PinKeyFingerprint,
    actor: &str,
    now: Timestamp,
) -> Result<KeyAtStart, PinKeyNotUsable> {
    let mut transaction = pool.begin().await.map_err(StoreError::from)?;
    numbers::lock_register(&mut transaction).await?;
    // Another replica or an import may have recorded a key in the meantime.
    if let Some(recorded) = pin_keys::recorded_pin_key(&mut *transaction).await? {
        drop(transaction);
        return match KeyStanding::of(&ours, Some(&recorded)) {
            KeyStanding::Same => Ok(KeyAtStart::InUse),
            KeyStanding::Assumed => Ok(KeyAtStart::Adopted),
            _ => refuse_if_used(pool, ours, recorded.fingerprint).await,
        };
    }
    let pins = pin_keys::count_pins_on_file(&mut *transaction).await?;
    if pins == 0 {
        return Ok(KeyAtStart::NoPins);
    }
    pin_keys::record_pin_key(&mut *transaction, &ours, PinKeyProof::Assumed, now).await?;
    let detail = json!({ "pin_key": ours.to_string(), "pins": pins });
    record_admin_action(&mut transaction, actor, "pin-key.adopt", &detail, now).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(KeyAtStart::Adopted)
}

#[cfg(test)]
mod tests;
