mod import;
mod import_failed;
mod list;
mod lock;
mod shown;

pub(crate) use import_failed::import_failed;

use super::failure::Ending;

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
