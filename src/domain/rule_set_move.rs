//! What can happen to a rule set.

use strum::{AsRefStr, Display, EnumString};

/// What becomes of a rule set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, AsRefStr, EnumString, serde::Serialize)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum RuleSetMove {
    /// It judges from now on.
    InForce,
    /// It judges beside the rules in force, and is never acted on.
    Shadow,
    /// It waits until another person approves it.
    Proposed,
    /// Another person than the one who proposed it wants it in force.
    Approved,
}
