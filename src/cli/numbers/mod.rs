mod import;
mod list;
mod lock;
mod shown;

use serde_json::Value;
use sqlx::PgConnection;

use super::config::SettingsArgs;
use super::failure::{Ending, Failure};
use super::session::{actor, database};
use super::terminal::pin_key;
use crate::clock::{Clock, SystemClock};
use crate::engine::intake::pin_key::PinKeyNotUsable;
use crate::engine::intake::register_import::{ImportFailed, PinKeyRefused};
use crate::settings::Settings;
use crate::store;

/// Keep the register of numbers.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Bring the register up to date from a CSV file: all of it, or nothing if anything in it is wrong.
    ///
    /// Its first line names the columns, in any order: number, account, pin, zip, name, address, frozen, tags. An
    /// empty cell means none; an empty account is `default`; an empty `frozen` leaves a lock as it is. Tags are
    /// separated by `;` or blanks. Numbers that are on file and not in the file stay. Importing a file again changes
    /// nothing.
    ///
    /// Export from a spreadsheet as "CSV UTF-8", with the columns number, pin and zip formatted as Text, or zeros at the
    /// start are lost; from a database with an empty string in place of NULL. What such programs leave in a cell instead
    /// of a value is refused, with its line.
    Import(import::Args),
    /// List numbers.
    List(list::Args),
    /// Show what is on file of one number.
    Show(list::ShowArgs),
    /// Set a port-out lock on a number.
    Lock(lock::LockArgs),
    /// Take the port-out lock off a number.
    Unlock(lock::UnlockArgs),
}

pub(crate) fn run(args: &Args) -> Ending {
    match &args.verb {
        Verb::Import(args) => import::run(args),
        Verb::List(args) => list::run(args),
        Verb::Show(args) => list::show(args),
        Verb::Lock(args) => lock::lock(args),
        Verb::Unlock(args) => lock::unlock(args),
    }
}

/// An import that was refused or did not get through: 78 where the PIN key in the settings is not the register's.
pub(crate) fn import_failed(settings: &Settings, error: ImportFailed) -> Failure {
    match error {
        ImportFailed::PinKey(PinKeyRefused::Different(different)) => {
            pin_key::refused(settings, PinKeyNotUsable::Different(different))
        }
        ImportFailed::PinKey(refused) => Failure::config(settings.pin_key_problem(refused.to_string())),
        ImportFailed::Store(error) => database::failed(error),
    }
}

/// Records what a person did to the register, in the transaction that does it and as its last statement.
async fn note_admin_action(
    transaction: &mut PgConnection,
    actor: &str,
    action: &str,
    detail: &Value,
) -> Result<(), Failure> {
    store::record_admin_action(transaction, actor, action, detail, SystemClock.now())
        .await
        .map_err(database::failed)?;
    Ok(())
}
