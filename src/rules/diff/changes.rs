//! What changed in meaning from one rule set to another.

use serde::Serialize;

use super::few::Few;

/// A value that is another one now. `None` where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The key as a rule file has it, such as `match.pin`.
    pub key: String,
    /// What it was.
    pub old: Option<String>,
    /// What it is.
    pub new: Option<String>,
}

/// What became of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum ListChange {
    /// It is new.
    Added {
        /// Its name.
        list: String,
        /// What it has.
        entries: EntryChanges,
    },
    /// It is gone.
    Removed {
        /// Its name.
        list: String,
    },
    /// Its entries are of another type, and so all others.
    Retyped {
        /// Its name.
        list: String,
        /// The type it had.
        old: String,
        /// The type it has.
        new: String,
    },
    /// It has other entries.
    Changed {
        /// Its name.
        list: String,
        /// Which.
        entries: EntryChanges,
    },
}

/// What became of a rule. Places count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum RuleChange {
    /// It is gone.
    Removed {
        /// Its id.
        rule: String,
        /// Where it stood.
        place: usize,
    },
    /// It is new.
    Added {
        /// Its id.
        rule: String,
        /// Where it stands.
        place: usize,
        /// What it says.
        values: Vec<Change>,
    },
    /// It has another id, and says what it said.
    Renamed {
        /// The id it had.
        old: String,
        /// The id it has.
        rule: String,
    },
    /// It stands somewhere else among the rules that are in both sets.
    Moved {
        /// Its id.
        rule: String,
        /// Where it stood.
        from: usize,
        /// Where it stands.
        to: usize,
        /// The rule right above it now; none if it is the first.
        below: Option<String>,
    },
    /// It says something else.
    Changed {
        /// Its id.
        rule: String,
        /// What.
        values: Vec<Change>,
    },
}

/// What became of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum TestChange {
    /// It is gone.
    Removed {
        /// Its name.
        test: String,
    },
    /// It is new.
    Added {
        /// Its name.
        test: String,
    },
    /// It gives or expects something else.
    Changed {
        /// Its name.
        test: String,
        /// What.
        values: Vec<Change>,
    },
}

/// What changed among the entries of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct EntryChanges {
    /// Entries that are new.
    pub added: Few<String>,
    /// Entries that are gone.
    pub removed: Few<String>,
    /// Entries that count for another time.
    pub expires: Few<Change>,
}

impl EntryChanges {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.count + self.removed.count + self.expires.count == 0
    }

    /// Adds what changed among other entries of the list.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.added.append(other.added);
        self.removed.append(other.removed);
        self.expires.append(other.expires);
        self
    }
}
