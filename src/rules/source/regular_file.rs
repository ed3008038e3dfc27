//! Reads rule files and lists with limits: only regular files, and never more bytes than allowed.
//!
//! A named pipe or a device could block forever or never end, and a file that is too large would exhaust the memory of
//! the service. All of these are refused before anything is read.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// The most bytes that a rule file may have.
pub const RULE_FILE_BYTES: u64 = 16 << 20;

/// How much of the files of a rule set is read at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    /// The most bytes that one list file may have.
    pub list_bytes: u64,
}

impl Default for ReadLimits {
    /// 512 MiB a list: more than forty million numbers.
    fn default() -> Self {
        Self {
            list_bytes: 512 << 20,
        }
    }
}

/// Why a file is not read although it can be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// Not a regular file.
    #[error("is {0}, not a regular file")]
    NotRegular(&'static str),
    /// It has more bytes than allowed.
    #[error("is larger than {}", Size(*.0))]
    TooLarge(u64),
}

/// A number of bytes in the largest unit that fits without a remainder.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
        match units
            .iter()
            .find(|(_, unit)| self.0 > 0 && self.0.is_multiple_of(*unit))
        {
            Some((name, unit)) => write!(f, "{} {name}", self.0 / unit),
            None => write!(f, "{} bytes", self.0),
        }
    }
}

impl Unfit {
    /// The reason inside an error of [`open`] or of a read of what it opened.
    pub(crate) fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<Unfit> for io::Error {
    fn from(unfit: Unfit) -> Self {
        let kind = match unfit {
            Unfit::NotRegular(_) => ErrorKind::InvalidInput,
            Unfit::TooLarge(_) => ErrorKind::FileTooLarge,
        };
        Self::new(kind, unfit)
    }
}

/// A file that gives an error instead of more bytes than allowed.
#[derive(Debug)]
pub(crate) struct Capped {
    file: File,
    limit: u64,
    read: u64,
}

impl Read for Capped {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read = self.read.saturating_add(count as u64);
        // The size that the system reports is not enough: the file may grow, and some files report none.
        if self.read > self.limit {
            return Err(Unfit::TooLarge(self.limit).into());
        }
        Ok(count)
    }
}

/// Opens a regular file for reading up to `limit` bytes. Never blocks on a named pipe.
pub(crate) fn open(path: &Path, limit: u64) -> io::Result<Capped> {
    // Before the open, which has effects on some devices; and after it, because another file may be there by then.
    expect_regular(&fs::metadata(path)?)?;
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    expect_regular(&metadata)?;
    if metadata.len() > limit {
        return Err(Unfit::TooLarge(limit).into());
    }
    Ok(Capped { file, limit, read: 0 })
}

fn expect_regular(metadata: &Metadata) -> io::Result<()> {
    let kind = metadata.file_type();
    if kind.is_file() {
        return Ok(());
    }
    if kind.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    let what = if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    Err(Unfit::NotRegular(what).into())
}

/// The bytes of a regular file of at most `limit` bytes.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path, limit)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of a rule file.
///
/// # Errors
/// When it cannot be read, is not a regular file, has more than [`RULE_FILE_BYTES`] bytes, or is not UTF-8.
pub fn read_rule_text(path: &Path) -> io::Result<String> {
    read_text(path, RULE_FILE_BYTES)
}

/// The text of a regular file of at most `limit` bytes.
///
/// # Errors
/// When it cannot be read, is not a regular file, has more bytes, or is not UTF-8.
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    let bytes = read(path, limit)?;
    String::from_utf8(bytes).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn a_named_pipe_a_device_and_a_folder_are_refused_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe.toml");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let message = |path: &Path| read(path, 100).unwrap_err().to_string();
        assert_eq!(message(&pipe), "is a named pipe, not a regular file");
        assert_eq!(message(Path::new("/dev/zero")), "is a device, not a regular file");
        let error = read(folder.path(), 100).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::IsADirectory);
    }

    #[test]
    fn a_file_is_read_up_to_its_limit_and_not_a_byte_further() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.txt");
        fs::write(&path, "x".repeat(100)).unwrap();
        assert_eq!(read(&path, 100).unwrap().len(), 100);
        let error = read(&path, 99).unwrap_err();
        assert_eq!(error.to_string(), "is larger than 99 bytes");
        assert_eq!(Unfit::of(&error), Some(&Unfit::TooLarge(99)));
    }

    #[test]
    fn a_file_that_reports_no_size_is_limited_too() {
        let error = read(Path::new("/proc/self/maps"), 10).unwrap_err();
        assert_eq!(Unfit::of(&error), Some(&Unfit::TooLarge(10)));
    }

    #[test]
    fn a_file_that_grows_while_it_is_read_is_limited_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.txt");
        fs::write(&path, "x".repeat(100)).unwrap();
        let mut opened = open(&path, 100).unwrap();
        fs::write(&path, "x".repeat(101)).unwrap();
        let error = opened.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(Unfit::of(&error), Some(&Unfit::TooLarge(100)));
    }

    #[test]
    fn sizes_are_shown_in_units() {
        for (bytes, shown) in [
            (0, "0 bytes"),
            (1_000, "1000 bytes"),
            (16 << 20, "16 MiB"),
            (3 << 30, "3 GiB"),
        ] {
            assert_eq!(Size(bytes).to_string(), shown);
        }
    }
}
