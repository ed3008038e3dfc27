//! The moves that an episode can make, and those that are refused.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Episode, EpisodeState};
use crate::domain::{Action, AnswerState, DecidedBy, Mode, OrderStatus, Outcome, Target};

/// Why a move may not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoveRefused {
    /// The stay is over.
    #[error("the order has left `pending`: it is {0} at Telnyx")]
    Closed(String),
    /// The other target was sent before.
    #[error(
        "`{0}` was already sent to Telnyx for this stay of the order, so nothing else can be: settle it in the portal"
    )]
    OtherTargetSent(Target),
    /// An answer is on its way.
    #[error("`{0}` is being sent to Telnyx now")]
    AlreadySending(Target),
    /// A machine may not answer a bounced order.
    #[error("the order came back to pending, so a person has to answer it")]
    NeedsPerson,
    /// There is nothing decided that could be sent.
    #[error("nothing is decided that could be sent")]
    NothingToSend,
}

/// What a read of the order has told about its episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing new.
    Same,
    /// Telnyx shows our target.
    Verified,
    /// The order left `pending` by another hand, or was withdrawn.
    Overtaken,
    /// Telnyx shows another end than the one we sent.
    Conflict,
    /// Our answer was shown, or confirmed, and the order is pending again: the next episode begins.
    Bounced,
    /// Telnyx uses a word for the status that we do not know.
    UnknownStatus,
}

impl Episode {
    /// Takes in what a read of the order says.
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
                self.trouble = Some(format!("we sent another answer, but Telnyx shows `{status}`"));
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
        // A confirmed answer and a pending order: a read from a stale copy, or a bounce. Time tells.
        if self.answer == AnswerState::Confirmed && self.seen_pending_long_enough(now) {
            self.state = EpisodeState::Answered;
            self.closed_at = Some(now);
            self.ended_as = Some(OrderStatus::Pending.to_string());
            return Seen::Bounced;
        }
        // A first read in the future means that the clock was set back since: it counts from now on.
        let first = self.pending_read_at.filter(|first| *first <= now);
        self.pending_read_at = Some(first.unwrap_or(now));
        Seen::Same
    }

    /// Puts a decision in force. In shadow mode nothing will be sent for it.
    pub fn decide(
        &mut self,
        decision: Uuid,
        by: DecidedBy,
        action: Action,
        mode: Mode,
    ) -> Result<(), MoveRefused> {
        self.may_decide(by, action)?;
        if !self.may_be_applied() {
            // Nothing was applied, so the next decision is free to ask for the other target, or for none.
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

    /// Whether a decision could be put in force now.
    pub fn may_decide(&self, by: DecidedBy, action: Action) -> Result<(), MoveRefused> {
        if let Some(closed) = self.closed_at {
            let ended = self.ended_as.clone().unwrap_or_else(|| closed.to_string());
            return Err(MoveRefused::Closed(ended));
        }
        // INVARIANT: a bounced rejection is never rejected again by a machine, nor anything else done to it.
        if self.is_bounce() && by != DecidedBy::Person && action != Action::Hold {
            return Err(MoveRefused::NeedsPerson);
        }
        // INVARIANT: at most one target per episode may ever be applied. Once one may have been, only a person can
        // repeat it, and only after it got stuck.
        match self.sent_target.filter(|_| self.may_be_applied()) {
            Some(sent) if Some(sent) != action.target() => Err(MoveRefused::OtherTargetSent(sent)),
            Some(sent) if self.state != EpisodeState::Stuck || by != DecidedBy::Person => {
                Err(MoveRefused::AlreadySending(sent))
            }
            _ => Ok(()),
        }
    }

    /// Marks that an attempt is about to be made, and gives its number. To be committed before the call.
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

    /// Takes in how an attempt ended; `same_before` says how many earlier attempts of this episode ended the same way.
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
                    "Telnyx says twice that there is no such order: look at it in the portal".to_owned()
                }
                _ => "Telnyx refused the answer in both forms: settle it in the portal".to_owned(),
            });
        }
    }

    /// Stops an answer that may have been applied and whose grounds have moved since: it is not sent again by itself.
    /// The target stays, so a person can only repeat it or settle the order in the portal.
    pub fn stop_answer(&mut self, trouble: String) {
        self.state = EpisodeState::Stuck;
        self.trouble = Some(trouble);
    }

    /// Marks that the deadline came before an answer.
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
