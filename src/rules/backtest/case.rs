//! A recorded order with its facts, for a backtest.

use jiff::Timestamp;

use crate::domain::{AccountName, Action, Cause, OrderId};
use crate::rules::facts::known::Facts;

/// One episode of an order, with the recorded verdict or Telnyx's result.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The account whose order it is.
    pub account: AccountName,
    /// The order.
    pub order_id: OrderId,
    /// The order's `PO_…` key.
    pub support_key: Option<String>,
    /// The number of the episode: from 2 on it is a bounced rejection, which only a person answers.
    pub episode: i32,
    /// When it was decided or arrived. The rules are evaluated as of this time.
    pub decided_at: Timestamp,
    /// What was known then.
    pub facts: Facts,
    /// What the candidate is compared with.
    pub old: Baseline,
    /// What became of it.
    pub became: Became,
}

/// What a candidate is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Baseline {
    /// The verdict of the rules that were active.
    ByRules {
        /// What was decided.
        action: Action,
        /// The rule that decided; `None` if none did.
        rule: Option<String>,
        /// The cause of a rejection.
        cause: Option<Cause>,
    },
    /// The result of the order at Telnyx, without a recorded verdict; `None` if it was neither authorized nor rejected.
    AtTelnyx(Option<Action>),
}

/// What happened after the decision in an episode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Became {
    /// Our rejection was followed by another episode of the same order.
    pub bounced: bool,
    /// A person decided differently than the rules' authorize or reject.
    pub overridden: bool,
    /// It ended authorized, and nothing was sent by us.
    pub by_silence: bool,
}

impl Case {
    /// What people call the order: its `PO_…` key, or else its id.
    #[must_use]
    pub fn name(&self) -> &str {
        self.support_key.as_deref().unwrap_or(self.order_id.as_str())
    }

    pub(super) fn is_return(&self) -> bool {
        self.episode > 1
    }
}

impl Baseline {
    /// The old action, if there is one.
    #[must_use]
    pub fn action(&self) -> Option<Action> {
        match self {
            Self::ByRules { action, .. } => Some(*action),
            Self::AtTelnyx(action) => *action,
        }
    }

    /// The rule that decided, if one did.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::ByRules { rule, .. } => rule.as_deref(),
            Self::AtTelnyx(_) => None,
        }
    }
}
