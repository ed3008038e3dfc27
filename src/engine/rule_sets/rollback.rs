//! Restores an earlier version of the rules in the rule file and its lists, and records who did it.

mod request;
mod rewrites;

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use sqlx::PgPool;

use super::atomic_file::{folder_of, sync_folder};
use super::change_recovery::{Recovered, Recovery};
use super::change_turn::Turn;
use super::file_change::{ChangeRecord, FileChange};
use super::file_threads::Overdue;
use crate::clock::Clock;
use crate::store::{StoreError, is_list_file_kept, rule_sets};
pub use request::{RollbackError, RollbackRequest};
use rewrites::{Overwritten, Rewrites};

/// How long reading and testing the rules may take.
const PLAN_LIMIT: Duration = Duration::from_mins(5);

/// The outcome of a rollback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack {
    /// The files that were written; none if all of them had the content of the version.
    pub written: Vec<PathBuf>,
    /// Copies of overwritten files whose content is not recorded.
    pub saved: Vec<PathBuf>,
}

/// Restores a version. Completes or reverts an interrupted change first, and reports its outcome.
///
/// # Errors
/// Nothing is changed, except for `ChangeError::Unconfirmed` and `ChangeError::Unfinished`, which the next change
/// completes.
pub async fn roll_back_rules(
    pool: &PgPool,
    request: RollbackRequest,
    clock: &dyn Clock,
    report: impl Fn(&Recovered),
) -> Result<RolledBack, RollbackError> {
    let turn = &Turn::wait(&request.rules, clock).await?;
    let recovery = Recovery {
        pool,
        turn,
        by: &request.actor,
        now: clock.now(),
    };
    recovery.run(&request.rules).await?.iter().for_each(report);
    let (request, now) = (Arc::new(request), clock.now());
    let planned = request.clone();
    let rewrites = on_files(turn, move || Rewrites::of(&planned, now)).await?;
    let unrecorded = unrecorded(pool, &rewrites).await?;
    let saved = on_files(turn, move || save(&unrecorded)).await?;
    let written: Vec<PathBuf> = rewrites.paths();
    if !written.is_empty() {
        change(&request, rewrites, clock.now()).make(pool, turn).await?;
    }
    Ok(RolledBack { written, saved })
}

async fn on_files<T: Send + 'static>(
    turn: &Turn,
    work: impl FnOnce() -> Result<T, RollbackError> + Send + 'static,
) -> Result<T, RollbackError> {
    let done = turn.work(PLAN_LIMIT, work).await;
    done.map_err(|Overdue| RollbackError::Blocked)?
}

/// The files that would be overwritten and whose content is not in the database: edits that were never loaded.
async fn unrecorded(pool: &PgPool, rewrites: &Rewrites) -> Result<Vec<PathBuf>, StoreError> {
    let mut unrecorded = Vec::new();
    for file in rewrites.overwritten() {
        let (path, is_recorded) = match (file, &rewrites.on_disk) {
            (Overwritten::Rules(path), Some(hash)) => (path, rule_sets::is_kept(pool, hash).await?),
            (Overwritten::Rules(path), None) => (path, false),
            (Overwritten::List(path, digest), _) => (path, is_list_file_kept(pool, &digest).await?),
        };
        if !is_recorded {
            unrecorded.push(path);
        }
    }
    Ok(unrecorded)
}

fn save(paths: &[PathBuf]) -> Result<Vec<PathBuf>, RollbackError> {
    let mut saved = Vec::new();
    for path in paths {
        let mut name = path.clone().into_os_string();
        name.push(".before-rollback");
        let copy = PathBuf::from(name);
        fs::copy(path, &copy)
            .and_then(|_| File::open(&copy)?.sync_all())
            .and_then(|()| sync_folder(&folder_of(&copy)))
            .map_err(|error| RollbackError::NotSaved(path.clone(), error))?;
        saved.push(copy);
    }
    Ok(saved)
}

fn change(request: &RollbackRequest, rewrites: Rewrites, at: Timestamp) -> FileChange {
    let files = rewrites.paths().into_iter();
    let files: Vec<String> = files.map(|path| path.display().to_string()).collect();
    FileChange {
        rule_set: request.rule_set,
        files: rewrites.files,
        record: ChangeRecord {
            actor: request.actor.clone(),
            action: "rules.rollback",
            detail: json!({
                "rule_set": hex::encode(request.rule_set),
                "files": files,
                "because": request.because,
            }),
            at,
        },
    }
}
