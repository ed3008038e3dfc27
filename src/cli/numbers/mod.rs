//! `portoutd numbers`: the register of numbers.

mod import;
mod import_failed;
mod list;
mod lock;
mod shown;

pub(crate) use import_failed::import_failed;

use super::failure::Ending;

/// Manage the register of your numbers.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Import numbers from a CSV file into the register
    ///
    /// Imports the whole file, or nothing if the file has an error. The first line names the columns, in any order:
    /// number, account, pin, zip, name, address, frozen, tags. An empty cell means no value. An empty account means
    /// `default`. An empty `frozen` keeps the current lock. Separate tags with `;` or spaces. Numbers in the register
    /// that are not in the file stay. Importing the same file twice changes nothing.
    ///
    /// Export from a spreadsheet as "CSV UTF-8". First format the columns number, pin and zip as Text, or leading zeros
    /// are lost. From a database, export NULL as an empty string. Cells with artifacts of an export, such as `NULL` or
    /// `#N/A`, are refused with their line.
    Import(import::Args),
    /// List the numbers in the register.
    List(list::Args),
    /// Show one number in the register.
    Show(list::ShowArgs),
    /// Lock a number against port-outs.
    Lock(lock::LockArgs),
    /// Unlock a number.
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
