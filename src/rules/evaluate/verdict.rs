//! The result of evaluating the rules for an order.

use jiff::Timestamp;

use super::trace::{Outcome, Trace, TraceEntry};
use crate::domain::{Action, Cause};
use crate::rules::facts::fact::Fact;

/// The result of evaluating the rules for an order, and its trace.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Authorize, reject or hold.
    pub action: Action,
    /// The rule that decided. `None` if no rule decided, if a missing fact leaves it open, or if several rules could
    /// have decided with the same result.
    pub rule: Option<String>,
    /// The cause of a rejection. It never depends on a missing fact.
    pub cause: Option<Cause>,
    /// The reason that the rule gives for the rejection.
    pub reason: Option<String>,
    /// Whether messaging stays at Telnyx, if the rule sets it.
    pub host_messaging: Option<bool>,
    /// Who is to be notified.
    pub notify: Vec<String>,
    /// The missing facts that could have changed the action, and only those.
    pub unknown: Vec<Fact>,
    /// The shadow rules that match, or could match.
    pub shadow: Vec<ShadowVerdict>,
    /// The trace of the evaluation.
    pub trace: Trace,
}

/// What a rule in shadow mode would have decided.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ShadowVerdict {
    /// The rule's id.
    pub rule: String,
    /// The action that it would have taken.
    pub action: Action,
    /// The cause of its rejection.
    pub cause: Option<Cause>,
    /// `shadow-yes`, or `shadow-unknown` if a missing fact leaves it open.
    pub outcome: Outcome,
    /// Whether the order reached this rule. If not, a rule above it decided.
    pub reached: bool,
}

impl Verdict {
    /// The trace in words, one entry per rule.
    pub fn entries(&self) -> impl Iterator<Item = TraceEntry> {
        self.trace.entries()
    }

    /// The time of the evaluation.
    #[must_use]
    pub fn evaluated_at(&self) -> Timestamp {
        self.trace.now
    }

    /// Whether missing facts prevented a decision.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        !self.unknown.is_empty()
    }
}
