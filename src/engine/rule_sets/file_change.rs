//! A change of rule files and of the database together, in one order of steps.
//!
//! 1. [`FileChange::prepare`] writes a manifest and a draft beside each file, and syncs them.
//! 2. [`FileChange::record`] commits the admin action whose id the manifest carries.
//! 3. [`RecordedChange::put_in_place`] renames the drafts into place, syncs the folders and removes the manifest.
//!
//! After a crash between any two steps, `change_recovery` completes the change if step 2 was committed, and else removes
//! what step 1 has left.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::atomic_file::{FileError, folder_of, sync_folder, target_of, write_draft};
use super::change_manifest::{Manifest, PlannedFile, digest_of};
use crate::clock::new_id;
use crate::store::{self, StoreError};

/// A file of a change with its new text.
#[derive(Debug)]
pub(super) struct NewFile<'a> {
    /// The file; it may be a symbolic link.
    pub(super) path: &'a Path,
    /// Its new text.
    pub(super) text: &'a str,
    /// SHA-256 of the content that the change was made for, in hexadecimal digits; `None` where there is no regular file.
    pub(super) replaced: Option<String>,
}

/// The admin action that records a change.
#[derive(Debug)]
pub(super) struct ChangeRecord<'a> {
    /// Who does it.
    pub(super) actor: &'a str,
    /// What is done, such as `rules.list.add`.
    pub(super) action: &'static str,
    /// One JSON object with what it is done to.
    pub(super) detail: Value,
    /// When.
    pub(super) at: Timestamp,
}

/// Why files and database were not changed, or not both.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// A draft cannot be written. Nothing is changed.
    #[error("nothing is written")]
    File(#[from] FileError),
    /// A file was changed between reading and recording. Nothing is changed.
    #[error("`{}` was changed by somebody else just now: nothing is written, try again", .0.display())]
    ChangedMeanwhile(PathBuf),
    /// The change cannot be recorded. Nothing is changed.
    #[error(transparent)]
    Store(StoreError),
    /// The database did not confirm the commit.
    #[error(
        "the database did not confirm whether the change is recorded. Run the command again: it first completes or \
         reverts this change"
    )]
    Unconfirmed(#[source] StoreError),
    /// The change is recorded, and a file could not be replaced.
    #[error(
        "the change is recorded, but not all of its files are written. Fix the cause, then run the command again: it \
         first completes this change"
    )]
    Unfinished(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Drafts on disk and nothing else yet. Dropped before it is recorded, it removes them.
#[derive(Debug)]
pub(super) struct FileChange {
    manifest: Manifest,
    digest: String,
    /// From the moment on in which the change may be recorded, only recovery may remove the drafts.
    is_left_to_recovery: bool,
}

/// A change that the database has recorded and whose files are not replaced yet.
#[derive(Debug)]
pub(super) struct RecordedChange(Manifest);

impl FileChange {
    /// Writes the manifest and the drafts, so that everything that can fail is tried before anything is recorded.
    pub(super) fn prepare(rule_set: &[u8; 32], files: &[NewFile<'_>]) -> Result<Self, FileError> {
        let mut planned = Vec::new();
        for file in files {
            let target = target_of(file.path)?;
            if target.is_dir() {
                // Its draft could be written and never be put in its place.
                let error = std::io::ErrorKind::IsADirectory.into();
                return Err(FileError::NotReplaced(file.path.to_owned(), error));
            }
            planned.push(PlannedFile {
                target: std::path::absolute(&target)
                    .map_err(|error| FileError::NotReplaced(target.clone(), error))?,
                replaced: file.replaced.clone(),
                written: digest_of(file.text),
            });
        }
        let mut change = Self {
            manifest: Manifest {
                change: new_id(),
                rule_set: hex::encode(rule_set),
                files: planned,
            },
            digest: String::new(),
            is_left_to_recovery: false,
        };
        change.digest = change.manifest.write()?;
        for (planned, file) in change.manifest.files.iter().zip(files) {
            write_draft(&planned.target, &planned.draft(change.manifest.change), file.text)
                .map_err(|error| FileError::NotReplaced(file.path.to_owned(), error))?;
            sync_folder(&folder_of(&planned.target));
        }
        Ok(change)
    }

    /// Records the change. Refuses to if a file or a draft is no longer what was prepared.
    ///
    /// The admin action locks the head of the chain first: recovery takes the same lock, so it never removes drafts of a
    /// change that is committed afterwards.
    pub(super) async fn record(
        mut self,
        pool: &PgPool,
        record: ChangeRecord<'_>,
    ) -> Result<RecordedChange, ChangeError> {
        let lost = |error: sqlx::Error| ChangeError::Store(error.into());
        let mut detail = record.detail;
        if let Value::Object(detail) = &mut detail {
            detail.insert("manifest".to_owned(), json!(self.digest));
        }
        let mut transaction = pool.begin().await.map_err(lost)?;
        let (id, actor) = (self.manifest.change, record.actor);
        store::record_admin_action_as(&mut transaction, id, actor, record.action, &detail, record.at)
            .await
            .map_err(ChangeError::Store)?;
        if let Some(path) = self.manifest.first_not_ready()? {
            return Err(ChangeError::ChangedMeanwhile(path.to_owned()));
        }
        self.is_left_to_recovery = true;
        let committed = transaction.commit().await;
        committed.map_err(|error| ChangeError::Unconfirmed(error.into()))?;
        Ok(RecordedChange(self.manifest.clone()))
    }
}

impl RecordedChange {
    /// Renames the drafts into place.
    pub(super) fn put_in_place(self) -> Result<(), ChangeError> {
        self.0
            .complete()
            .map_err(|error| ChangeError::Unfinished(error.into()))
    }
}

impl Drop for FileChange {
    fn drop(&mut self) {
        if !self.is_left_to_recovery {
            // What cannot be removed now is removed by the next recovery.
            let _ = self.manifest.remove();
        }
    }
}

/// The right to change the rule files in a folder. It ends when this is dropped, or with the process.
///
/// Not every file system has such locks. There, the comparison within the transaction of [`FileChange::record`] finds out
/// that two edits met, and the later one is refused.
#[derive(Debug)]
pub(super) struct Turn(#[expect(dead_code, reason = "its lock is held until it is dropped")] Option<File>);

impl Turn {
    /// Waits until no other change of files in the folder of the rule file is in progress.
    pub(super) fn wait(rules: &Path) -> Self {
        let locked = File::open(folder_of(rules)).and_then(|folder| {
            folder.lock()?;
            Ok(folder)
        });
        Self(locked.ok())
    }

    /// The same without waiting; `None` while another change is in progress.
    pub(super) fn if_free(rules: &Path) -> Option<Self> {
        let Ok(folder) = File::open(folder_of(rules)) else {
            return Some(Self(None));
        };
        match folder.try_lock() {
            Ok(()) => Some(Self(Some(folder))),
            Err(TryLockError::WouldBlock) => None,
            Err(TryLockError::Error(_)) => Some(Self(None)),
        }
    }
}
