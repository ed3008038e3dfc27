//! What the database records about the rules over a period.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

/// The recorded decisions of the rules over a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleHistory {
    /// The start of the period.
    pub since: Timestamp,
    /// The first recorded decision, however old. Nothing is known about the time before it.
    pub first_decision: Option<Timestamp>,
    /// The counts of each rule, by its id. A rule that is missing here was never evaluated.
    pub rules: BTreeMap<String, RuleTally>,
    /// The codes that Telnyx has offered for rejections.
    pub offered_codes: BTreeSet<i64>,
}

/// The counts of one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleTally {
    /// Decisions by the rule, or for a shadow rule, the decisions that it would have made.
    pub hits: u64,
    /// The time of the last hit.
    pub last_hit: Option<Timestamp>,
    /// Hits in which a person decided differently in the same episode.
    pub overridden: u64,
    /// Hits in which our rejection was followed by another episode of the same order.
    pub bounced: u64,
    /// The first recorded decision that was made while the rule was in the file, if known. The rule is not blamed for
    /// the time before it.
    pub first_evaluated: Option<Timestamp>,
}
