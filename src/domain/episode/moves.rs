//! The moves of an episode, and the errors of refused moves.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Episode, EpisodeState};
use crate::domain::{Action, AnswerState, DecidedBy, Mode, OrderStatus, Outcome, Target};

/// Why a move is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoveRefused {
    /// The episode is closed.
    #[error("the order has left `pending`: it is {0} at Telnyx")]
    Closed(String),
    /// The other target was sent before.
    #[error(
        "`{0}` was already sent to Telnyx in this episode of the order, and no other answer can be sent: resolve it in the Telnyx portal"
    )]
    OtherTargetSent(Target),
    /// An answer is being sent.
    #[error("`{0}` is being sent to Telnyx now")]
    AlreadySending(Target),
    /// Only a person may answer a bounced order.
    #[error("Telnyx returned the order to pending, so a person must answer it")]
    NeedsPerson,
    /// There is no decision that could be sent.
    #[error("there is no decision to send")]
    NothingToSend,
}

/// What a read of the order shows about its episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing new.
    Same,
    /// Telnyx shows our target.
    Verified,
    /// The order left `pending` through someone else's action, or was withdrawn.
    Overtaken,
    /// The order's final status differs from the answer that was sent.
    Conflict,
    /// Our answer was shown or confirmed, and the order is pending again: the next episode begins.
    Bounced,
    /// Telnyx shows an unknown status.
    UnknownStatus,
}

impl Episode {
    /// Applies a read of the order.
    pub fn see(&mut self, status: &OrderStatus, now: Timestamp) -> Seen {
        if *status == OrderStatus::Pending {
            return self.see_pending(now);
        }
        if let Some(trouble) = status.trouble() {
            self.reads = self.reads.saturating_add(1);
            self.trouble = Some(trouble);
            return Seen::UnknownStatus;
        }
        self.ended_as = Some(status.to_string());
        self.closed_at = Some(now);
        match self.sent_target {
            Some(target) if shows(status, target) => {
                self.state = EpisodeState::Answered;
                self.answer = AnswerState::Confirmed;
                self.verified_at = Some(now);
                self.trouble = None;
                Seen::Verified
            }
            Some(_) if self.may_be_applied() && *status != OrderStatus::Canceled => {
                self.state = EpisodeState::Overtaken;
                self.answer = AnswerState::Conflict;
                self.trouble = Some(format!(
                    "the answer sent was different, but Telnyx shows `{status}`"
                ));
                Seen::Conflict
            }
            _ => {
                self.state = EpisodeState::Overtaken;
                Seen::Overtaken
            }
        }
    }

    fn see_pending(&mut self, now: Timestamp) -> Seen {
        let after_attempt = matches!(self.answer, AnswerState::Unknown | AnswerState::Confirmed);
        if !after_attempt {
            return Seen::Same;
        }
        self.reads = self.reads.saturating_add(1);
        // A confirmed answer and a pending order: either the read is stale, or the order bounced. A later read shows
        // which.
        if self.answer == AnswerState::Confirmed && self.seen_pending_long_enough(now) {
            self.state = EpisodeState::Answered;
            self.closed_at = Some(now);
            self.ended_as = Some(OrderStatus::Pending.to_string());
            return Seen::Bounced;
        }
        // A first read in the future means that the clock was set back, so the time counts from now on.
        let first = self.pending_read_at.filter(|first| *first <= now);
        self.pending_read_at = Some(first.unwrap_or(now));
        Seen::Same
    }

    /// Makes a decision the current one. In shadow mode nothing is sent for it.
    pub fn decide(
        &mut self,
        decision: Uuid,
        by: DecidedBy,
        action: Action,
        mode: Mode,
    ) -> Result<(), MoveRefused> {
        self.may_decide(by, action)?;
        if !self.may_be_applied() {
            // Nothing was applied, so the next decision may have the other target or none.
            self.sent_target = None;
        }
        self.decision_id = Some(decision);
        (self.state, self.answer) = match (action.target(), mode) {
            (None, _) => (EpisodeState::Held, AnswerState::None),
            (Some(_), Mode::Shadow) => (EpisodeState::Open, AnswerState::None),
            (Some(_), Mode::Enforce) => (EpisodeState::Answering, AnswerState::Waiting),
        };
        self.trouble = None;
        Ok(())
    }

