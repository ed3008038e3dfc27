//! What people are told about the key of the PINs on file: when the service starts, and when the key is refused.

use sqlx::PgPool;

use crate::cli::failure::Failure;
use crate::cli::session::{actor, database};
use crate::clock::Clock;
use crate::domain::PinKey;
use crate::engine::intake::pin_key;
use crate::engine::intake::pin_key::{KeyAtStart, PinKeyNotUsable};
use crate::settings::Settings;

/// Checks the key before the service starts: 78 when the PINs on file are stored under another one.
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

/// Says where a key comes from that does not go with the register.
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
            "The register holds PINs, and no `pin_key_file` is set: no PIN is compared, and the fact `pin` stays \
             unknown. Set `pin_key_file` to the key that the register was imported with."
        ),
        KeyAtStart::Adopted => tracing::warn!(
            pin_key = fingerprint,
            "The register holds PINs, and the database did not record which key they are stored under: this key is \
             recorded now. Until a PIN has matched, a PIN that differs counts as unknown, not as wrong. Import the \
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
