//! Completes or reverts changes of rule files that were interrupted.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::atomic_file::{FileError, folder_of, target_of};
use super::change_manifest::{Manifest, NotCompleted, remove_file};
use super::change_turn::Turn;
use crate::rules::{named_list_files, read_rule_text};
use crate::store::{self, StoreError};

/// How long the file system may take for one step. Shorter than an idle transaction of the service is allowed to last.
const STEP_LIMIT: Duration = Duration::from_secs(8);

/// The admin action that records that a recorded change was not written.
const DROPPED: &str = "rules.change.dropped";

/// The outcome of one interrupted change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovered {
    /// It was recorded, and now its files are written.
    Completed(Vec<PathBuf>),
    /// It was not recorded, and now its drafts are removed.
    Reverted(Vec<PathBuf>),
    /// It was recorded, but someone else has changed a file since then. Nothing is overwritten, and the database records
    /// that the change was dropped.
    Dropped {
        /// The first such file.
        file: PathBuf,
        /// Where the drafts are kept.
        kept: Vec<PathBuf>,
    },
    /// It was recorded, but its manifest is not the one that was recorded. Nothing is written.
    Unreadable(PathBuf),
}

/// Why interrupted changes could not be found, completed or reverted.
#[derive(Debug, thiserror::Error)]
pub enum NotRecovered {
    /// A file cannot be read, replaced or removed.
    #[error("cannot complete or revert an interrupted change of the rule files")]
    File(#[from] FileError),
    /// The file system does not respond.
    #[error("cannot search for interrupted changes of `{}`: the file system does not respond", .0.display())]
    Blocked(PathBuf),
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl fmt::Display for Recovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed(files) => write!(
                f,
                "An earlier change was recorded and then interrupted. It is now complete: wrote {}.",
                listed(files)
            ),
            Self::Reverted(files) => write!(
                f,
                "An earlier change of {} was interrupted before it was recorded. Its drafts are removed, and nothing was \
                 changed.",
                listed(files)
            ),
            Self::Dropped { file, kept } => write!(
                f,
                "An earlier change was recorded and then interrupted, and someone else has changed `{}` since then. The \
                 earlier change is dropped, and this is recorded. Compare the file with {}, and repeat the change if you \
                 still need it.",
                file.display(),
                listed(kept)
            ),
            Self::Unreadable(manifest) => write!(
                f,
                "An earlier change was recorded and then interrupted, and `{}` is not the description that was recorded, so \
                 the change cannot be completed. Compare the rule files with `portoutd rules versions`, then delete that \
                 file and the drafts beside it.",
                manifest.display()
            ),
        }
    }
}

/// Completes or reverts every interrupted change of a rule file and its lists, unless another change is in progress. The
/// changes themselves do this before they begin; this is for a start and a reload.
///
/// # Errors
/// A file cannot be written, or the database cannot be reached. Nothing is lost: the next call tries again.
pub async fn recover_rule_files(
    pool: &PgPool,
    rules: &Path,
    by: &str,
    now: Timestamp,
) -> Result<Vec<Recovered>, NotRecovered> {
    match Turn::if_free(rules) {
        Some(turn) => {
            Recovery {
                pool,
                turn: &turn,
                by,
                now,
            }
            .run(rules)
            .await
        }
        None => Ok(Vec::new()),
    }
}

/// Whether a change of a rule file or its lists was interrupted.
pub(super) async fn is_interrupted(turn: &Turn, rules: &Path) -> Result<bool, NotRecovered> {
    Ok(!manifests_of(turn, rules).await?.is_empty())
}

async fn manifests_of(turn: &Turn, rules: &Path) -> Result<BTreeSet<(Uuid, PathBuf)>, NotRecovered> {
    let path = rules.to_owned();
    let found = turn.work(STEP_LIMIT, move || find_manifests(&path)).await;
    found.map_err(|_| NotRecovered::Blocked(rules.to_owned()))
}

/// The manifests beside a rule file and the lists that it names, the earliest first.
fn find_manifests(rules: &Path) -> BTreeSet<(Uuid, PathBuf)> {
    let lists = read_rule_text(rules).map_or_else(|_| Vec::new(), |text| named_list_files(&text));
    let beside = rules.parent().unwrap_or(Path::new(""));
    let lists = lists.into_iter().map(|list| beside.join(list));
    let files = std::iter::once(rules.to_owned()).chain(lists);
    // No draft can have been written for a symbolic link to a missing file.
    let targets = files.filter_map(|file| target_of(&file).ok());
    let folders: BTreeSet<PathBuf> = targets
        .filter_map(|target| fs::canonicalize(folder_of(&target)).ok())
        .collect();
    let mut found = BTreeSet::new();
    for entry in folders.iter().flat_map(fs::read_dir).flatten().flatten() {
        if let Some(change) = entry.file_name().to_str().and_then(Manifest::change_named) {
            found.insert((change, entry.path()));
        }
    }
    found
}

/// What the database says about a change.
enum Recorded {
    Not,
    /// With the SHA-256 of its manifest.
    Yes(Option<String>),
    Dropped,
}

/// What was done with the files of a change.
enum Settled {
    Done(Recovered),
    /// Nothing, because someone else has changed this file.
    Foreign {
        manifest: Manifest,
        file: PathBuf,
        not_written: Vec<PathBuf>,
    },
}

