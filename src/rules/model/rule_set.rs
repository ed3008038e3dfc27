//! A checked rule file with its lists.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::defaults::Defaults;
use super::places::Places;
use super::rule::Rule;
use crate::rules::facts::context::EvalContext;
use crate::rules::facts::known::Facts;
use crate::rules::lists::list::List;
use crate::rules::model::test_case::TestCase;

/// A checked rule file with its lists. Cheap to clone; never changes.
#[derive(Debug, Clone)]
pub struct RuleSet(Arc<Parts>);

/// What a rule set is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) path: String,
    pub(crate) hash: [u8; 32],
    pub(crate) defaults: Defaults,
    pub(crate) timezone: String,
    pub(crate) zone: TimeZone,
    pub(crate) rules: Vec<Rule>,
    pub(crate) test_cases: Vec<TestCase>,
    pub(crate) lists: BTreeMap<String, List>,
    pub(crate) places: Places,
}

/// A list of a rule set, in words.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ListInWords {
    /// Its name.
    pub name: String,
    /// What its entries are.
    #[serde(rename = "type")]
    pub kind: String,
    /// The number of different entries, including expired ones.
    pub entries: usize,
}

impl RuleSet {
    /// A rule set of checked parts.
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The version of the rules: SHA-256 over the file and its lists.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.0.hash
    }

    /// The file as it was named.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// What happens if no rule decides.
    #[must_use]
    pub fn defaults(&self) -> Defaults {
        self.0.defaults
    }

    /// The time zone's name.
    #[must_use]
    pub fn timezone(&self) -> &str {
        &self.0.timezone
    }

    /// The rules from top to bottom.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.0.rules
    }

    /// The number of tests in the file.
    #[must_use]
    pub fn test_count(&self) -> usize {
        self.0.test_cases.len()
    }

    pub(crate) fn zone(&self) -> &TimeZone {
        &self.0.zone
    }

    pub(crate) fn test_cases(&self) -> &[TestCase] {
        &self.0.test_cases
    }

    /// The day that it is where the rules are.
    #[must_use]
    pub fn day_of(&self, now: Timestamp) -> Date {
        now.to_zoned(self.0.zone.clone()).date()
    }

    /// The lists by name, what they hold, and how many entries they have.
    #[must_use]
    pub fn lists_in_words(&self) -> Vec<ListInWords> {
        let lists = self.0.lists.iter();
        lists
            .map(|(name, list)| ListInWords {
                name: name.clone(),
                kind: list.kind().to_string(),
                entries: list.counts(Timestamp::UNIX_EPOCH).0,
            })
            .collect()
    }

    /// The lists, by name.
    pub(crate) fn lists(&self) -> &BTreeMap<String, List> {
        &self.0.lists
    }

    /// The positions of all parts in the file.
    pub(crate) fn places(&self) -> &Places {
        &self.0.places
    }

    pub(crate) fn eval_context<'a>(&'a self, facts: &'a Facts, now: Timestamp) -> EvalContext<'a> {
        EvalContext::new(facts, now, &self.0.zone)
    }
}
