//! Atomic replacement of a file: readers see the old text or the new one, never a part.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::clock::new_id;

/// Replaces the text of a file atomically and durably. Owner and permissions stay, and the target of a symbolic link is
/// replaced, not the link. A missing file is created.
///
/// # Errors
/// The folder is not writable, the disk is full, or the owner cannot be preserved. The file is then unchanged.
pub(crate) fn replace_file(path: &Path, text: &str) -> anyhow::Result<()> {
    AtomicFile::write(path, text)?.put_in_place()
}

/// The new text of a file, in a draft in the same folder. The draft is removed on drop if it was not put in place.
#[derive(Debug)]
pub(crate) struct AtomicFile {
    beside: PathBuf,
    target: PathBuf,
    folder: PathBuf,
    is_placed: bool,
}

impl AtomicFile {
    /// Writes the draft, so that everything that can fail has succeeded before the file is replaced.
    ///
    /// # Errors
    /// See [`replace_file`].
    pub(crate) fn write(path: &Path, text: &str) -> anyhow::Result<Self> {
        let target =
            target_of(path).with_context(|| format!("the link `{}` has no target", path.display()))?;
        let folder = match target.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let draft = Self {
            beside: folder.join(format!(".{name}.{}.draft", new_id())),
            target,
            folder,
            is_placed: false,
        };
        draft
            .fill(text)
            .with_context(|| format!("cannot replace `{}`", path.display()))?;
        Ok(draft)
    }

    fn fill(&self, text: &str) -> io::Result<()> {
        let old = match fs::metadata(&self.target) {
            Ok(old) => Some(old),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        if old.is_some() {
            // Users who may not read the file must not be able to read its draft.
            options.mode(0o600);
        }
        let mut file = options.open(&self.beside)?;
        file.write_all(text.as_bytes())?;
        if let Some(old) = old {
            keep_owner(&file, &old)?;
            file.set_permissions(old.permissions())?;
        }
        file.sync_all()
    }

    /// Replaces the file with the draft.
    ///
    /// # Errors
    /// The file cannot be replaced, and is unchanged.
    pub(crate) fn put_in_place(mut self) -> anyhow::Result<()> {
        fs::rename(&self.beside, &self.target)
            .with_context(|| format!("cannot replace `{}`", self.target.display()))?;
        self.is_placed = true;
        // The rename is durable only when the folder is synced. Not every file system supports that.
        let _ = File::open(&self.folder).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if !self.is_placed {
            let _ = fs::remove_file(&self.beside);
        }
    }
}

/// The file itself, with all symbolic links resolved.
fn target_of(path: &Path) -> io::Result<PathBuf> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => fs::canonicalize(path),
        _ => Ok(path.to_owned()),
    }
}

/// Keeps the owner, because the service may run as another user and must still be able to read the file.
fn keep_owner(file: &File, old: &fs::Metadata) -> io::Result<()> {
    let new = file.metadata()?;
    if (new.uid(), new.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    // Only root can change the owner; a member of the file's group can at least keep the group.
    fchown(file, Some(old.uid()), Some(old.gid()))
        .or_else(|_| fchown(file, None, Some(old.gid())))
        .map_err(|error| {
            let told = format!("it belongs to another user and group, and the owner cannot be kept: {error}");
            io::Error::new(error.kind(), told)
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
    fn a_file_is_replaced_and_keeps_its_permissions() {
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
        assert!(format!("{error:#}").contains("has no target"), "{error:#}");
    }

    #[test]
    fn a_missing_file_is_created() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.toml");
        replace_file(&path, "text").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
    }

    #[test]
    fn a_failed_write_leaves_no_draft() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.toml");
        fs::create_dir(&path).unwrap();
        let error = replace_file(&path, "text").unwrap_err();
        assert!(format!("{error:#}").contains("cannot replace"), "{error:#}");
        assert_eq!(files_in(folder.path()), ["rules.toml"]);
        drop(AtomicFile::write(&folder.path().join("other.toml"), "text").unwrap());
        assert_eq!(files_in(folder.path()), ["rules.toml"]);
        assert!(replace_file(&folder.path().join("no/such/file"), "text").is_err());
    }
}
