//! The states of an episode.

use crate::domain::words::word_enum;

word_enum! {
    /// The state of an episode. The check constraint on `episodes.state` lists the same values.
    pub enum EpisodeState {
        /// The order is pending and not evaluated yet, or evaluated in shadow mode only.
        Open,
        /// The order waits for a person: because of a rule, because it bounced, or because no rule could decide.
        Held,
        /// A decision to answer is recorded, and the answer is being sent.
        Answering,
        /// Telnyx confirmed our answer.
        Answered,
        /// Telnyx does not accept our answer, or the order was not found: a person has to check it.
        Stuck,
        /// The order left `pending` without our answer.
        Overtaken,
    }
}