    /// Checks whether a decision could become the current one now.
    pub fn may_decide(&self, by: DecidedBy, action: Action) -> Result<(), MoveRefused> {
        if let Some(closed) = self.closed_at {
            let ended = self.ended_as.clone().unwrap_or_else(|| closed.to_string());
            return Err(MoveRefused::Closed(ended));
        }
        // INVARIANT: the service never rejects a bounced order again, and does nothing else to it.
        if self.is_bounce() && by != DecidedBy::Person && action != Action::Hold {
            return Err(MoveRefused::NeedsPerson);
        }
        // INVARIANT: at most one target per episode may ever be applied. Once one may have been applied, only a person
        // can repeat it, and only after the answer is stuck.
        match self.sent_target.filter(|_| self.may_be_applied()) {
            Some(sent) if Some(sent) != action.target() => Err(MoveRefused::OtherTargetSent(sent)),
            Some(sent) if self.state != EpisodeState::Stuck || by != DecidedBy::Person => {
                Err(MoveRefused::AlreadySending(sent))
            }
            _ => Ok(()),
        }
    }

    /// Records that an attempt is about to be made, and returns its number. Commit this before the call.
    pub fn start_attempt(&mut self, target: Target, now: Timestamp) -> Result<i32, MoveRefused> {
        if !self.is_open() || !self.may_send(now) {
            return Err(MoveRefused::NothingToSend);
        }
        if let Some(sent) = self.sent_target.filter(|sent| *sent != target) {
            return Err(MoveRefused::OtherTargetSent(sent));
        }
        self.sent_target = Some(target);
        self.attempts = self.attempts.saturating_add(1);
        self.answer = AnswerState::Sending;
        self.reads = 0;
        self.pending_read_at = None;
        Ok(self.attempts)
    }

    /// Applies the outcome of an attempt. `same_before` is the number of earlier attempts of this episode with the same
    /// outcome.
    pub fn end_attempt(&mut self, outcome: Outcome, same_before: i64) {
        self.target_binds |= outcome.may_be_applied();
        self.answer = match outcome {
            Outcome::Confirmed => AnswerState::Confirmed,
            Outcome::Unknown => AnswerState::Unknown,
            Outcome::Unsent | Outcome::Limited | Outcome::AccountTrouble => AnswerState::Waiting,
            Outcome::Refused | Outcome::NotFound if same_before == 0 => AnswerState::Waiting,
            Outcome::Refused | Outcome::NotFound => AnswerState::Refused,
        };
        if self.answer == AnswerState::Refused {
            self.state = EpisodeState::Stuck;
            self.trouble = Some(match outcome {
                Outcome::NotFound => {
                    "Telnyx did not find the order in two reads: check it in the Telnyx portal".to_owned()
                }
                _ => "Telnyx refused the answer in both forms: resolve it in the Telnyx portal".to_owned(),
            });
        }
    }

    /// Stops an answer that may have been applied and whose grounds have changed since: it is not sent again
    /// automatically. The target stays, so a person can only repeat it or settle the order in the portal.
    pub fn stop_answer(&mut self, trouble: String) {
        self.state = EpisodeState::Stuck;
        self.trouble = Some(trouble);
    }

    /// Records that the deadline passed before an answer.
    pub fn pass_deadline(&mut self, now: Timestamp) {
        self.deadline_passed_at = Some(now);
    }
}

fn shows(status: &OrderStatus, target: Target) -> bool {
    match target {
        Target::Authorized => match status {
            OrderStatus::Authorized | OrderStatus::Ported => true,
            OrderStatus::Other(word) => word == "completed",
            _ => false,
        },
        Target::RejectedPending => matches!(status, OrderStatus::RejectedPending | OrderStatus::Rejected),
    }
}
