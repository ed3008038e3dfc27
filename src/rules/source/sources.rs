//! The texts that a rule set was read from, which are recorded with it. A list file stays on disk until its text is
//! needed.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, thread};

use sha2::{Digest, Sha256};

use super::regular_file::{self, Capped, RULE_FILE_BYTES, ReadLimits, Unfit};

/// The texts that a rule set was read from, which are recorded with it. A list file stays on disk until its text is
/// needed.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The rule file as it was named.
    pub path: String,
    /// The rule file's text.
    pub text: String,
    /// The list files, in the order the rule file names them.
    pub lists: Vec<ListSource>,
}

/// One list file of a rule set.
#[derive(Debug, Clone)]
pub struct ListSource {
    /// The file as the rule file names it.
    pub file: String,
    /// SHA-256 of its bytes as they were read.
    pub digest: [u8; 32],
    /// How many bytes were read.
    pub bytes: u64,
    pub(crate) origin: Origin,
}

/// Where the text of a list file can be read again.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    Disk(PathBuf),
    Memory(Arc<str>),
}

impl Origin {
    /// The file as findings name it, from how the rule file names it.
    pub(crate) fn shown(&self, file: &str) -> String {
        match self {
            Self::Disk(path) => path.display().to_string(),
            Self::Memory(_) => file.to_owned(),
        }
    }
}

/// Why the text of a list file cannot be recorded or read back.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file can no longer be read.
    #[error("the list file `{file}` could not be read again")]
    Unreadable {
        /// The file as the rule file names it.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// The file was changed since the rules were read.
    #[error("the list file `{0}` was changed while the rules were being loaded")]
    Changed(String),
    /// A recorded list file that is not what was recorded.
    #[error("the recorded list file `{0}` is not UTF-8 text")]
    NoText(String),
}

/// Every part with its length before it, so that no two rule sets are one run of bytes. A list file goes in by its
/// own digest, since it may be too long to keep.
pub(crate) fn hash(text: &str, lists: &[ListSource]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    part(text.as_bytes());
    for list in lists {
        part(list.file.as_bytes());
        part(&list.bytes.to_be_bytes());
        part(&list.digest);
    }
    hasher.finalize().into()
}

impl ListSource {
    fn in_memory(file: String, text: &str) -> Self {
        Self {
            file,
            digest: Sha256::digest(text.as_bytes()).into(),
            bytes: text.len() as u64,
            origin: Origin::Memory(text.into()),
        }
    }

    /// The text at the time when the rules were read.
    ///
    /// # Errors
    /// If the file cannot be read, or has changed.
    pub fn text(&self) -> Result<String, SourceError> {
        self.text_and(|_| ()).map(|(text, ())| text)
    }

    /// As [`Self::text`], but does some work on the text while another thread checks its digest: both take a while for
    /// a list of millions.
    ///
    /// # Errors
    /// If the file cannot be read, or has changed; the result of the work is lost then.
    pub fn text_and<T>(&self, work: impl FnOnce(&str) -> T) -> Result<(String, T), SourceError> {
        let text = match &self.origin {
            Origin::Memory(text) => text.to_string(),
            Origin::Disk(path) => self.read_again(path)?,
        };
        let (digest, worked) = thread::scope(|scope| {
            let digest = scope.spawn(|| Sha256::digest(text.as_bytes()).into());
            let worked = work(&text);
            let digest: Option<[u8; 32]> = digest.join().ok();
            (digest, worked)
        });
        if digest != Some(self.digest) {
            return Err(SourceError::Changed(self.file.clone()));
        }
        Ok((text, worked))
    }
}

impl ListSource {
    /// Reads no more than before: if the file is longer now, it has changed.
    fn read_again(&self, path: &Path) -> Result<String, SourceError> {
        regular_file::read_text(path, self.bytes).map_err(|source| match Unfit::of(&source) {
            Some(Unfit::TooLarge(_)) => SourceError::Changed(self.file.clone()),
            _ => SourceError::Unreadable {
                file: self.file.clone(),
                source,
            },
        })
    }
}

impl Sources {
    /// The version of the same files as they are on disk now. They are read again, but not parsed.
    ///
    /// # Errors
    /// When one of them cannot be read, is not a regular file, or is larger than allowed.
    pub fn hash_on_disk(&self, limits: ReadLimits) -> io::Result<[u8; 32]> {
        let text = regular_file::read_text(Path::new(&self.path), RULE_FILE_BYTES)?;
        let mut lists = self.lists.clone();
        for list in &mut lists {
            if let Origin::Disk(path) = &list.origin {
                (list.digest, list.bytes) = digest_of(regular_file::open(path, limits.list_bytes)?)?;
            }
        }
        Ok(hash(&text, &lists))
    }

