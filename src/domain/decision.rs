//! The terms of a decision: action, mode, decider, target and outcome.

use std::fmt;
use std::str::FromStr;

use crate::domain::words::word_enum;

/// The error for a text that is not one of a fixed set of words although nothing else could have been stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is none of the words for {what}")]
pub struct UnknownWord {
    /// The kind of word, such as `decision action`.
    pub what: &'static str,
    /// The text that was found.
    pub text: String,
}

word_enum! {
    /// The action of a verdict or a decision.
    #[derive(clap::ValueEnum)]
    pub enum Action {
        /// Let the number go. This cannot be undone.
        Authorize,
        /// Ask Telnyx to refuse the request.
        Reject,
        /// Ask a person.
        Hold,
    }
}

impl Action {
    /// Returns the status that the action requests, if any.
    #[must_use]
    pub fn target(self) -> Option<Target> {
        match self {
            Self::Authorize => Some(Target::Authorized),
            Self::Reject => Some(Target::RejectedPending),
            Self::Hold => None,
        }
    }
}

word_enum! {
    /// The two statuses that Telnyx's Update Status call can set.
    pub enum Target {
        /// The number may leave.
        Authorized,
        /// The rejection was requested, and Telnyx reviews it.
        RejectedPending,
    }
}

word_enum! {
    /// Who made a decision.
    pub enum DecidedBy {
        /// The active rule set.
        Rule,
        /// A named person.
        Person,
        /// The clock, through `at_decide_by`.
        Deadline,
        /// The service itself: it withdrew a person's answer because the order had changed since the person saw it.
        Service,
    }
}

word_enum! {
    /// Whether verdicts are acted on.
    pub enum Mode {
        /// Evaluate and record, but send nothing.
        Shadow,
        /// Evaluate, record and answer.
        Enforce,
    }
}

word_enum! {
    /// The state of the answer to an order.
    pub enum AnswerState {
        /// Nothing has to be sent.
        None,
        /// The answer has to be sent, for the first time or again.
        Waiting,
        /// An attempt is recorded, but its outcome is not.
        Sending,
        /// The request was sent, and it is unknown whether it was applied.
        Unknown,
        /// 2xx with a body that shows the target.
        Confirmed,
        /// 409 or 422, or another response that says that the request is wrong.
        Refused,
        /// The order's final status at Telnyx differs from the answer.
        Conflict,
    }
}

word_enum! {
    /// The class of an attempt's outcome, which determines the next step.
    pub enum Outcome {
        /// 2xx with a body that shows the target.
        Confirmed,
        /// The request was sent, and it is unknown whether it was applied.
        Unknown,
        /// The request was not sent.
        Unsent,
        /// 429: not accepted, try again later.
        Limited,
        /// 401 or 403: the key is rejected.
        AccountTrouble,
        /// 404.
        NotFound,
        /// 409 or 422, or another response that says that the request is wrong.
        Refused,
    }
}

impl Outcome {
    /// Returns whether Telnyx may have applied the attempt. `false` is certain: the request did not arrive, or Telnyx
    /// refused it.
    #[must_use]
    pub fn may_be_applied(self) -> bool {
        match self {
            Self::Confirmed | Self::Unknown => true,
            Self::Unsent | Self::Limited | Self::AccountTrouble | Self::NotFound | Self::Refused => false,
        }
    }
}

/// Parses one of our own words from the database or a file.
pub(crate) fn word<T: FromStr>(what: &'static str, text: &str) -> Result<T, UnknownWord> {
    text.parse().map_err(|_| UnknownWord {
        what,
        text: text.to_owned(),
    })
}

impl fmt::Display for crate::domain::OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
