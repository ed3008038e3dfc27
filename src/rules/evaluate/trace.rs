//! The trace of a verdict, rule by rule.

use crate::domain::words::word_enum;
use jiff::Timestamp;
use serde::ser::{Serialize, SerializeSeq, Serializer};

use crate::domain::Action;
use crate::rules::facts::context::EvalContext;
use crate::rules::facts::fact::Fact;
use crate::rules::facts::known::Facts;
use crate::rules::facts::words::{listed_numbers, plain_value};
use crate::rules::model::condition::Condition;
use crate::rules::model::expected::Wanted;
use crate::rules::model::rule::RuleMode;
use crate::rules::model::rule_set::RuleSet;
use crate::rules::values::duration;

word_enum! {
    /// The result of one rule.
    pub enum Outcome {
        /// Its `match` holds and its `unless` does not.
        Yes,
        /// A condition of its `match` does not hold.
        No,
        /// A condition of its `unless` holds.
        Unless,
        /// A missing fact keeps it open.
        Unknown,
        /// Switched off in the file.
        Off,
        /// The rule has expired.
        Expired,
        /// A rule above it had decided.
        NotReached,
        /// In shadow: would have decided.
        ShadowYes,
        /// In shadow: a condition of its `match` does not hold.
        ShadowNo,
        /// In shadow: a condition of its `unless` holds.
        ShadowUnless,
        /// In shadow: a missing fact keeps it open.
        ShadowUnknown,
    }
}

/// The trace of a verdict, as indexes into the rule set. Text is created only when it is read.
#[derive(Debug, Clone)]
pub struct Trace {
    pub(crate) rules: RuleSet,
    pub(crate) facts: Facts,
    pub(crate) now: Timestamp,
    pub(crate) steps: Vec<Step>,
}

/// The outcome of the rule with the same index, and the condition that determined it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) outcome: Outcome,
    pub(crate) condition: Option<u16>,
}

/// One rule of a trace in words.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TraceEntry {
    /// The rule's id.
    pub rule: String,
    /// Whether it is acted on.
    pub mode: RuleMode,
    /// Its action.
    pub action: Action,
    /// The result.
    pub outcome: Outcome,
    /// The first condition that determined the result: it failed, it excluded the order, or its fact is unknown.
    pub condition: Option<String>,
    /// Whether that condition is in `unless`; left out if it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unless: bool,
    /// The values that the condition expects.
    pub wanted: Option<Wanted>,
    /// What the fact was, invisible characters escaped; absent when it was unknown.
    pub was: Option<String>,
}

impl Outcome {
    /// The outcome as a shadow rule has it.
    pub(crate) fn in_shadow(self) -> Self {
        match self {
            Self::Yes => Self::ShadowYes,
            Self::No => Self::ShadowNo,
            Self::Unless => Self::ShadowUnless,
            Self::Unknown => Self::ShadowUnknown,
            other => other,
        }
    }
}

impl Trace {
    /// The trace in words, a rule after the other.
    pub fn entries(&self) -> impl Iterator<Item = TraceEntry> {
        let context = self.rules.eval_context(&self.facts, self.now);
        self.rules
            .rules()
            .iter()
            .zip(&self.steps)
            .map(move |(rule, step)| {
                let condition = step.condition.and_then(|at| rule.condition(at.into()));
                TraceEntry {
                    rule: rule.id.clone(),
                    mode: rule.mode,
                    action: rule.consequence.action,
                    outcome: step.outcome,
                    condition: condition.map(|condition| condition.key.to_owned()),
                    unless: step
                        .condition
                        .is_some_and(|at| usize::from(at) >= rule.matching.len()),
                    wanted: condition.map(|condition| Wanted::of(&condition.expected)),
                    was: condition.and_then(|condition| was(condition, &context)),
                }
            })
    }
}

impl Serialize for Trace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.steps.len()))?;
        for entry in self.entries() {
            seq.serialize_element(&entry)?;
        }
        seq.end()
    }
}

/// What the fact of a condition was, in words.
fn was(condition: &Condition, context: &EvalContext<'_>) -> Option<String> {
    match condition.fact {
        Fact::PhoneNumbers => context.facts.phone_numbers.as_ref().map(listed_numbers),
        Fact::NumbersCount => context.facts.count_of_numbers().map(|count| count.to_string()),
        Fact::FocIn => context.facts.time_to_foc(context.now).map(duration::format),
        Fact::BusinessHours => context.flag(Fact::BusinessHours).map(|open| open.to_string()),
        fact => context.facts.get(fact).as_ref().map(plain_value),
    }
}
