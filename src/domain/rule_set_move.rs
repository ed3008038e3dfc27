//! What can happen to a rule set.

use crate::domain::words::word_enum;

word_enum! {
    /// An event in the history of a rule set.
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
}
