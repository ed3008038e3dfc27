//! The verdict if a missing fact were known.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::rules::evaluate::verdict::Verdict;
use crate::rules::facts::words::named;

/// Some values of a missing fact, and the verdict for them.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The values: `wrong`, `in @trusted-carriers`, `> 10`, `anything else`.
    pub values: String,
    /// The verdict if the fact has one of these values.
    pub verdict: Verdict,
}

impl Answer {
    /// The verdict in words: `authorize by clean-port`, or the facts that it still depends on.
    #[must_use]
    pub fn verdict_text(&self) -> String {
        verdict_text(&self.verdict)
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut record = serializer.serialize_struct("Answer", 6)?;
        record.serialize_field("values", &self.values)?;
        record.serialize_field("action", &self.verdict.action)?;
        record.serialize_field("rule", &self.verdict.rule)?;
        record.serialize_field("cause", &self.verdict.cause)?;
        record.serialize_field("unknown", &self.verdict.unknown)?;
        record.serialize_field("sentence", &self.verdict_text())?;
        record.end()
    }
}

pub(super) fn verdict_text(verdict: &Verdict) -> String {
    if verdict.is_undecided() {
        format!("still depends on {}", named(&verdict.unknown))
    } else {
        verdict.sentence()
    }
}