    /// The version that these sources make: SHA-256 over the file and its lists.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.text, &self.lists)
    }

    /// The name of a list file in findings.
    pub(crate) fn shown_list(&self, file: &str) -> String {
        let list = self.lists.iter().find(|list| list.file == file);
        list.map_or_else(|| file.to_owned(), |list| list.origin.shown(file))
    }

    /// Sources in memory, from the database: each list file with its name in the rule file and its bytes.
    ///
    /// # Errors
    /// If a list file is not UTF-8 text.
    pub fn from_record(
        path: &str,
        text: &str,
        lists: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Result<Self, SourceError> {
        let lists = lists.into_iter().map(|(file, content)| {
            String::from_utf8(content)
                .map(|text| (file.clone(), text))
                .map_err(|_| SourceError::NoText(file))
        });
        let lists: Vec<(String, String)> = lists.collect::<Result<_, _>>()?;
        Ok(Self::in_memory(path, text, lists))
    }

    /// Replaces the text of a list file, in memory.
    pub(crate) fn replace_list(&mut self, file: &str, text: &str) {
        for list in self.lists.iter_mut().filter(|list| list.file == file) {
            *list = ListSource::in_memory(file.to_owned(), text);
        }
    }

    /// Sources in memory: a rule file's text, and for each list file its name in the rule file and its text.
    pub fn in_memory(path: &str, text: &str, lists: impl IntoIterator<Item = (String, String)>) -> Self {
        let lists = lists
            .into_iter()
            .map(|(file, text)| ListSource::in_memory(file, &text));
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            lists: lists.collect(),
        }
    }
}

/// Where list files are found.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ListResolver<'a> {
    /// Beside the rule file, and read up to a limit.
    Beside(&'a Path, ReadLimits),
    /// Among sources in memory.
    Among(&'a [ListSource]),
}

impl ListResolver<'_> {
    /// Opens a list file. Also returns where it can be read again.
    pub(crate) fn open(&self, file: &str) -> io::Result<(Box<dyn Read>, Origin)> {
        match self {
            Self::Beside(rules, limits) => {
                let path = rules.parent().unwrap_or(Path::new("")).join(file);
                let opened = regular_file::open(&path, limits.list_bytes)?;
                Ok((Box::new(opened), Origin::Disk(path)))
            }
            Self::Among(lists) => {
                let list = lists.iter().find(|list| list.file == file);
                let list = list.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
                match &list.origin {
                    Origin::Memory(text) => Ok((
                        Box::new(io::Cursor::new(SharedText(text.clone()))),
                        list.origin.clone(),
                    )),
                    Origin::Disk(path) => {
                        let opened = regular_file::open(path, list.bytes)?;
                        Ok((Box::new(opened), list.origin.clone()))
                    }
                }
            }
        }
    }
}

impl ListResolver<'_> {
    /// The existing list files, as a rule file would name them: beside it and one folder below. For messages.
    pub(crate) fn files(&self) -> Vec<String> {
        match self {
            Self::Among(lists) => lists.iter().map(|list| list.file.clone()).collect(),
            Self::Beside(rules, _) => {
                let beside = rules.parent().filter(|path| !path.as_os_str().is_empty());
                let beside = beside.unwrap_or(Path::new("."));
                let folders = names_in(beside)
                    .into_iter()
                    .filter(|name| beside.join(name).is_dir());
                let below = folders.flat_map(|folder| {
                    let names = names_in(&beside.join(&folder)).into_iter();
                    names.map(move |name| format!("{folder}/{name}"))
                });
                names_in(beside)
                    .into_iter()
                    .chain(below)
                    .filter(|name| is_list_file(name))
                    .collect()
            }
        }
    }
}

/// The maximum number of names in one folder that are compared with a misspelled one.
const MOST_NAMES: usize = 1000;

/// The names in a folder in order; empty if it cannot be read.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries
        .take(MOST_NAMES)
        .filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names
}

fn is_list_file(name: &str) -> bool {
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case("csv") || ending.eq_ignore_ascii_case("txt"))
}

/// The SHA-256 hash of a file, and its size in bytes.
fn digest_of(mut file: Capped) -> io::Result<([u8; 32], u64)> {
    let mut hasher = Sha256::new();
    let mut bytes = 0;
    let mut buffer = vec![0; 1 << 17];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok((hasher.finalize().into(), bytes));
        }
        hasher.update(buffer.get(..count).unwrap_or_default());
        bytes += count as u64;
    }
}

struct SharedText(Arc<str>);

impl AsRef<[u8]> for SharedText {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
