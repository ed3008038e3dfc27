//! What two rule sets mean differently: not how they are written, but what they do with an order.

mod entries;
mod lines;
mod lists;
mod moves;
mod rules;
pub(super) mod shrinkage;
mod trials;

use serde::Serialize;

use super::model::rule_set::RuleSet;

pub use entries::{EntryChanges, Few};

/// What changed in meaning from one rule set to another. Comments, spacing and the order of tests do not count, nor
/// does a number of a list that moved from the rule file to a list file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RuleDiff {
    /// The time zone and the defaults.
    pub settings: Vec<Change>,
    /// The lists, by name.
    pub lists: Vec<ListChange>,
    /// The rules, in the order of the new set; what was removed stands first.
    pub rules: Vec<RuleChange>,
    /// The tests: what was removed, then in the order of the new set.
    pub tests: Vec<TestChange>,
}

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

/// What changed in meaning from one rule set to another.
#[must_use]
pub fn diff(old: &RuleSet, new: &RuleSet) -> RuleDiff {
    let renamed = rules::renamed(old, new);
    RuleDiff {
        settings: rules::settings(old, new),
        lists: lists::changed(old, new),
        rules: rules::changed(old, new, &renamed),
        tests: trials::changed(old, new, &renamed),
    }
}

impl RuleDiff {
    /// Whether both sets mean the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.lists.is_empty() && self.rules.is_empty() && self.tests.is_empty()
    }
}

#[cfg(test)]
mod tests;