/// Recovery by whoever has the turn.
pub(super) struct Recovery<'a> {
    pub(super) pool: &'a PgPool,
    pub(super) turn: &'a Turn,
    /// Who starts it.
    pub(super) by: &'a str,
    pub(super) now: Timestamp,
}

impl Recovery<'_> {
    /// As [`recover_rule_files`].
    pub(super) async fn run(&self, rules: &Path) -> Result<Vec<Recovered>, NotRecovered> {
        let mut recovered = Vec::new();
        for (change, manifest) in manifests_of(self.turn, rules).await? {
            recovered.push(self.settle(change, &manifest).await?);
        }
        Ok(recovered)
    }

    async fn settle(&self, change: Uuid, path: &Path) -> Result<Recovered, NotRecovered> {
        let lost = |error: sqlx::Error| NotRecovered::Store(error.into());
        let mut transaction = self.pool.begin().await.map_err(lost)?;
        let recorded = recorded(&mut transaction, change).await?;
        let is_dropped = matches!(recorded, Recorded::Dropped);
        // INVARIANT: the files are changed in the transaction that reads whether the change is recorded, because its lock
        // prevents a commit of that change.
        let settled = self.on_files(path, move |path| settle(path, &recorded)).await?;
        let (manifest, file, not_written) = match settled {
            Settled::Done(recovered) => return Ok(recovered),
            Settled::Foreign {
                manifest,
                file,
                not_written,
            } => (manifest, file, not_written),
        };
        if !is_dropped {
            let detail =
                json!({ "change": change, "changed_by_someone_else": file, "not_written": not_written });
            store::record_admin_action(&mut transaction, self.by, DROPPED, &detail, self.now).await?;
            transaction.commit().await.map_err(lost)?;
        }
        let kept = self.on_files(path, move |_| manifest.set_aside()).await?;
        Ok(Recovered::Dropped { file, kept })
    }

    async fn on_files<T: Send + 'static>(
        &self,
        path: &Path,
        work: impl FnOnce(&Path) -> Result<T, FileError> + Send + 'static,
    ) -> Result<T, NotRecovered> {
        let manifest = path.to_owned();
        let done = self.turn.work(STEP_LIMIT, move || work(&manifest)).await;
        Ok(done.map_err(|_| NotRecovered::Blocked(path.to_owned()))??)
    }
}

/// What the database says about a change, and no other transaction can change that before this one ends.
async fn recorded(transaction: &mut PgConnection, change: Uuid) -> Result<Recorded, StoreError> {
    let Some(detail) = store::settled_admin_action(transaction, change).await? else {
        return Ok(Recorded::Not);
    };
    let dropped = store::admin_action_details(transaction, &[DROPPED], Timestamp::UNIX_EPOCH).await?;
    let id = change.to_string();
    if dropped
        .iter()
        .any(|detail| member(detail, "change").as_ref() == Some(&id))
    {
        return Ok(Recorded::Dropped);
    }
    Ok(Recorded::Yes(member(&detail, "manifest")))
}

fn member(detail: &str, name: &str) -> Option<String> {
    let detail: Value = serde_json::from_str(detail).ok()?;
    Some(detail.get(name)?.as_str()?.to_owned())
}

/// Completes a change that is recorded and reverts one that is not.
fn settle(path: &Path, recorded: &Recorded) -> Result<Settled, FileError> {
    let read = Manifest::read(path)?;
    let unreadable = || Ok(Settled::Done(Recovered::Unreadable(path.to_owned())));
    match (recorded, read) {
        (Recorded::Not, read) => Ok(Settled::Done(Recovered::Reverted(revert(path, read)?))),
        (_, None) => unreadable(),
        (Recorded::Dropped, Some((manifest, _))) => foreign(manifest, None),
        (Recorded::Yes(recorded), Some((manifest, digest))) => {
            // Anyone who can write in the folder can put a manifest there, so it must be the recorded one.
            if *recorded != Some(digest) {
                return unreadable();
            }
            match manifest.complete() {
                Ok(()) => Ok(Settled::Done(Recovered::Completed(manifest.targets()))),
                Err(NotCompleted::Foreign(file)) => foreign(manifest, Some(file)),
                Err(NotCompleted::File(error)) => Err(error),
            }
        }
    }
}

fn foreign(manifest: Manifest, file: Option<PathBuf>) -> Result<Settled, FileError> {
    let not_written = manifest.not_written()?;
    let file = file.or_else(|| not_written.first().cloned());
    Ok(Settled::Foreign {
        file: file.unwrap_or_else(|| manifest.path()),
        manifest,
        not_written,
    })
}

/// Removes the drafts of a change. Returns the files that it was about to change.
fn revert(path: &Path, read: Option<(Manifest, String)>) -> Result<Vec<PathBuf>, FileError> {
    let files = match read {
        Some((manifest, _)) if manifest.path() == path => {
            manifest.remove()?;
            manifest.targets()
        }
        // Writing the manifest was interrupted, so no draft was written yet.
        _ => Vec::new(),
    };
    remove_file(path)?;
    Ok(files)
}

fn listed(files: &[PathBuf]) -> String {
    let names: Vec<String> = files.iter().map(|file| format!("`{}`", file.display())).collect();
    if names.is_empty() {
        "the rule files".to_owned()
    } else {
        names.join(", ")
    }
}
