//! A checked rule.

use crate::domain::words::word_enum;

use super::condition::Condition;
use crate::domain::{Action, Cause};
use crate::rules::lists::expiry::Expiry;

word_enum! {
    /// Whether a rule decides.
    #[derive(Default)]
    pub enum RuleMode {
        /// The rule decides.
        #[default]
        Enforce,
        /// Evaluated and recorded beside the real verdict, but never decides.
        Shadow,
        /// Not evaluated.
        Off,
    }
}

/// A checked rule.
#[derive(Debug, Clone)]
pub struct Rule {
    pub(crate) id: String,
    pub(crate) about: Option<String>,
    pub(crate) mode: RuleMode,
    pub(crate) until: Expiry,
    pub(crate) matching: Vec<Condition>,
    pub(crate) unless: Vec<Condition>,
    pub(crate) consequence: Consequence,
}

/// What a rule does when it decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Consequence {
    pub(crate) action: Action,
    pub(crate) cause: Option<Cause>,
    pub(crate) reason: Option<String>,
    pub(crate) host_messaging: Option<bool>,
    pub(crate) notify: Vec<String>,
}

impl Rule {
    /// The rule's id in decisions, traces and tests.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The purpose of the rule, in its author's words.
    #[must_use]
    pub fn about(&self) -> Option<&str> {
        self.about.as_deref()
    }

    /// Whether it decides.
    #[must_use]
    pub fn mode(&self) -> RuleMode {
        self.mode
    }

    /// The action for an order that it decides.
    #[must_use]
    pub fn action(&self) -> Action {
        self.consequence.action
    }

    /// The cause of the rejection, if the rule rejects.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        self.consequence.cause
    }

    /// Who is notified when it decides.
    #[must_use]
    pub fn notify(&self) -> &[String] {
        &self.consequence.notify
    }

    /// A condition by its index; the conditions of `match` come first.
    pub(crate) fn condition(&self, at: usize) -> Option<&Condition> {
        match at.checked_sub(self.matching.len()) {
            None => self.matching.get(at),
            Some(at) => self.unless.get(at),
        }
    }
}
