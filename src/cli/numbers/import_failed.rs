//! The message when an import failed.

use crate::cli::failure::Failure;
use crate::cli::session::database;
use crate::cli::terminal::pin_key;
use crate::engine::intake::pin_key::PinKeyNotUsable;
use crate::engine::intake::register_import::{ImportFailed, PinKeyRefused};
use crate::settings::Settings;

/// The failure for an import: 78 if the PIN key in the settings is not the register's.
pub(crate) fn import_failed(settings: &Settings, error: ImportFailed) -> Failure {
    match error {
        ImportFailed::PinKey(PinKeyRefused::Different(different)) => {
            pin_key::refused(settings, PinKeyNotUsable::Different(different))
        }
        ImportFailed::PinKey(refused) => Failure::config(settings.pin_key_problem(refused.to_string())),
        ImportFailed::Store(error) => database::failed(error),
    }
}
