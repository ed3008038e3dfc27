//! Completes or reverts changes of rule files that a crash has interrupted.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::atomic_file::{FileError, folder_of, target_of};
use super::change_manifest::{Manifest, NotCompleted, remove_file};
use super::file_change::Turn;
use super::file_threads::FileThreads;
use crate::rules::{named_list_files, read_rule_text};
use crate::store::{self, StoreError};

/// How long the file system may take for one step.
const FILE_LIMIT: Duration = Duration::from_secs(8);

/// What became of one interrupted change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovered {
    /// It was recorded, and now its files are written.
    Completed(Vec<PathBuf>),
    /// It was not recorded, and now its drafts are removed.
    Reverted(Vec<PathBuf>),
    /// It was recorded, and a file was changed by someone else since then, so nothing is written.
    LeftAlone {
        /// The file.
        file: PathBuf,
        /// The file that describes the change.
        manifest: PathBuf,
    },
}

/// Why it is not known whether changes were interrupted, or why one cannot be completed or reverted now.
#[derive(Debug, thiserror::Error)]
pub enum NotRecovered {
    /// A file cannot be read, replaced or removed.
    #[error("cannot finish an interrupted change of the rule files")]
    File(#[from] FileError),
    /// The file system does not answer.
    #[error("cannot look for interrupted changes of `{}`: the file system does not answer", .0.display())]
    Blocked(PathBuf),
    /// The database cannot say what was recorded.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl fmt::Display for Recovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed(files) => write!(
                f,
                "An earlier change was recorded and then interrupted. It is completed now: wrote {}.",
                listed(files)
            ),
            Self::Reverted(files) => write!(
                f,
                "An earlier change of {} was interrupted before it was recorded. Its drafts are removed; nothing else is \
                 changed.",
                listed(files)
            ),
            Self::LeftAlone { file, manifest } => write!(
                f,
                "`{}` was changed by someone else after a change of it was recorded and interrupted, so it is not \
                 overwritten. Compare it with its draft in the same folder, then delete the draft and `{}`.",
                file.display(),
                manifest.display()
            ),
        }
    }
}

/// Completes or reverts every interrupted change of a rule file and its lists, unless another change is in progress. For
/// a start of the service; the changes themselves do this first.
///
/// # Errors
/// A file cannot be written, or the database cannot be reached. Nothing is lost: the next call tries again.
pub async fn recover_rule_files(pool: &PgPool, rules: &Path) -> Result<Vec<Recovered>, NotRecovered> {
    let threads = FileThreads::new();
    let turn = on_files(&threads, rules, |rules| Turn::if_free(&rules)).await?;
    match turn {
        Some(_turn) => recover(pool, rules).await,
        None => Ok(Vec::new()),
    }
}

/// As [`recover_rule_files`], for whoever has the turn.
pub(super) async fn recover(pool: &PgPool, rules: &Path) -> Result<Vec<Recovered>, NotRecovered> {
    let threads = FileThreads::new();
    let manifests = on_files(&threads, rules, |rules| manifests_of(&rules)).await?;
    let mut recovered = Vec::new();
    for (change, path) in manifests {
        let mut transaction = pool.begin().await.map_err(StoreError::from)?;
        let recorded = store::settled_admin_action(&mut transaction, change).await?;
        // INVARIANT: within the transaction that says whether the change is recorded, because that holds off its commit.
        let settled = on_files(&threads, rules, move |_| settle(&path, recorded.as_deref())).await?;
        recovered.push(settled?);
    }
    Ok(recovered)
}

async fn on_files<T: Send + 'static>(
    threads: &FileThreads,
    rules: &Path,
    work: impl FnOnce(PathBuf) -> T + Send + 'static,
) -> Result<T, NotRecovered> {
    let path = rules.to_owned();
    let done = threads.run(FILE_LIMIT, move || work(path)).await;
    done.map_err(|_| NotRecovered::Blocked(rules.to_owned()))
}

/// The manifests beside a rule file and the lists that it names, the earliest first.
fn manifests_of(rules: &Path) -> BTreeSet<(Uuid, PathBuf)> {
    let lists = read_rule_text(rules).map_or_else(|_| Vec::new(), |text| named_list_files(&text));
    let beside = rules.parent().unwrap_or(Path::new(""));
    let lists = lists.into_iter().map(|list| beside.join(list));
    let files = std::iter::once(rules.to_owned()).chain(lists);
    // A link that leads nowhere has no folder in which a draft could have been written.
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

/// Completes a change that is recorded and reverts one that is not.
fn settle(path: &Path, recorded: Option<&str>) -> Result<Recovered, FileError> {
    let left_alone = |file: &Path| Recovered::LeftAlone {
        file: file.to_owned(),
        manifest: path.to_owned(),
    };
    let read = Manifest::read(path)?;
    let (Some((manifest, digest)), Some(recorded)) = (&read, recorded) else {
        if recorded.is_some() {
            return Ok(left_alone(path));
        }
        let files = match &read {
            Some((manifest, _)) if manifest.path() == path => {
                manifest.remove()?;
                manifest.files.iter().map(|file| file.target.clone()).collect()
            }
            // Writing it was interrupted, so no draft was written yet.
            _ => Vec::new(),
        };
        remove_file(path)?;
        return Ok(Recovered::Reverted(files));
    };
    // By what the database says, not by what lies in the folder: a manifest could have been put there by anyone.
    if manifest_recorded_in(recorded).as_ref() != Some(digest) {
        return Ok(left_alone(path));
    }
    match manifest.complete() {
        Ok(()) => Ok(Recovered::Completed(
            manifest.files.iter().map(|file| file.target.clone()).collect(),
        )),
        Err(NotCompleted::Foreign(file)) => Ok(left_alone(&file)),
        Err(NotCompleted::File(error)) => Err(error),
    }
}

fn manifest_recorded_in(detail: &str) -> Option<String> {
    let detail: Value = serde_json::from_str(detail).ok()?;
    Some(detail.get("manifest")?.as_str()?.to_owned())
}

fn listed(files: &[PathBuf]) -> String {
    let names: Vec<String> = files.iter().map(|file| format!("`{}`", file.display())).collect();
    if names.is_empty() {
        "the rule files".to_owned()
    } else {
        names.join(", ")
    }
}
