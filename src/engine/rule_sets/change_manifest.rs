//! Describes a change of rule files on disk, so that an interrupted change can be completed or reverted.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::atomic_file::{FileError, beside, folder_of, sync_folder, write_draft};

/// How the name of a manifest ends.
const ENDING: &str = ".change";

/// A change of rule files: which files, from which content to which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The ID of the admin action that records it.
    pub(super) change: Uuid,
    /// SHA-256 of the rule set that it leads to, in hexadecimal digits.
    pub(super) rule_set: String,
    /// The files in the order in which they are replaced.
    pub(super) files: Vec<PlannedFile>,
}

/// One file of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlannedFile {
    /// The file with all symbolic links resolved. In a manifest on disk, the path is relative to the manifest's folder if
    /// the file is below it.
    pub(super) target: PathBuf,
    /// SHA-256 of the content that is replaced, in hexadecimal digits; `None` if there was no regular file.
    pub(super) replaced: Option<String>,
    /// SHA-256 of the new content, in hexadecimal digits.
    pub(super) written: String,
}

/// The state of one file of a change.
#[derive(Debug, PartialEq, Eq)]
enum FileState {
    /// It has its new content.
    Written,
    /// It has the content that is replaced, and the draft of its new content is complete.
    Ready,
    /// It or its draft was changed by someone else.
    Foreign,
}

/// Why a recorded change is not completed.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotCompleted {
    /// A file or its draft was changed by someone else. No file was written.
    #[error("someone else has changed `{}` or its draft", .0.display())]
    Foreign(PathBuf),
    /// A file cannot be read or replaced.
    #[error(transparent)]
    File(#[from] FileError),
}

