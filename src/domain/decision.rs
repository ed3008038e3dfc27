//! The words of a decision: action, mode, who decided, target and outcome.

use std::fmt;
use std::str::FromStr;

use crate::domain::words::word_enum;

/// A text that should have been one of a fixed set of words, read from somewhere it should not have been possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is none of the words for {what}")]
pub struct UnknownWord {
    /// What the word stands for, such as `decision action`.
    pub what: &'static str,
    /// What was found.
    pub text: String,
}

word_enum! {
    /// What a verdict or a decision says of an order.
    #[derive(clap::ValueEnum)]
    pub enum Action {
        /// Let the number go. Cannot be undone.
        Authorize,
        /// Ask Telnyx to refuse the request.
        Reject,
        /// Ask a person.
        Hold,
    }
}

impl Action {
    /// The state that the order shall be brought to, if any.
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
    /// The two states that Telnyx's Update Status call can set.
    pub enum Target {
        /// The number may leave.
        Authorized,
        /// The rejection is asked for; Telnyx reviews it.
        RejectedPending,
    }
}

word_enum! {
    /// Who made a decision.
    pub enum DecidedBy {
        /// The rule set in force.
        Rule,
        /// A named person.
        Person,
        /// The clock, by `at_decide_by`.
        Deadline,
        /// The service itself: it withdrew a person's answer because the order had changed since the person saw it.
        Service,
    }
}

word_enum! {
    /// Whether verdicts are acted on.
    pub enum Mode {
        /// Judge and record, send nothing.
        Shadow,
        /// Judge, record and answer.
        Enforce,
    }
}

word_enum! {
    /// How far the answer to an order has come.
    pub enum AnswerState {
        /// Nothing is to be sent.
        None,
        /// To be sent, not tried yet, or to be tried again.
        Waiting,
        /// An attempt is recorded whose outcome is not.
        Sending,
        /// An attempt ended without telling whether it was applied.
        Unknown,
        /// Telnyx shows the target.
        Confirmed,
        /// Telnyx would not take it.
        Refused,
        /// Telnyx shows another end than ours.
        Conflict,
    }
}

word_enum! {
    /// The class an attempt ended in, by which the next step is chosen.
    pub enum Outcome {
        /// 2xx whose body shows the target.
        Confirmed,
        /// It left us, and nothing tells whether it was applied.
        Unknown,
        /// It never left us.
        Unsent,
        /// 429: not taken, come back later.
        Limited,
        /// 401 or 403: the key is not accepted.
        AccountTrouble,
        /// 404.
        NotFound,
        /// 409 or 422, or another answer that says the request itself is at fault.
        Refused,
    }
}

impl Outcome {
    /// Whether Telnyx may have applied the attempt. `false` is certain: it never arrived, or Telnyx said no.
    #[must_use]
    pub fn may_be_applied(self) -> bool {
        match self {
            Self::Confirmed | Self::Unknown => true,
            Self::Unsent | Self::Limited | Self::AccountTrouble | Self::NotFound | Self::Refused => false,
        }
    }
}

/// Reads one of our own words back, from the database or from a file.
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
