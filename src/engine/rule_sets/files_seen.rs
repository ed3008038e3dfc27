//! The state of files at one moment, according to their metadata.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The state of files at one moment. If two states differ, a file was written in between.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FilesSeen(BTreeMap<PathBuf, FileSeen>);

/// The state of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileSeen {
    /// The file exists.
    There(Stamp),
    /// The file does not exist.
    Missing,
    /// The file system returned an error.
    Unknown(ErrorKind),
}

/// The metadata that changes when a file is written or replaced. It includes the inode's change time because programs
/// such as `rsync` reset the modification time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileSeen {
    /// Observes one file.
    pub(crate) fn of(path: &Path) -> Self {
        match fs::metadata(path) {
            Ok(data) => Self::There(Stamp {
                device: data.dev(),
                inode: data.ino(),
                bytes: data.len(),
                modified: (data.mtime(), data.mtime_nsec()),
                changed: (data.ctime(), data.ctime_nsec()),
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::Missing,
            Err(error) => Self::Unknown(error.kind()),
        }
    }
}

impl FilesSeen {
    /// Observes several files.
    pub(crate) fn of(files: impl IntoIterator<Item = PathBuf>) -> Self {
        let seen = |path: PathBuf| (FileSeen::of(&path), path);
        let seen = files.into_iter().map(seen);
        Self(seen.map(|(seen, path)| (path, seen)).collect())
    }

    /// Returns the first file of `later` that differs from this state. A file that is missing here, or that could not
    /// be read, counts as different.
    pub(crate) fn first_difference<'a>(&self, later: &'a Self) -> Option<&'a Path> {
        let differs = |(path, seen): &(&PathBuf, &FileSeen)| {
            matches!(seen, FileSeen::Unknown(_)) || self.0.get(*path) != Some(*seen)
        };
        later.0.iter().find(differs).map(|(path, _)| path.as_path())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_that_is_written_replaced_or_removed_differs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.txt");
        let look = || FilesSeen::of([path.clone()]);
        let missing = look();
        assert_eq!(missing.first_difference(&look()), None);
        fs::write(&path, "one").unwrap();
        let first = look();
        assert_eq!(missing.first_difference(&first), Some(path.as_path()));
        // The size and the modification time are the same.
        let data = fs::metadata(&path).unwrap();
        let other = folder.path().join("other.txt");
        fs::write(&other, "two").unwrap();
        let file = fs::File::options().write(true).open(&other).unwrap();
        file.set_modified(data.modified().unwrap()).unwrap();
        fs::rename(&other, &path).unwrap();
        assert_eq!(first.first_difference(&look()), Some(path.as_path()));
        fs::remove_file(&path).unwrap();
        assert_eq!(first.first_difference(&look()), Some(path.as_path()));
    }

    #[test]
    fn a_file_that_is_looked_at_no_longer_makes_no_difference_and_a_new_one_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "a").unwrap();
        fs::write(path("b"), "b").unwrap();
        let both = FilesSeen::of([path("a"), path("b")]);
        let one = FilesSeen::of([path("a")]);
        assert_eq!(both.first_difference(&one), None);
        assert_eq!(one.first_difference(&both), Some(path("b").as_path()));
    }

    #[test]
    fn a_file_that_cannot_be_looked_at_always_differs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("loop");
        symlink(&path, &path).unwrap();
        let seen = FilesSeen::of([path.clone()]);
        assert_eq!(seen.first_difference(&seen.clone()), Some(path.as_path()));
    }
}
