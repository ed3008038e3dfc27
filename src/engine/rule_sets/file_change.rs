//! Changes rule files and the database together, in three steps.
//!
//! 1. [`Drafts::prepare`] writes a manifest and one draft for each file, and syncs them.
//! 2. [`Drafts::record`] commits the admin action whose ID the manifest contains.
//! 3. [`RecordedChange::put_in_place`] renames the drafts to their files, syncs the folders and removes the manifest.
//!
//! After a crash between any two steps, `change_recovery` completes the change if step 2 was committed, and otherwise
//! removes what step 1 has written.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::atomic_file::{FileError, folder_of, sync_folder, target_of, write_draft};
use super::change_manifest::{Manifest, NotCompleted, PlannedFile, digest_of};
use super::change_turn::Turn;
use super::file_threads::Overdue;
use crate::clock::new_id;
use crate::store::{self, StoreError};

/// How long the file system may take for one step. Shorter than an idle transaction is allowed to last.
const STEP_LIMIT: Duration = Duration::from_secs(50);

/// A change of rule files and how it is recorded.
#[derive(Debug)]
pub(super) struct FileChange {
    /// SHA-256 of the rule set that it leads to.
    pub(super) rule_set: [u8; 32],
    /// The files in the order in which they are replaced.
    pub(super) files: Vec<NewFile>,
    /// The admin action that records it.
    pub(super) record: ChangeRecord,
}

/// A file of a change with its new text.
#[derive(Debug)]
pub(super) struct NewFile {
    /// The file; it may be a symbolic link.
    pub(super) path: PathBuf,
    /// Its new text.
    pub(super) text: String,
    /// SHA-256 of the content that it replaces, in hexadecimal digits; `None` if there is no regular file.
    pub(super) replaced: Option<String>,
}

/// The admin action that records a change.
#[derive(Debug, Clone)]
pub(super) struct ChangeRecord {
    /// Who makes the change.
    pub(super) actor: String,
    /// What is done, such as `rules.list.add`.
    pub(super) action: &'static str,
    /// A JSON object with the details.
    pub(super) detail: Value,
    /// When.
    pub(super) at: Timestamp,
}

/// Why files and database were not changed, or not both.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// A draft cannot be written. Nothing is changed.
    #[error("nothing was written")]
    File(#[from] FileError),
    /// The file system did not respond. Nothing is changed.
    #[error("nothing was written, because the file system did not respond within {} s", STEP_LIMIT.as_secs())]
    Blocked,
    /// A file was changed between reading and recording. Nothing is changed.
    #[error("nothing was written, because `{}` changed in the meantime. Try again", .0.display())]
    ChangedMeanwhile(PathBuf),
    /// The change cannot be recorded. Nothing is changed.
    #[error(transparent)]
    Store(StoreError),
    /// The database did not confirm the commit.
    #[error(
        "the database did not confirm whether the change is recorded. Run the command again: it completes or reverts \
         this change first"
    )]
    Unconfirmed(#[source] StoreError),
    /// The change is recorded, and a file could not be replaced.
    #[error(
        "the change is recorded, but not all of its files are written. Fix the cause, then run the command again: it \
         completes this change first"
    )]
    Unfinished(#[source] Unfinished),
}

/// Why the files of a recorded change are not all written.
#[derive(Debug, thiserror::Error)]
pub enum Unfinished {
    /// The file or its draft was changed after the change was recorded.
    #[error("someone else has just changed `{}` or its draft", .0.display())]
    Foreign(PathBuf),
    /// A file cannot be replaced.
    #[error(transparent)]
    File(FileError),
    /// The file system did not respond.
    #[error("the file system did not respond within {} s", STEP_LIMIT.as_secs())]
    Blocked,
}

/// Drafts on disk that no admin action refers to yet. They are removed if this is dropped before it is recorded.
#[derive(Debug)]
pub(super) struct Drafts {
    manifest: Manifest,
    /// SHA-256 of the manifest.
    digest: String,
    /// Set when the change may be recorded: from then on, only recovery may remove the drafts.
    is_left_to_recovery: bool,
}

/// A change that the database has recorded and whose files are not replaced yet.
#[derive(Debug)]
pub(super) struct RecordedChange(Manifest);

