//! Replaces a file atomically: a reader sees either the old text or the new text.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use crate::clock::new_id;

/// Why a file could not be replaced.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The path is a symbolic link whose target does not exist.
    #[error("`{}` is a symbolic link to a file that does not exist", .0.display())]
    LeadsNowhere(PathBuf, #[source] io::Error),
    /// The file or its folder cannot be written.
    #[error("`{}` cannot be replaced", .0.display())]
    NotReplaced(PathBuf, #[source] io::Error),
}

/// Replaces the text of a file, atomically and durably. Owner and permissions stay. The target of a symbolic link is
/// replaced, not the link. A missing file is created.
///
/// # Errors
/// The folder cannot be written, the disk is full, or the owner cannot be kept. The file is then unchanged.
pub fn replace_file(path: &Path, text: &str) -> Result<(), FileError> {
    AtomicFile::write(path, text)?.put_in_place()
}

/// The new text of a file, in a draft beside it, which is removed if it is dropped before the file is replaced.
#[derive(Debug)]
struct AtomicFile {
    draft: PathBuf,
    target: PathBuf,
    is_placed: bool,
}

impl AtomicFile {
    /// Writes the draft, so that a full disk or a missing permission is noticed before the file is touched.
    fn write(path: &Path, text: &str) -> Result<Self, FileError> {
        let target = target_of(path)?;
        let draft = Self {
            draft: beside(&target, &format!("{}.draft", new_id())),
            target,
            is_placed: false,
        };
        write_draft(&draft.target, &draft.draft, text)
            .map_err(|error| FileError::NotReplaced(path.to_owned(), error))?;
        Ok(draft)
    }

    /// Renames the draft to the file.
    fn put_in_place(mut self) -> Result<(), FileError> {
        fs::rename(&self.draft, &self.target)
            .map_err(|error| FileError::NotReplaced(self.target.clone(), error))?;
        self.is_placed = true;
        // The file is replaced, whether or not the folder can be synced.
        let _ = sync_folder(&folder_of(&self.target));
        Ok(())
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if !self.is_placed {
            let _ = fs::remove_file(&self.draft);
        }
    }
}

/// A hidden file in the same folder, whose name begins with that of the target.
pub(super) fn beside(target: &Path, ending: &str) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    folder_of(target).join(format!(".{name}.{ending}"))
}

/// Writes a draft of the new text of a file and syncs it. It has the owner and the permissions of the file.
pub(super) fn write_draft(target: &Path, draft: &Path, text: &str) -> io::Result<()> {
    let old = match fs::metadata(target) {
        Ok(old) => Some(old),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if old.is_some() {
        // Nobody who may not read the file may read its draft.
        options.mode(0o600);
    }
    let mut file = options.open(draft)?;
    file.write_all(text.as_bytes())?;
    if let Some(old) = old {
        keep_owner(&file, &old)?;
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()
}

/// Makes new names in a folder durable, where the file system supports that.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Not every file system syncs folders, and a user who may write in a folder may be unable to read it.
        Err(error) if matches!(error.kind(), InvalidInput | PermissionDenied | Unsupported) => Ok(()),
        other => other,
    }
}

/// The folder of a file.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The file itself, with all symbolic links resolved.
pub(super) fn target_of(path: &Path) -> Result<PathBuf, FileError> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => {
            fs::canonicalize(path).map_err(|error| FileError::LeadsNowhere(path.to_owned(), error))
        }
        _ => Ok(path.to_owned()),
    }
}

/// Keeps owner and group, because the service may run as another user and must still be able to read the file.
fn keep_owner(file: &File, old: &fs::Metadata) -> io::Result<()> {
    let new = file.metadata()?;
    if (new.uid(), new.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    // Only root can change the owner. A member of the file's group can at least keep the group.
    fchown(file, Some(old.uid()), Some(old.gid()))
        .or_else(|_| fchown(file, None, Some(old.gid())))
        .map_err(|error| {
            let message = format!(
                "its owner and group cannot be kept, because you are neither root nor in that group: {error}"
            );
            io::Error::new(error.kind(), message)
        })
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn files_in(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_atomically_and_keeps_its_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.toml");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let reader = File::open(&path).unwrap();
        replace_file(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
        assert_eq!(io::read_to_string(reader).unwrap(), "old", "not written in place");
        assert_eq!(files_in(folder.path()), ["rules.toml"]);
    }

    #[test]
    fn a_link_stays_a_link_and_its_target_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real");
        fs::create_dir(&real).unwrap();
        fs::write(real.join("rules.toml"), "old").unwrap();
        let link = folder.path().join("rules.toml");
        symlink("real/rules.toml", &link).unwrap();
        replace_file(&link, "new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(real.join("rules.toml")).unwrap(), "new");

        let dangling = folder.path().join("dangling");
        symlink("nowhere", &dangling).unwrap();
        let error = replace_file(&dangling, "new").unwrap_err();
        assert!(error.to_string().contains("does not exist"), "{error}");
    }

    #[test]
    fn a_missing_file_is_created() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.toml");
        replace_file(&path, "text").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
    }

    #[test]
    fn a_file_that_cannot_be_replaced_leaves_no_draft() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.toml");
        fs::create_dir(&path).unwrap();
        let error = replace_file(&path, "text").unwrap_err();
        assert!(error.to_string().contains("cannot be replaced"), "{error}");
        assert_eq!(files_in(folder.path()), ["rules.toml"]);
        drop(AtomicFile::write(&folder.path().join("other.toml"), "text").unwrap());
        assert_eq!(files_in(folder.path()), ["rules.toml"]);
        assert!(replace_file(&folder.path().join("no/such/file"), "text").is_err());
    }
}
