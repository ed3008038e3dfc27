//! The report of a backtest.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Bucket, Change, Tally};
use crate::domain::Action;
use crate::rules::facts::fact::Fact;

/// What a candidate would have changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// The number of evaluated cases.
    pub judged: u64,
    /// The number of cases whose decision changes: another action, or a rejection with another cause.
    pub changed: u64,
    /// The number of cases that could not be evaluated, because the recorded facts cannot be read.
    pub unreadable: u64,
    /// The number of cases for each old and new action, including unchanged ones.
    pub moves: Vec<Move>,
    /// The cases that deserve attention; every bucket, including empty ones.
    pub buckets: Vec<BucketReport>,
    /// The facts that were not recorded and that the candidate's decision depends on, with the number of cases.
    pub missing_facts: BTreeMap<Fact, u64>,
    /// What each rule decided and would decide: the candidate's rules in their order, then rules that only appear in
    /// recorded decisions, then no rule.
    pub rules: Vec<RuleDifference>,
}

/// The cases with the same old and new action.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Move {
    /// The old action; `None` if the order was neither authorized nor rejected.
    pub from: Option<Action>,
    /// The candidate's.
    pub to: Action,
    /// Whether that is a changed decision.
    pub change: Change,
    /// Which orders.
    #[serde(flatten)]
    pub orders: Tally,
}

/// The cases of one bucket.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BucketReport {
    /// Which.
    pub bucket: Bucket,
    /// Which orders.
    #[serde(flatten)]
    pub orders: Tally,
    /// The number of them whose decision changes.
    pub changed: u64,
    /// How they move.
    pub moves: Vec<Move>,
}

/// What one rule decided, and would decide.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RuleDifference {
    /// The rule; none for what no rule decides.
    pub rule: Option<String>,
    /// Whether the candidate has it.
    pub in_candidate: bool,
    /// How many cases it decided.
    pub old_hits: u64,
    /// How many it would decide.
    pub new_hits: u64,
    /// Those that it would decide and did not.
    pub gained: Tally,
    /// Those that it decided and would not.
    pub lost: Tally,
}

impl Move {
    /// Whether the answer changes.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.change != Change::None
    }

    /// The old action as a word.
    #[must_use]
    pub fn old(&self) -> String {
        self.from.map_or("none".to_owned(), |action| action.to_string())
    }

    /// The candidate's answer in words: `hold`, `reject with another cause`.
    #[must_use]
    pub fn new_answer(&self) -> String {
        let cause = if self.change == Change::Cause {
            " with another cause"
        } else {
            ""
        };
        format!("{}{cause}", self.to)
    }

    /// `authorize → hold`.
    #[must_use]
    pub fn arrow(&self) -> String {
        format!("{} → {}", self.old(), self.new_answer())
    }
}

impl RuleDifference {
    /// Whether it would decide different cases.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.gained.count + self.lost.count > 0
    }
}

impl Report {
    /// The report in a few lines, for the person who approves the candidate.
    #[must_use]
    pub fn summary_lines(&self) -> Vec<String> {
        let mut lines = vec![self.headline()];
        let changes = self.moves.iter().filter(|one| one.is_change());
        lines.extend(changes.map(|one| line(&one.arrow(), &one.orders)));
        let found = self.buckets.iter().filter(|bucket| bucket.orders.count > 0);
        lines.extend(found.map(|bucket| bucket_line(bucket, &self.missing_facts)));
        if self.unreadable > 0 {
            lines.push(format!(
                "not evaluated, because the recorded facts cannot be read: {}",
                self.unreadable
            ));
        }
        lines
    }

    /// `812 orders evaluated, 17 decisions change`.
    #[must_use]
    pub fn headline(&self) -> String {
        let changed = match self.changed {
            0 => "no decision changes".to_owned(),
            1 => "1 decision changes".to_owned(),
            many => format!("{many} decisions change"),
        };
        let evaluated = match self.judged {
            1 => "1 order evaluated".to_owned(),
            many => format!("{many} orders evaluated"),
        };
        format!("{evaluated}, {changed}")
    }
}

fn line(what: &str, orders: &Tally) -> String {
    format!("{what}: {} ({})", orders.count, orders.listed(3))
}

fn bucket_line(bucket: &BucketReport, missing: &BTreeMap<Fact, u64>) -> String {
    let mut text = line(bucket.bucket.words(), &bucket.orders);
    if bucket.bucket == Bucket::NeedsFact {
        let facts: Vec<String> = missing
            .iter()
            .map(|(fact, count)| format!("{fact} {count}"))
            .collect();
        let _ = write!(text, "; {}", facts.join(", "));
    } else if bucket.changed > 0 {
        let _ = write!(text, ", {} of them with a changed decision", bucket.changed);
    }
    text
}
