//! What can happen to a rule set.

use crate::domain::words::word_enum;

word_enum! {
    /// What becomes of a rule set.
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
}
