//! Episodes: one period in which an order is pending, with every move it can make. Pure: each move changes the value or
//! returns why it may not.

mod moves;
mod state;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

pub use moves::{MoveRefused, Seen};
pub use state::EpisodeState;

use super::{AccountName, AnswerState, OrderId, Target};

/// The minimum time between two reads that show `pending` before an answer counts as not applied.
pub(super) const APART: SignedDuration = SignedDuration::from_secs(30);

/// How long to wait before each read after an answer whose outcome has to be read, in seconds.
const READ_AFTER: [i64; 5] = [2, 5, 15, 30, 60];

/// One period in which an order is pending. A read that shows `pending` opens it, and a read of another status closes
/// it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// The episode's ID.
    pub id: Uuid,
    /// The account whose order it is.
    pub account: AccountName,
    /// The order.
    pub order_id: OrderId,
    /// 1 for the first episode of the order, 2 after the first bounce.
    pub number: i32,
    /// The state.
    pub state: EpisodeState,
    /// When a read first showed `pending`.
    pub opened_at: Timestamp,
    /// Our own deadline, well before silence authorizes the order.
    pub decide_by: Timestamp,
    /// When `decide_by` was found to have passed without an answer.
    pub deadline_passed_at: Option<Timestamp>,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// The status that ended it, as Telnyx wrote it.
    pub ended_as: Option<String>,
    /// The current decision.
    pub decision_id: Option<Uuid>,
    /// The state of its answer.
    pub answer: AnswerState,
    /// The target of the last attempt, until another decision replaces one that was certainly not applied.
    pub sent_target: Option<Target>,
    /// Whether an attempt that has ended may have been applied. If so, no other target is ever sent for this episode.
    pub target_binds: bool,
    /// The number of recorded attempts.
    pub attempts: i32,
    /// The number of reads since the last attempt.
    pub reads: i32,
    /// When the first read after the last attempt showed `pending`.
    pub pending_read_at: Option<Timestamp>,
    /// When a read showed our target.
    pub verified_at: Option<Timestamp>,
    /// What requires a person's attention, as a sentence.
    pub trouble: Option<String>,
}

impl Episode {
    /// Opens the episode that a read has just shown.
    #[must_use]
    pub fn open(
        id: Uuid,
        account: AccountName,
        order_id: OrderId,
        number: i32,
        now: Timestamp,
        decide_by: Timestamp,
    ) -> Self {
        Self {
            id,
            account,
            order_id,
            number,
            state: EpisodeState::Open,
            opened_at: now,
            decide_by,
            deadline_passed_at: None,
            closed_at: None,
            ended_as: None,
            decision_id: None,
            answer: AnswerState::None,
            sent_target: None,
            target_binds: false,
            attempts: 0,
            reads: 0,
            pending_read_at: None,
            verified_at: None,
            trouble: None,
        }
    }

    /// Returns whether the order has returned to `pending`. Only a person may answer such an order.
    #[must_use]
    pub fn is_bounce(&self) -> bool {
        self.number > 1
    }

    /// Returns whether the episode may still require an action.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// Returns whether Telnyx may have applied our answer: an attempt is in progress, or ended without a definite
    /// refusal.
    #[must_use]
    pub fn may_be_applied(&self) -> bool {
        self.target_binds || self.answer == AnswerState::Sending
    }

    /// Returns whether an answer is decided that could still be sent, now or after further reads. If so, its grounds
    /// have to be compared with every read.
    #[must_use]
    pub fn is_answering(&self) -> bool {
        self.state == EpisodeState::Answering
            && matches!(self.answer, AnswerState::Waiting | AnswerState::Unknown)
    }

    /// Returns whether an answer is still required.
    #[must_use]
    pub fn waits_for_somebody(&self) -> bool {
        self.is_open() && !matches!(self.state, EpisodeState::Answering | EpisodeState::Answered)
    }

    /// Returns whether the deadline has passed with nothing sent and no alarm raised.
    #[must_use]
    pub fn deadline_is_due(&self, now: Timestamp) -> bool {
        self.is_open()
            && self.deadline_passed_at.is_none()
            && self.answer != AnswerState::Confirmed
            && now >= self.decide_by
    }

    /// Returns whether an answer may be sent now: it is decided, and no earlier attempt can still take effect.
    #[must_use]
    pub fn may_send(&self, now: Timestamp) -> bool {
        self.state == EpisodeState::Answering
            && match self.answer {
                AnswerState::Waiting => true,
                AnswerState::Unknown => self.seen_pending_long_enough(now),
                _ => false,
            }
    }

    /// Returns when to read the order next if nothing else wakes it.
    #[must_use]
    pub fn next_processing(&self, now: Timestamp) -> Option<Timestamp> {
        if !self.is_open() {
            return None;
        }
        match (self.state, self.answer) {
            (EpisodeState::Answering, AnswerState::Waiting) => Some(now),
            (EpisodeState::Answering, _) => {
                let step = usize::try_from(self.reads).unwrap_or(0).min(READ_AFTER.len() - 1);
                let seconds = READ_AFTER.get(step).copied().unwrap_or(60);
                let next = now.checked_add(SignedDuration::from_secs(seconds)).ok();
                // The read that shows whether the answer was applied is always scheduled.
                let telling = self
                    .pending_read_at
                    .and_then(|first| first.checked_add(APART).ok());
                next.into_iter().chain(telling.filter(|at| *at > now)).min()
            }
            _ if self.deadline_passed_at.is_none() => Some(self.decide_by.max(now)),
            _ => None,
        }
    }

    fn seen_pending_long_enough(&self, now: Timestamp) -> bool {
        self.pending_read_at
            .is_some_and(|first| first.duration_until(now) >= APART)
    }
}
