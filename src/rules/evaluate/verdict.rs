//! What the rules say of an order.

use jiff::Timestamp;

use super::trace::{Outcome, Trace, TraceEntry};
use crate::domain::{Action, Cause};
use crate::rules::facts::fact::Fact;

/// What the rules say of an order, and why.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Authorize, reject or hold.
    pub action: Action,
    /// The rule that decided. None where no rule did, where a missing fact keeps it open, or where several rules could
    /// have and all say the same.
    pub rule: Option<String>,
    /// The neutral ground of a rejection. Certain: never one that hangs on a missing fact.
    pub cause: Option<Cause>,
    /// The text that the rule gives for the rejection.
    pub reason: Option<String>,
    /// Whether messaging stays at Telnyx, where the rule says.
    pub host_messaging: Option<bool>,
    /// Who is to be told.
    pub notify: Vec<String>,
    /// The missing facts that could have changed the action, and only those.
    pub unknown: Vec<Fact>,
    /// The shadow rules that hold, or could.
    pub shadow: Vec<ShadowVerdict>,
    /// How it came about.
    pub trace: Trace,
}

/// What a rule in shadow would have said.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ShadowVerdict {
    /// The rule's id.
    pub rule: String,
    /// What it would have said.
    pub action: Action,
    /// The cause it would have named.
    pub cause: Option<Cause>,
    /// `shadow-yes`, or `shadow-unknown` where a missing fact keeps it open.
    pub outcome: Outcome,
    /// Whether the order came as far as this rule: if not, a rule above it decided.
    pub reached: bool,
}

impl Verdict {
    /// The trace in words, a rule after the other.
    pub fn entries(&self) -> impl Iterator<Item = TraceEntry> {
        self.trace.entries()
    }

    /// The present that it was judged at.
    #[must_use]
    pub fn evaluated_at(&self) -> Timestamp {
        self.trace.now
    }

    /// Whether missing facts kept the rules from deciding.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        !self.unknown.is_empty()
    }
}
