use jiff::Timestamp;
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::trace::Outcome;
use super::trace::{Trace, TraceEntry};
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

    /// The verdict as one sentence, such as `reject by wrong-pin (pin-invalid)`.
    #[must_use]
    pub fn sentence(&self) -> String {
        crate::rules::text::sentence::of(self)
    }

    /// The present that it was judged at.
    #[must_use]
    pub fn judged_at(&self) -> Timestamp {
        self.trace.now
    }

    /// Whether missing facts kept the rules from deciding.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        !self.unknown.is_empty()
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut record = serializer.serialize_struct("Verdict", 10)?;
        record.serialize_field("action", &self.action)?;
        record.serialize_field("rule", &self.rule)?;
        record.serialize_field("cause", &self.cause)?;
        record.serialize_field("reason", &self.reason)?;
        record.serialize_field("host_messaging", &self.host_messaging)?;
        record.serialize_field("notify", &self.notify)?;
        record.serialize_field("sentence", &self.sentence())?;
        record.serialize_field("unknown", &self.unknown)?;
        record.serialize_field("shadow", &self.shadow)?;
        record.serialize_field("trace", &self.trace)?;
        record.end()
    }
}
