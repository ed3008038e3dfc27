//! What changed in meaning from one rule set to another.

use serde::Serialize;

use super::few::Few;

/// A value that changed. `None` means that there is no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The key as it is written in a rule file, such as `match.pin`.
    pub key: String,
    /// The old value.
    pub old: Option<String>,
    /// The new value.
    pub new: Option<String>,
}

/// A change of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum ListChange {
    /// It was added.
    Added {
        /// Its name.
        list: String,
        /// Its entries.
        entries: EntryChanges,
    },
    /// It was removed.
    Removed {
        /// Its name.
        list: String,
    },
    /// Its type changed, and so all of its entries.
    Retyped {
        /// Its name.
        list: String,
        /// The type it had.
        old: String,
        /// The type it has.
        new: String,
    },
    /// Its entries changed.
    Changed {
        /// Its name.
        list: String,
        /// The changed entries.
        entries: EntryChanges,
    },
}

/// A change of a rule. Positions count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum RuleChange {
    /// It was removed.
    Removed {
        /// Its id.
        rule: String,
        /// Its old position.
        place: usize,
    },
    /// It was added.
    Added {
        /// Its id.
        rule: String,
        /// Its new position.
        place: usize,
        /// Its values.
        values: Vec<Change>,
    },
    /// Its id changed, and nothing else.
    Renamed {
        /// The old id.
        old: String,
        /// The new id.
        rule: String,
    },
    /// It moved relative to the rules that are in both sets.
    Moved {
        /// Its id.
        rule: String,
        /// Its old position.
        from: usize,
        /// Its new position.
        to: usize,
        /// The rule directly above it now; `None` if it is the first.
        below: Option<String>,
    },
    /// Its values changed.
    Changed {
        /// Its id.
        rule: String,
        /// The changed values.
        values: Vec<Change>,
    },
}

/// A change of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum TestChange {
    /// It was removed.
    Removed {
        /// Its name.
        test: String,
    },
    /// It was added.
    Added {
        /// Its name.
        test: String,
    },
    /// Its facts or expected results changed.
    Changed {
        /// Its name.
        test: String,
        /// The changed values.
        values: Vec<Change>,
    },
}

/// What changed among the entries of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct EntryChanges {
    /// Added entries.
    pub added: Few<String>,
    /// Removed entries.
    pub removed: Few<String>,
    /// Entries whose expiry changed.
    pub expires: Few<Change>,
}

impl EntryChanges {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.count + self.removed.count + self.expires.count == 0
    }

    /// Adds the changes of other entries of the list.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.added.append(other.added);
        self.removed.append(other.removed);
        self.expires.append(other.expires);
        self
    }
}
