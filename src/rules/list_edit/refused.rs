//! Why an edit of a list is refused.

use crate::rules::source::sources::SourceError;

/// Why an edit of a list is refused.
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
    /// The value is not valid for the type of the list.
    #[error("{message}: {help}")]
    InvalidValue {
        /// What is wrong with it.
        message: String,
        /// How to fix it.
        help: String,
    },
    /// The note cannot be written on one line.
    #[error("the note contains a line break or another control character: write it as one line of text")]
    InvalidNote,
    /// The value is not in the list.
    #[error("the list `{list}` has no entry `{value}`{help}")]
    Absent {
        /// The list.
        list: String,
        /// The value.
        value: String,
        /// Similar entries, as the end of a sentence.
        help: String,
    },
    /// A `.txt` has no dates.
    #[error(
        "`{0}` has one value per line and no dates: convert it to a .csv with the columns value,note,expires, or add \
         the entry to `values` in the rule file"
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
    /// The entry has comments inside its braces that an edit would lose.
    #[error("the entry `{0}` has comments inside its braces: edit it manually")]
    Commented(String),
    /// The list cannot be found in the text.
    #[error("the list cannot be found in the rule file: edit it manually")]
    Unfindable,
    /// A list file can no longer be read.
    #[error("{0}")]
    Source(#[from] SourceError),
}
