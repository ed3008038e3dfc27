use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

/// The texts that a rule set was read from, for the record. A list file stays on disk until its text is asked for.
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
    pub(super) origin: Origin,
}

/// Where a list file's text can be had again.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    Disk(PathBuf),
    Memory(Arc<str>),
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
    /// A record of list files that is not one.
    #[error("the recorded lists cannot be read")]
    InvalidRecord(#[source] serde_json::Error),
}

/// A list file in the record.
#[derive(serde::Serialize, serde::Deserialize)]
struct RecordedList {
    file: String,
    text: String,
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

    /// The text as it was when the rules were read.
    ///
    /// # Errors
    /// When the file is away or holds something else by now.
    pub fn text(&self) -> Result<String, SourceError> {
        let text = match &self.origin {
            Origin::Memory(text) => text.to_string(),
            Origin::Disk(path) => fs::read_to_string(path).map_err(|source| SourceError::Unreadable {
                file: self.file.clone(),
                source,
            })?,
        };
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        if digest != self.digest {
            return Err(SourceError::Changed(self.file.clone()));
        }
        Ok(text)
    }
}

impl Sources {
    /// The list files with their texts as one JSON document, for `rule_sets.lists`.
    ///
    /// # Errors
    /// When a file is away or holds something else by now.
    pub fn recorded_lists(&self) -> Result<String, SourceError> {
        let lists: Vec<RecordedList> = self
            .lists
            .iter()
            .map(|list| {
                let file = list.file.clone();
                list.text().map(|text| RecordedList { file, text })
            })
            .collect::<Result<_, _>>()?;
        serde_json::to_string(&lists).map_err(SourceError::InvalidRecord)
    }

    /// Sources in memory, from what [`Self::recorded_lists`] wrote, so that a recorded rule set can be loaded again.
    ///
    /// # Errors
    /// When the lists are no such document.
    pub fn from_record(path: &str, text: &str, lists: &str) -> Result<Self, SourceError> {
        let lists: Vec<RecordedList> = serde_json::from_str(lists).map_err(SourceError::InvalidRecord)?;
        Ok(Self::in_memory(
            path,
            text,
            lists.into_iter().map(|list| (list.file, list.text)),
        ))
    }

    /// Gives a list file another text, in memory.
    pub(super) fn replace_list(&mut self, file: &str, text: &str) {
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

/// Where list files are looked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shelf<'a> {
    /// Beside the rule file.
    Beside(&'a Path),
    /// Among sources in memory.
    Among(&'a [ListSource]),
}

impl Shelf<'_> {
    /// Opens a list file, and tells where it can be had again.
    pub(super) fn open(&self, file: &str) -> io::Result<(Box<dyn Read>, Origin)> {
        match self {
            Self::Beside(rules) => {
                let path = rules.parent().unwrap_or(Path::new("")).join(file);
                Ok((Box::new(File::open(&path)?), Origin::Disk(path)))
            }
            Self::Among(lists) => {
                let list = lists.iter().find(|list| list.file == file);
                let list = list.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
                match &list.origin {
                    Origin::Memory(text) => Ok((
                        Box::new(io::Cursor::new(SharedText(text.clone()))),
                        list.origin.clone(),
                    )),
                    Origin::Disk(path) => Ok((Box::new(File::open(path)?), list.origin.clone())),
                }
            }
        }
    }
}

struct SharedText(Arc<str>);

impl AsRef<[u8]> for SharedText {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
