//! One stay of an order in `pending`, and every move it can make. Pure: each move changes the value or says why it may not.

mod moves;
mod state;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

pub use moves::{MoveRefused, Seen};
pub use state::EpisodeState;

use super::{AccountName, AnswerState, OrderId, Target};

/// How long two reads that say `pending` must lie apart before an answer counts as not applied.
pub(super) const APART: SignedDuration = SignedDuration::from_secs(30);

/// After an answer whose outcome has to be read: how long to wait before each read, in seconds.
const READ_AFTER: [i64; 5] = [2, 5, 15, 30, 60];

/// One stay of an order in `pending`: opened by a read that said so, closed by one that says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// Our id.
    pub id: Uuid,
    /// The account whose order it is.
    pub account: AccountName,
    /// The order.
    pub order_id: OrderId,
    /// 1 for the first stay, 2 after the first bounce.
    pub number: i32,
    /// Where it stands.
    pub state: EpisodeState,
    /// When a read first said `pending`.
    pub opened_at: Timestamp,
    /// Our own clock for it, well before Telnyx's silence authorizes.
    pub decide_by: Timestamp,
    /// When `decide_by` was found to have passed without an answer.
    pub deadline_passed_at: Option<Timestamp>,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// The status that ended it, as Telnyx words it.
    pub ended_as: Option<String>,
    /// The decision in force.
    pub decision_id: Option<Uuid>,
    /// How far its answer has come.
    pub answer: AnswerState,
    /// The target of the last attempt, until another decision takes the place of one that was certainly not applied.
    pub sent_target: Option<Target>,
    /// Whether an attempt that has ended may have been applied: then no other target is ever sent for this episode.
    pub target_binds: bool,
    /// How many attempts were recorded.
    pub attempts: i32,
    /// How many reads followed the last attempt.
    pub reads: i32,
    /// The first read after the last attempt that said `pending`.
    pub pending_read_at: Option<Timestamp>,
    /// When a read showed our target.
    pub verified_at: Option<Timestamp>,
    /// What a person has to look at, as a sentence.
    pub trouble: Option<String>,
}

impl Episode {
    /// Opens the stay that a read has just shown.
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

    /// Whether the stay is a return to `pending`, which no machine may answer.
    #[must_use]
    pub fn is_bounce(&self) -> bool {
        self.number > 1
    }

    /// Whether the episode still may need something.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// Whether Telnyx may have applied our answer: an attempt is in progress, or ended without a definite refusal.
    #[must_use]
    pub fn may_be_applied(&self) -> bool {
        self.target_binds || self.answer == AnswerState::Sending
    }

    /// Whether an answer is decided that could still be sent, now or after further reads, so that what it rests on
    /// has to be compared with every read.
    #[must_use]
    pub fn is_answering(&self) -> bool {
        self.state == EpisodeState::Answering
            && matches!(self.answer, AnswerState::Waiting | AnswerState::Unknown)
    }

    /// Whether nobody has answered yet although somebody should.
    #[must_use]
    pub fn waits_for_somebody(&self) -> bool {
        self.is_open() && !matches!(self.state, EpisodeState::Answering | EpisodeState::Answered)
    }

    /// Whether the deadline has come with nothing sent and nobody told yet.
    #[must_use]
    pub fn deadline_is_due(&self, now: Timestamp) -> bool {
        self.is_open()
            && self.deadline_passed_at.is_none()
            && self.answer != AnswerState::Confirmed
            && now >= self.decide_by
    }

    /// Whether an answer may leave now: it is decided, and no earlier attempt can still take effect.
    #[must_use]
    pub fn may_send(&self, now: Timestamp) -> bool {
        self.state == EpisodeState::Answering
            && match self.answer {
                AnswerState::Waiting => true,
                AnswerState::Unknown => self.seen_pending_long_enough(now),
                _ => false,
            }
    }

    /// When the order should be read next, if nothing else happens before.
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
                // The read that tells whether it was applied is worth a look of its own.
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
