//! What two rule sets mean differently: not how they are written, but what they do with an order.

mod changes;
mod entries;
mod few;
mod lines;
mod lists;
mod moves;
mod rules;
pub(super) mod shrinkage;
mod test_cases;

pub use changes::{Change, ListChange, RuleChange, TestChange};
use serde::Serialize;

use super::model::rule_set::RuleSet;

pub use changes::EntryChanges;
pub use few::Few;

/// What changed in meaning from one rule set to another. Comments, spacing and the order of tests do not count, nor
/// does a number of a list that moved from the rule file to a list file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RuleDiff {
    /// The time zone and the defaults.
    pub settings: Vec<Change>,
    /// The lists, by name.
    pub lists: Vec<ListChange>,
    /// The changed rules, removed ones first, then in the order of the new set.
    pub rules: Vec<RuleChange>,
    /// The tests: what was removed, then in the order of the new set.
    pub tests: Vec<TestChange>,
}

/// What changed in meaning from one rule set to another.
#[must_use]
pub fn diff(old: &RuleSet, new: &RuleSet) -> RuleDiff {
    let renamed = rules::renamed(old, new);
    RuleDiff {
        settings: rules::settings(old, new),
        lists: lists::changed(old, new),
        rules: rules::changed(old, new, &renamed),
        tests: test_cases::changed(old, new, &renamed),
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
