//! What a rollback is asked to restore, and why it may not.

use std::io;
use std::path::PathBuf;

use crate::engine::rule_sets::atomic_file::FileError;
use crate::engine::rule_sets::change_recovery::NotRecovered;
use crate::engine::rule_sets::change_turn::Busy;
use crate::engine::rule_sets::file_change::ChangeError;
use crate::rules::{ReadLimits, Refusal, SourceError, Sources};
use crate::store::StoreError;

/// The version that is restored.
#[derive(Debug, Clone)]
pub struct RollbackRequest {
    /// The rule file.
    pub rules: PathBuf,
    /// How much of list files is read.
    pub limits: ReadLimits,
    /// Who requests the rollback.
    pub actor: String,
    /// SHA-256 of the version.
    pub rule_set: [u8; 32],
    /// The recorded file and lists of the version.
    pub sources: Sources,
    /// The person's reason.
    pub because: Option<String>,
}

/// Why an earlier version is not restored.
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// The version cannot take effect today: it has errors or fails its tests.
    #[error("{0}")]
    NotGood(Refusal),
    /// A list of the version cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A list file is outside the rule file's folder.
    #[error(
        "nothing was written, because the list file `{0}` of that version is outside of the rule file's folder. Restore it \
         by hand, then run this command again"
    )]
    Outside(String),
    /// A folder for a list file cannot be created.
    #[error("nothing was written, because the folder `{}` cannot be created", .0.display())]
    NoFolder(PathBuf, #[source] io::Error),
    /// A file cannot be read.
    #[error("nothing was written")]
    File(#[from] FileError),
    /// Edits that were never loaded cannot be copied.
    #[error("nothing was written, because `{}` cannot be saved first", .0.display())]
    NotSaved(PathBuf, #[source] io::Error),
    /// The file system does not respond.
    #[error("nothing was written, because the file system does not respond")]
    Blocked,
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another change is in progress.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// An earlier change cannot be completed or reverted.
    #[error(transparent)]
    NotRecovered(#[from] NotRecovered),
    /// The rollback cannot be recorded or written.
    #[error(transparent)]
    Change(#[from] ChangeError),
}
