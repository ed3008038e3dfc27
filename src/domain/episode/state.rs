//! The states of an episode.

use crate::domain::words::word_enum;

word_enum! {
    /// Where one stay of an order in `pending` stands. Mirrored by the check constraint on `episodes.state`.
    pub enum EpisodeState {
        /// Known to be pending, not judged yet (or judged in shadow mode only).
        Open,
        /// Waits for a person, by a rule, by a bounce, or because no rule could decide.
        Held,
        /// A decision to answer is recorded; the answer is on its way.
        Answering,
        /// Telnyx confirmed our answer.
        Answered,
        /// Telnyx would not take our answer, or the order is gone: a person has to look.
        Stuck,
        /// The order left `pending` without an answer of ours.
        Overtaken,
    }
}
