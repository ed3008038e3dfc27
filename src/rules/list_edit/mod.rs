//! Edits of a list in the text it stands in: one entry changes, every other line stays byte for byte.
//!
//! A list with a file is edited there, one without in its `values` in the rule file. An entry that stands in both is
//! changed or removed in both. With the line of an entry that is removed goes the comment behind it, which is about
//! the entry.

mod csv;
mod place;
mod splice;
mod text;
mod value;
mod values;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::rules::load::Loaded;
use crate::rules::source::sources::SourceError;
use crate::rules::source::sources::Sources;
use place::Place;
use splice::{Beside, End};
use value::Named;

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
    /// The files with their new texts; none where nothing had to be done.
    pub files: Vec<EditedFile>,
}

/// What an edit has done to a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// The value is a new entry.
    Added,
    /// The entry was there and has another note or day.
    Changed,
    /// The entry was there as wanted.
    WasThere,
    /// The value is no entry any more.
    Removed,
}

/// A file with its new text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditedFile {
    /// The file, from where the rule file was named.
    pub path: String,
    /// The list file as the rule file names it; `None` for the rule file itself.
    pub list_file: Option<String>,
    /// Its whole text.
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

/// Why a list is not edited.
#[derive(Debug, thiserror::Error)]
pub enum EditRefused {
    /// The rule file has no such list.
    #[error("the rule file has no list `{list}`: {help}")]
    UnknownList {
        /// The name as given.
        list: String,
        /// What was probably meant.
        help: String,
    },
    /// The value is none of the list's type.
    #[error("{message}: {help}")]
    InvalidValue {
        /// What is wrong with it.
        message: String,
        /// How to mend it.
        help: String,
    },
    /// The note cannot be written on one line.
    #[error("the note has a line break or another control sign: write it as one line of text")]
    InvalidNote,
    /// The value is not in the list.
    #[error("the list `{list}` has no entry `{value}`{help}")]
    Absent {
        /// The list.
        list: String,
        /// The value.
        value: String,
        /// What is near it.
        help: String,
    },
    /// A `.txt` has no dates.
    #[error(
        "`{0}` has one value a line and no dates: make it a .csv with the columns value,note,expires, or put the \
         entry into `values` in the rule file"
    )]
    NoDates(String),
    /// A `.csv` without the column that is needed.
    #[error("`{file}` has no column `{column}`: add it at the end of the first line")]
    NoColumn {
        /// The file.
        file: String,
        /// The column.
        column: &'static str,
    },
    /// The entry has comments within its brackets that an edit would lose.
    #[error("the entry `{0}` has comments within its braces: edit it by hand")]
    Commented(String),
    /// The list cannot be found in the text.
    #[error("the list cannot be found in the rule file: edit it by hand")]
    Unfindable,
    /// A list file cannot be read any more.
    #[error("{0}")]
    Source(#[from] SourceError),
}

/// Edits a list of a rule file that has no errors.
///
/// # Errors
/// Why it cannot be edited, and how to mend that.
pub fn edit_list(
    loaded: &Loaded,
    list: &str,
    edit: &ListEdit,
    now: Timestamp,
) -> Result<EditedList, EditRefused> {
    let place = Place::of(loaded, list)?;
    let (ListEdit::Add { value, .. } | ListEdit::Remove { value } | ListEdit::Expire { value, .. }) = edit;
    let named = Named::read(value, place.kind)?;
    let media = place.media(loaded)?;
    match edit {
        ListEdit::Add { note, until, .. } => {
            let note = note.as_deref().map(str::trim).filter(|note| !note.is_empty());
            if note.is_some_and(|note| note.chars().any(char::is_control)) {
                return Err(EditRefused::InvalidNote);
            }
            let is_over = place.ends_before(&media, &named, now);
            let end = match (until, is_over) {
                (Some(until), _) => End::On(*until),
                // Who adds a value wants it to count.
                (None, Some(true)) => End::Never,
                (None, _) => End::Kept,
            };
            let beside = Beside { note, end };
            match is_over {
                Some(_) => place.change(media, &named, beside),
                None => place.add(media, &named, beside),
            }
        }
        ListEdit::Remove { .. } => place.remove(media, &named, loaded),
        ListEdit::Expire { until, .. } => match place.ends_before(&media, &named, now) {
            Some(_) => {
                let end = End::On(*until);
                place.change(media, &named, Beside { note: None, end })
            }
            None => Err(place.absent(&named, loaded)),
        },
    }
}

/// The entries of a list as they are written, those of its file first.
///
/// # Errors
/// The rule file has no such list, or a list file cannot be read any more.
pub fn list_entries(loaded: &Loaded, list: &str) -> Result<Vec<ListEntry>, EditRefused> {
    let place = Place::of(loaded, list)?;
    let mut entries = Vec::new();
    for medium in place.media(loaded)? {
        medium.each(list, |entry, _| entries.push(entry));
    }
    Ok(entries)
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
    fn of(named: &Named, done: Done, files: impl IntoIterator<Item = EditedFile>) -> Self {
        Self {
            value: named.written.clone(),
            done,
            files: files.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests;
