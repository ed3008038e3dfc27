//! The defaults of a rule file.

use crate::domain::words::word_enum;
use jiff::SignedDuration;

use crate::domain::Action;

/// What happens if no rule decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// The action if no rule decides. The default is hold.
    pub no_match: Action,
    /// The action if a missing fact could change the outcome. The default is hold; never authorize.
    pub on_unknown: Action,
    /// The deadline, counted from the order's `inserted_at`. The default is 20 hours; Telnyx authorizes after 24 to 48
    /// hours without an answer.
    pub decide_within: SignedDuration,
    /// What happens to an order that is still on hold then. The default is notify.
    pub at_decide_by: AtDecideBy,
}

word_enum! {
    /// What happens to an order that is still on hold at the deadline.
    pub enum AtDecideBy {
        /// People are notified; the order stays on hold.
        Notify,
        /// The order is authorized.
        Authorize,
        /// The order is rejected.
        Reject,
    }
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            no_match: Action::Hold,
            on_unknown: Action::Hold,
            decide_within: SignedDuration::from_hours(20),
            at_decide_by: AtDecideBy::Notify,
        }
    }
}