/// The SHA-256 of a text, in hexadecimal digits.
pub(super) fn digest_of(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// The SHA-256 of a regular file, in hexadecimal digits; `None` if there is none.
pub(super) fn digest_on_disk(path: &Path) -> Result<Option<String>, FileError> {
    let digest = || {
        if !fs::metadata(path)?.is_file() {
            return Ok(None);
        }
        let (mut file, mut hasher) = (File::open(path)?, Sha256::new());
        let mut buffer = vec![0; 1 << 17];
        loop {
            let count = file.read(&mut buffer)?;
            if count == 0 {
                return Ok(Some(hex::encode(hasher.finalize())));
            }
            hasher.update(buffer.get(..count).unwrap_or_default());
        }
    };
    match digest() {
        Err(error) if is_missing(&error) => Ok(None),
        other => other.map_err(not_replaced(path)),
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn not_replaced(path: &Path) -> impl Fn(io::Error) -> FileError {
    move |error| FileError::NotReplaced(path.to_owned(), error)
}

impl PlannedFile {
    /// Where the draft of its new content is.
    pub(super) fn draft(&self, change: Uuid) -> PathBuf {
        beside(&self.target, &format!("{change}.draft"))
    }

    fn state(&self, change: Uuid) -> Result<FileState, FileError> {
        let on_disk = digest_on_disk(&self.target)?;
        if on_disk.as_deref() == Some(&self.written) {
            return Ok(FileState::Written);
        }
        let draft = digest_on_disk(&self.draft(change))?;
        let is_ready = on_disk == self.replaced && draft.as_deref() == Some(&self.written);
        Ok(if is_ready {
            FileState::Ready
        } else {
            FileState::Foreign
        })
    }

    fn replace(&self, change: Uuid) -> Result<(), FileError> {
        match fs::rename(self.draft(change), &self.target) {
            // Another process completes the same change.
            Err(_) if self.state(change)? == FileState::Written => Ok(()),
            renamed => renamed.map_err(not_replaced(&self.target)),
        }
    }

    /// Keeps the draft as a visible file, if there is one.
    fn set_aside(&self, change: Uuid) -> Result<Option<PathBuf>, FileError> {
        let mut name = self.target.clone().into_os_string();
        name.push(".not-written");
        let copy = PathBuf::from(name);
        match fs::rename(self.draft(change), &copy) {
            Ok(()) => Ok(Some(copy)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(FileError::NotReplaced(copy, error)),
        }
    }
}

impl Manifest {
    /// Where it is written: beside the file that is replaced last.
    pub(super) fn path(&self) -> PathBuf {
        beside(self.last(), &format!("{}{ENDING}", self.change))
    }

    fn last(&self) -> &Path {
        self.files.last().map_or(Path::new(""), |file| &file.target)
    }

    /// The ID of the change whose manifest has this name.
    pub(super) fn change_named(name: &str) -> Option<Uuid> {
        let stem = name.strip_prefix('.')?.strip_suffix(ENDING)?;
        stem.rsplit('.').next()?.parse().ok()
    }

    /// Writes it durably. Returns the SHA-256 that is recorded in the database.
    pub(super) fn write(&self) -> Result<String, FileError> {
        let (path, mut relative) = (self.path(), self.clone());
        let folder = folder_of(&path);
        for file in &mut relative.files {
            if let Ok(below) = file.target.strip_prefix(&folder) {
                file.target = below.to_owned();
            }
        }
        let text =
            serde_json::to_string_pretty(&relative).map_err(|error| not_replaced(&path)(error.into()))?;
        write_draft(self.last(), &path, &text)
            .and_then(|()| sync_folder(&folder))
            .map_err(not_replaced(&path))?;
        Ok(digest_of(&text))
    }

    /// The manifest in a file, with its SHA-256; `None` if writing it was interrupted.
    pub(super) fn read(path: &Path) -> Result<Option<(Self, String)>, FileError> {
        let bytes = fs::read(path).map_err(not_replaced(path))?;
        let Ok(text) = String::from_utf8(bytes) else {
            return Ok(None);
        };
        let Ok(mut manifest) = serde_json::from_str::<Self>(&text) else {
            return Ok(None);
        };
        let folder = folder_of(path);
        for file in &mut manifest.files {
            file.target = folder.join(&file.target);
        }
        Ok(Some((manifest, digest_of(&text))))
    }

    /// The files of the change.
    pub(super) fn targets(&self) -> Vec<PathBuf> {
        self.files.iter().map(|file| file.target.clone()).collect()
    }

    /// The first file that is not ready to be replaced, if any.
    pub(super) fn first_not_ready(&self) -> Result<Option<PathBuf>, FileError> {
        for file in &self.files {
            if file.state(self.change)? != FileState::Ready {
                return Ok(Some(file.target.clone()));
            }
        }
        Ok(None)
    }

    /// The files that do not have their new content.
    pub(super) fn not_written(&self) -> Result<Vec<PathBuf>, FileError> {
        let mut targets = Vec::new();
        for file in &self.files {
            if file.state(self.change)? != FileState::Written {
                targets.push(file.target.clone());
            }
        }
        Ok(targets)
    }

    /// Renames every draft to its file and removes the manifest. Compares all files before it replaces the first one, so
    /// that it does not overwrite what someone else has changed.
    pub(super) fn complete(&self) -> Result<(), NotCompleted> {
        let mut ready = Vec::new();
        for file in &self.files {
            match file.state(self.change)? {
                FileState::Ready => ready.push(file),
                FileState::Written => {}
                FileState::Foreign => return Err(NotCompleted::Foreign(file.target.clone())),
            }
        }
        for file in ready {
            file.replace(self.change)?;
        }
        Ok(self.remove()?)
    }

    /// Keeps the drafts as visible files and removes the manifest. Returns where the drafts are.
    pub(super) fn set_aside(&self) -> Result<Vec<PathBuf>, FileError> {
        let mut kept = Vec::new();
        for file in &self.files {
            kept.extend(file.set_aside(self.change)?);
        }
        self.remove()?;
        Ok(kept)
    }

    /// Removes the remaining drafts, then the manifest.
    pub(super) fn remove(&self) -> Result<(), FileError> {
        for file in &self.files {
            remove_file(&file.draft(self.change))?;
            // INVARIANT: every rename is durable before the manifest is removed, because recovery needs it until then.
            sync_folder(&folder_of(&file.target)).map_err(not_replaced(&file.target))?;
        }
        let path = self.path();
        remove_file(&path)?;
        sync_folder(&folder_of(&path)).map_err(not_replaced(&path))
    }
}

/// Removes a file, if it exists.
pub(super) fn remove_file(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if !is_missing(&error) => Err(FileError::NotReplaced(path.to_owned(), error)),
        _ => Ok(()),
    }
}
