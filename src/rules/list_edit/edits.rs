//! An edit of a list, what it made of the files, and why it can be refused.

use jiff::civil::Date;

use super::value::Named;
use crate::rules::source::sources::Sources;

/// What is to be done to a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListEdit {
    /// Put a value in, or give the entry that is there another note or day.
    Add {
        /// The value as a person writes it.
        value: String,
        /// What is noted beside it.
        note: Option<String>,
        /// The last day on which it counts.
        until: Option<Date>,
    },
    /// Take a value out.
    Remove {
        /// The value as a person writes it.
        value: String,
    },
    /// Have a value count no longer than to the end of a day.
    Expire {
        /// The value as a person writes it.
        value: String,
        /// The last day on which it counts.
        until: Date,
    },
}

/// A list after an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditedList {
    /// The value as the list has it.
    pub value: String,
    /// What was done.
    pub done: Done,
    /// The files with their new texts; empty if nothing had to change.
    pub files: Vec<EditedFile>,
}

/// What an edit has done to a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// The value is a new entry.
    Added,
    /// The entry was there and has another note or day.
    Changed,
    /// The entry already existed as requested.
    WasThere,
    /// The entry was removed.
    Removed,
}

/// A file with its new text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditedFile {
    /// The file, from where the rule file was named.
    pub path: String,
    /// The list file as the rule file names it; `None` for the rule file itself.
    pub list_file: Option<String>,
    /// Its complete text.
    pub text: String,
}

/// An entry of a list as it is written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ListEntry {
    /// The value.
    pub value: String,
    /// What is noted beside it.
    pub note: Option<String>,
    /// The last day on which it counts, or the time at which it ends.
    pub expires: Option<String>,
}

impl EditedList {
    /// The texts of a rule set with the edit in them.
    #[must_use]
    pub fn applied_to(&self, sources: &Sources) -> Sources {
        let mut sources = sources.clone();
        for file in &self.files {
            match &file.list_file {
                Some(name) => sources.replace_list(name, &file.text),
                None => sources.text.clone_from(&file.text),
            }
        }
        sources
    }
}

impl EditedList {
    pub(super) fn of(named: &Named, done: Done, files: impl IntoIterator<Item = EditedFile>) -> Self {
        Self {
            value: named.written.clone(),
            done,
            files: files.into_iter().collect(),
        }
    }
}
