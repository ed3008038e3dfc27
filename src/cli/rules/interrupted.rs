//! What a person reads about changes of rule files that were interrupted, or that failed.

use crate::cli::failure::Failure;
use crate::cli::session::database;
use crate::cli::terminal::output::escaped_lines;
use crate::engine::{ChangeError, NotRecovered, Recovered};

/// Prints what became of an interrupted change.
pub(super) fn report(recovered: &Recovered) {
    eprintln!("{}", escaped_lines(&recovered.to_string()));
}

/// Gives the exit code of a recovery that failed: 69 when the database was the obstacle.
pub(super) fn not_recovered(error: NotRecovered) -> Failure {
    match error {
        NotRecovered::Store(error) => database::failed(error),
        other => Failure::not_good(other),
    }
}

/// Gives the exit code of a change that failed: 69 when the database was the obstacle.
pub(super) fn not_changed(error: ChangeError) -> Failure {
    match error {
        ChangeError::Store(error) => database::failed(error),
        ChangeError::Unconfirmed(_) => Failure::away(error),
        other => Failure::not_good(other),
    }
}
