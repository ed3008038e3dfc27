//! What a change of rule files is about to do, on disk beside them, so that an interrupted change is completed or reverted.

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
    /// The id of the admin action that records it.
    pub(super) change: Uuid,
    /// SHA-256 of the rule set that it leads to, in hexadecimal digits.
    pub(super) rule_set: String,
    /// The files in the order in which they are replaced.
    pub(super) files: Vec<PlannedFile>,
}

/// One file of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlannedFile {
    /// The file behind all symbolic links; in a manifest on disk from the folder of the manifest, where it is below it.
    pub(super) target: PathBuf,
    /// SHA-256 of what it replaces, in hexadecimal digits; `None` where there was no regular file.
    pub(super) replaced: Option<String>,
    /// SHA-256 of the new content, in hexadecimal digits.
    pub(super) written: String,
}

/// How one file stands.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// It has its new content.
    Written,
    /// It is as it was, and the draft of its new content is whole.
    Ready,
    /// It or its draft was changed by someone else.
    Foreign,
}

/// Why a recorded change is not completed.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotCompleted {
    /// A file, or its draft, is not what the change was made for.
    #[error("`{}` or its draft was changed by someone else", .0.display())]
    Foreign(PathBuf),
    /// A file cannot be read or replaced.
    #[error(transparent)]
    File(#[from] FileError),
}

/// The SHA-256 of a text, in hexadecimal digits.
pub(super) fn digest_of(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// The SHA-256 of a regular file; `None` where there is none.
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
        Err(error) if error_means_missing(&error) => Ok(None),
        other => other.map_err(|error| FileError::NotReplaced(path.to_owned(), error)),
    }
}

fn error_means_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

impl PlannedFile {
    /// Where the draft of its new content is.
    pub(super) fn draft(&self, change: Uuid) -> PathBuf {
        beside(&self.target, &format!("{change}.draft"))
    }

    fn standing(&self, change: Uuid) -> Result<Standing, FileError> {
        let on_disk = digest_on_disk(&self.target)?;
        if on_disk.as_deref() == Some(&self.written) {
            return Ok(Standing::Written);
        }
        let draft = digest_on_disk(&self.draft(change))?;
        let is_ready = on_disk == self.replaced && draft.as_deref() == Some(&self.written);
        Ok(if is_ready {
            Standing::Ready
        } else {
            Standing::Foreign
        })
    }
}

impl Manifest {
    /// Where it is written: beside the file that is replaced last.
    pub(super) fn path(&self) -> PathBuf {
        let last = self.files.last().map_or(Path::new(""), |file| &file.target);
        beside(last, &format!("{}{ENDING}", self.change))
    }

    /// The id of the change whose manifest has this name.
    pub(super) fn change_named(name: &str) -> Option<Uuid> {
        let stem = name.strip_prefix('.')?.strip_suffix(ENDING)?;
        stem.rsplit('.').next()?.parse().ok()
    }

    /// Writes it and makes it durable. Gives the SHA-256 by which the database knows it.
    pub(super) fn write(&self) -> Result<String, FileError> {
        let (path, mut relative) = (self.path(), self.clone());
        let folder = folder_of(&path);
        for file in &mut relative.files {
            if let Ok(below) = file.target.strip_prefix(&folder) {
                file.target = below.to_owned();
            }
        }
        let failed = |error| FileError::NotReplaced(path.clone(), error);
        let text = serde_json::to_string_pretty(&relative).map_err(|error| failed(error.into()))?;
        let last = self.files.last().map_or(path.as_path(), |file| &file.target);
        write_draft(last, &path, &text).map_err(failed)?;
        sync_folder(&folder);
        Ok(digest_of(&text))
    }

    /// The manifest in a file, with its SHA-256; `None` where writing it was interrupted.
    pub(super) fn read(path: &Path) -> Result<Option<(Self, String)>, FileError> {
        let bytes = fs::read(path).map_err(|error| FileError::NotReplaced(path.to_owned(), error))?;
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

    /// The first file that is not ready to be replaced, if any.
    pub(super) fn first_not_ready(&self) -> Result<Option<&Path>, FileError> {
        for file in &self.files {
            if file.standing(self.change)? != Standing::Ready {
                return Ok(Some(&file.target));
            }
        }
        Ok(None)
    }

    /// Puts every draft in the place of its file and removes the manifest. All files are compared before the first one is
    /// replaced: nothing is written over what someone else has changed.
    pub(super) fn complete(&self) -> Result<(), NotCompleted> {
        let mut ready = Vec::new();
        for file in &self.files {
            match file.standing(self.change)? {
                Standing::Ready => ready.push(file),
                Standing::Written => {}
                Standing::Foreign => return Err(NotCompleted::Foreign(file.target.clone())),
            }
        }
        for file in ready {
            fs::rename(file.draft(self.change), &file.target)
                .map_err(|error| FileError::NotReplaced(file.target.clone(), error))?;
        }
        Ok(self.remove()?)
    }

    /// Removes the drafts that are left, then the manifest.
    pub(super) fn remove(&self) -> Result<(), FileError> {
        for file in &self.files {
            remove_file(&file.draft(self.change))?;
            // INVARIANT: what happened to the files is durable before the manifest that says how to finish is gone.
            sync_folder(&folder_of(&file.target));
        }
        let path = self.path();
        remove_file(&path)?;
        sync_folder(&folder_of(&path));
        Ok(())
    }
}

/// Removes a file, which may be gone already.
pub(super) fn remove_file(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if !error_means_missing(&error) => Err(FileError::NotReplaced(path.to_owned(), error)),
        _ => Ok(()),
    }
}
