//! What can happen to a rule set.

use strum::{AsRefStr, Display, EnumString};

/// An event in the history of a rule set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, AsRefStr, EnumString, serde::Serialize)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum RuleSetMove {
    /// It is active from now on.
    InForce,
    /// It is evaluated in shadow mode and never acted on.
    Shadow,
    /// It waits for another person's approval.
    Proposed,
    /// Another person than its proposer approves it.
    Approved,
}
