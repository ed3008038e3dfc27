//! A recorded order with its facts, for a backtest.

use jiff::Timestamp;

use crate::domain::{AccountName, Action, Cause, OrderId};
use crate::rules::facts::known::Facts;

/// One stay of an order in `pending` as it was judged, or as it came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The account whose order it is.
    pub account: AccountName,
    /// The order.
    pub order_id: OrderId,
    /// The order's `PO_…` key.
    pub support_key: Option<String>,
    /// Which stay of the order in `pending`: from 2 on it is a return, which no machine answers.
    pub episode: i32,
    /// When it was decided, or came: the rules are asked as of then.
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
    /// What the rules in force said.
    ByRules {
        /// What was decided.
        action: Action,
        /// The rule that decided; `None` where none did.
        rule: Option<String>,
        /// The ground of a rejection.
        cause: Option<Cause>,
    },
    /// How the order came out at Telnyx, judged by no rules; `None` where it was neither let go nor refused.
    AtTelnyx(Option<Action>),
}

/// What became of a stay after it was judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Became {
    /// Our rejection was followed by a further stay of the same order.
    pub bounced: bool,
    /// A person decided otherwise than the rules' authorize or reject.
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

    /// The rule that decided, where one did.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::ByRules { rule, .. } => rule.as_deref(),
            Self::AtTelnyx(_) => None,
        }
    }
}