impl FileChange {
    /// Makes the change.
    pub(super) async fn make(self, pool: &PgPool, turn: &Turn) -> Result<(), ChangeError> {
        let drafts = Drafts::prepare(turn, self.rule_set, self.files).await?;
        let recorded = drafts.record(pool, turn, self.record).await?;
        recorded.put_in_place(turn).await
    }
}

impl Drafts {
    /// Writes the manifest and the drafts, so that a full disk or a missing permission is noticed before anything is
    /// recorded.
    pub(super) async fn prepare(
        turn: &Turn,
        rule_set: [u8; 32],
        files: Vec<NewFile>,
    ) -> Result<Self, ChangeError> {
        let written = turn
            .work(STEP_LIMIT, move || Self::write(&rule_set, &files))
            .await;
        Ok(written.map_err(|Overdue| ChangeError::Blocked)??)
    }

    fn write(rule_set: &[u8; 32], files: &[NewFile]) -> Result<Self, FileError> {
        let planned = files.iter().map(planned).collect::<Result<_, _>>()?;
        let mut drafts = Self {
            manifest: Manifest {
                change: new_id(),
                rule_set: hex::encode(rule_set),
                files: planned,
            },
            digest: String::new(),
            is_left_to_recovery: false,
        };
        drafts.digest = drafts.manifest.write()?;
        for (planned, file) in drafts.manifest.files.iter().zip(files) {
            write_draft(
                &planned.target,
                &planned.draft(drafts.manifest.change),
                &file.text,
            )
            .and_then(|()| sync_folder(&folder_of(&planned.target)))
            .map_err(|error| FileError::NotReplaced(file.path.clone(), error))?;
        }
        Ok(drafts)
    }

    /// Records the change, unless a file or a draft is no longer what was prepared.
    ///
    /// The admin action locks the head of the chain first. Recovery takes the same lock, so it never removes the drafts of a
    /// change that is committed afterwards.
    pub(super) async fn record(
        mut self,
        pool: &PgPool,
        turn: &Turn,
        record: ChangeRecord,
    ) -> Result<RecordedChange, ChangeError> {
        let lost = |error: sqlx::Error| ChangeError::Store(error.into());
        let mut detail = record.detail;
        if let Value::Object(detail) = &mut detail {
            detail.insert("manifest".to_owned(), json!(self.digest));
        }
        let mut transaction = pool.begin().await.map_err(lost)?;
        let (id, actor) = (self.manifest.change, &record.actor);
        store::record_admin_action_as(&mut transaction, id, actor, record.action, &detail, record.at)
            .await
            .map_err(ChangeError::Store)?;
        let manifest = self.manifest.clone();
        let first_not_ready = turn.work(STEP_LIMIT, move || manifest.first_not_ready()).await;
        if let Some(path) = first_not_ready.map_err(|Overdue| ChangeError::Blocked)?? {
            return Err(ChangeError::ChangedMeanwhile(path));
        }
        self.is_left_to_recovery = true;
        let committed = transaction.commit().await;
        committed.map_err(|error| ChangeError::Unconfirmed(error.into()))?;
        Ok(RecordedChange(self.manifest.clone()))
    }
}

impl RecordedChange {
    /// Renames the drafts to their files.
    pub(super) async fn put_in_place(self, turn: &Turn) -> Result<(), ChangeError> {
        let completed = turn.work(STEP_LIMIT, move || self.0.complete()).await;
        let unfinished = match completed {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(NotCompleted::Foreign(file))) => Unfinished::Foreign(file),
            Ok(Err(NotCompleted::File(error))) => Unfinished::File(error),
            Err(Overdue) => Unfinished::Blocked,
        };
        Err(ChangeError::Unfinished(unfinished))
    }
}

impl Drop for Drafts {
    fn drop(&mut self) {
        if !self.is_left_to_recovery {
            // What cannot be removed now is removed by the next recovery.
            let _ = self.manifest.remove();
        }
    }
}

fn planned(file: &NewFile) -> Result<PlannedFile, FileError> {
    let not_replaced = |error| FileError::NotReplaced(file.path.clone(), error);
    let target = target_of(&file.path)?;
    if target.is_dir() {
        // Its draft could be written, but never renamed to it.
        return Err(not_replaced(io::ErrorKind::IsADirectory.into()));
    }
    Ok(PlannedFile {
        target: std::path::absolute(target).map_err(not_replaced)?,
        replaced: file.replaced.clone(),
        written: digest_of(&file.text),
    })
}
