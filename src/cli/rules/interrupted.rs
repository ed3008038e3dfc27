//! What a person reads about changes of rule files that were interrupted or that failed.

use sqlx::PgPool;

use crate::cli::failure::Failure;
use crate::cli::session::{actor, database};
use crate::cli::terminal::output::message;
use crate::clock::{Clock as _, SystemClock};
use crate::engine::{ChangeError, NotRecovered, Recovered, recover_rule_files};
use crate::settings::Settings;

/// Prints the outcome of an interrupted change.
pub(super) fn report(recovered: &Recovered) {
    message!("{recovered}");
}

/// Completes or reverts interrupted changes before a reload. A failure is printed and does not prevent the reload: the
/// user may be unable to write the files.
pub(crate) async fn recover(settings: &Settings, pool: &PgPool) {
    match recover_rule_files(pool, &settings.rules, &actor::actor(), SystemClock.now()).await {
        Ok(recovered) => recovered.iter().for_each(report),
        Err(error) => not_recovered(error).warn(),
    }
}

/// Gives the exit code of a recovery that failed: 69 if the database is the reason.
pub(super) fn not_recovered(error: NotRecovered) -> Failure {
    match error {
        NotRecovered::Store(error) => database::failed(error),
        other => Failure::not_good(other),
    }
}

/// Gives the exit code of a change that failed: 69 if the database is the reason.
pub(super) fn not_changed(error: ChangeError) -> Failure {
    match error {
        ChangeError::Store(error) => database::failed(error),
        ChangeError::Unconfirmed(_) => Failure::away(error),
        other => Failure::not_good(other),
    }
}
