//! The defaults of a rule file.

use jiff::SignedDuration;
use strum::{AsRefStr, Display, EnumString, VariantNames};

use crate::domain::Action;

/// What holds where no rule says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// When no rule decides. Default: hold.
    pub no_match: Action,
    /// When a missing fact could change the outcome. Default: hold. Never authorize.
    pub on_unknown: Action,
    /// Our clock, from the order's `inserted_at`. Default: 20 hours; Telnyx authorizes by silence after 24 to 48.
    pub decide_within: SignedDuration,
    /// For what is still on hold then. Default: notify.
    pub at_decide_by: AtDecideBy,
}

/// What happens to an order that is still on hold when the time to decide is over.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Display,
    AsRefStr,
    EnumString,
    VariantNames,
    serde::Serialize,
    strum::EnumMessage,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum AtDecideBy {
    /// People are told; the order stays on hold.
    Notify,
    /// The order is authorized.
    Authorize,
    /// The order is rejected.
    Reject,
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
