//! Messages about the key of the PINs on file: when the service starts, and when the key is refused.

use sqlx::PgPool;

use crate::cli::failure::Failure;
use crate::cli::session::{actor, database};
use crate::clock::Clock;
use crate::domain::PinKey;
use crate::engine::intake::pin_key;
use crate::engine::intake::pin_key::{KeyAtStart, PinKeyNotUsable};
use crate::settings::Settings;

/// Checks the key before the service starts. Fails with 78 if the PINs on file are stored under another key.
pub(crate) async fn check_at_start(
    settings: &Settings,
    pool: &PgPool,
    key: Option<&PinKey>,
    clock: &dyn Clock,
) -> Result<(), Failure> {
    let found = pin_key::check_at_start(pool, key, &actor::actor(), clock.now())
        .await
        .map_err(|error| refused(settings, error))?;
    log_state(found, key);
    Ok(())
}

/// The failure for a key that does not match the register, with where the key comes from.
pub(crate) fn refused(settings: &Settings, error: PinKeyNotUsable) -> Failure {
    match error {
        PinKeyNotUsable::Different(different) => {
            Failure::config(settings.pin_key_problem(different.to_string()))
        }
        PinKeyNotUsable::Store(error) => database::failed(error),
    }
}

fn log_state(found: KeyAtStart, key: Option<&PinKey>) {
    let fingerprint = key.map(|key| key.fingerprint().to_string());
    let fingerprint = fingerprint.as_deref().unwrap_or("none");
    match found {
        KeyAtStart::InUse | KeyAtStart::NoPins => {}
        KeyAtStart::Missing { pins } => tracing::warn!(
            pins,
            "The register contains PINs, but `pin_key_file` is not set: no PIN is compared, and the fact `pin` stays \
             unknown. Set `pin_key_file` to the key that the register was imported with."
        ),
        KeyAtStart::Adopted => tracing::warn!(
            pin_key = fingerprint,
            "The register contains PINs, but the database did not record which key they are stored under. It records \
             this key now. Until a PIN has matched, a PIN that differs counts as unknown, not as wrong. Import the \
             register again to prove the key."
        ),
        KeyAtStart::NotYetProven { since } => tracing::warn!(
            pin_key = fingerprint,
            %since,
            "No PIN has matched since this PIN key was adopted: a PIN that differs counts as unknown, not as wrong. \
             Import the register again to prove the key."
        ),
    }
}
