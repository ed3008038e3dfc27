//! The result of a candidate for one case, compared with the recorded decision.

use strum::{AsRefStr, Display, EnumIter, IntoEnumIterator};

use super::{Baseline, Case};
use crate::domain::{Action, Cause};
use crate::rules::facts::fact::Fact;
use crate::rules::model::rule_set::RuleSet;

/// The result of a candidate for a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseOutcome {
    /// What it would decide.
    pub action: Action,
    /// The rule that would.
    pub rule: Option<String>,
    /// The cause of a rejection.
    pub cause: Option<Cause>,
    /// The facts that were not recorded and could have changed the outcome.
    pub unknown: Vec<Fact>,
    /// Whether the decision differs from the old one.
    pub change: Change,
    /// Why the case deserves attention.
    pub buckets: Vec<Bucket>,
}

/// How the candidate's decision differs from the old one. Another rule with the same decision is no change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Display, AsRefStr, serde::Serialize)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// No difference, or there is no old decision.
    None,
    /// Another action.
    Action,
    /// Still a rejection, but with another cause.
    Cause,
}

/// Why a case deserves attention, whether it changes or not.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Display, AsRefStr, EnumIter, serde::Serialize,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Bucket {
    /// Our rejection bounced.
    Bounced,
    /// A person decided differently.
    Overridden,
    /// Nobody answered, and Telnyx authorized the order.
    BySilence,
    /// The candidate's decision depends on a fact that was not recorded.
    NeedsFact,
}

impl Bucket {
    /// Every bucket, in the order of the report.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// The reason in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Bounced => "bounced",
            Self::Overridden => "overridden by a person",
            Self::BySilence => "authorized without an answer",
            Self::NeedsFact => "needs a fact that was not recorded",
        }
    }
}

impl CaseOutcome {
    /// Evaluates a case as the service would have: a bounced order is held, whatever the rules say.
    pub(super) fn of(rules: &RuleSet, case: &Case) -> Self {
        let verdict = rules.evaluate(&case.facts, case.decided_at);
        let mut case_outcome = Self {
            action: verdict.action,
            rule: verdict.rule,
            cause: verdict.cause,
            unknown: verdict.unknown,
            change: Change::None,
            buckets: Vec::new(),
        };
        if case.is_return() {
            case_outcome.hold_return();
        }
        case_outcome.change = case_outcome.change_from(&case.old);
        case_outcome.buckets = case_outcome.buckets_of(case);
        case_outcome
    }

    /// Only a person answers a bounced order, so missing facts do not change the result either.
    fn hold_return(&mut self) {
        self.unknown.clear();
        if self.action != Action::Hold {
            (self.action, self.rule, self.cause) = (Action::Hold, None, None);
        }
    }

    fn change_from(&self, old: &Baseline) -> Change {
        match old {
            Baseline::ByRules { action, .. } | Baseline::AtTelnyx(Some(action)) if *action != self.action => {
                Change::Action
            }
            Baseline::ByRules { cause, .. } if *cause != self.cause => Change::Cause,
            _ => Change::None,
        }
    }

    fn buckets_of(&self, case: &Case) -> Vec<Bucket> {
        let became = case.became;
        let holds = |bucket: &Bucket| match bucket {
            Bucket::Bounced => became.bounced,
            Bucket::Overridden => became.overridden,
            Bucket::BySilence => became.by_silence,
            Bucket::NeedsFact => !self.unknown.is_empty(),
        };
        Bucket::all().filter(holds).collect()
    }
}
