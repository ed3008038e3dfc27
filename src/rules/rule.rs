use strum::{AsRefStr, Display, EnumString, VariantNames};

use super::condition::Condition;
use super::list::Until;
use crate::domain::{Action, Cause};

/// Whether a rule is acted on.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Default,
    Display,
    AsRefStr,
    EnumString,
    VariantNames,
    serde::Serialize,
    serde::Deserialize,
    strum::EnumMessage,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum RuleMode {
    /// Decides.
    #[default]
    Enforce,
    /// Evaluated, recorded, shown beside the real verdict, never acted on.
    Shadow,
    /// Not evaluated.
    Off,
}

/// A checked rule.
#[derive(Debug, Clone)]
pub struct Rule {
    pub(super) id: String,
    pub(super) about: Option<String>,
    pub(super) mode: RuleMode,
    pub(super) until: Until,
    pub(super) matching: Vec<Condition>,
    pub(super) unless: Vec<Condition>,
    pub(super) consequence: Consequence,
}

/// What a rule does when it decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Consequence {
    pub(super) action: Action,
    pub(super) cause: Option<Cause>,
    pub(super) reason: Option<String>,
    pub(super) host_messaging: Option<bool>,
    pub(super) notify: Vec<String>,
}

impl Rule {
    /// The rule's name in traces, records and tests.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the rule is there for, in its author's words.
    #[must_use]
    pub fn about(&self) -> Option<&str> {
        self.about.as_deref()
    }

    /// Whether it is acted on.
    #[must_use]
    pub fn mode(&self) -> RuleMode {
        self.mode
    }

    /// What it says of an order that it decides.
    #[must_use]
    pub fn action(&self) -> Action {
        self.consequence.action
    }

    /// The cause that a rejecting rule names.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        self.consequence.cause
    }

    /// Who is told when it decides.
    #[must_use]
    pub fn notify(&self) -> &[String] {
        &self.consequence.notify
    }

    /// A condition by its place, those of `match` counted first.
    pub(super) fn condition(&self, at: usize) -> Option<&Condition> {
        match at.checked_sub(self.matching.len()) {
            None => self.matching.get(at),
            Some(at) => self.unless.get(at),
        }
    }
}
