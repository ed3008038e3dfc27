//! What the database records about the rules over a period.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

/// What the records hold of the rules over a stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleHistory {
    /// From when on decisions are counted.
    pub since: Timestamp,
    /// The first decision on record at all, however old: nothing is said of the time before it.
    pub first_decision: Option<Timestamp>,
    /// What is counted of each rule, by its id. A rule that is not here was never met.
    pub rules: BTreeMap<String, RuleTally>,
    /// The codes that Telnyx ever offered for a rejection.
    pub offered_codes: BTreeSet<i64>,
}

/// What is counted of one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleTally {
    /// Decisions by the rule; of one in shadow those that it would have made.
    pub hits: u64,
    /// The last of them.
    pub last_hit: Option<Timestamp>,
    /// Of the hits: a person decided otherwise in the same episode.
    pub overridden: u64,
    /// Of the hits: our rejection was followed by a further episode of the same order.
    pub bounced: u64,
    /// The first decision on record that was made while the rule stood in the file, where that is known. A rule is not
    /// blamed for the time before it.
    pub first_evaluated: Option<Timestamp>,
}
