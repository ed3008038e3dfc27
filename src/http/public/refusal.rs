//! Why a webhook is refused.

use axum::response::{IntoResponse, Response};

use crate::engine::intake::ingest::{NotKept, NotTaken};
use crate::http::answer;
use crate::http::problem::ErrorCode;
use crate::telnyx::signature::SignatureError;

/// Why a webhook is not answered with 200, by what its sender can do about it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// No account of that name is configured.
    #[error("the path contains an account that is not configured")]
    UnknownAccount,
    /// The body is larger than 64 KiB.
    #[error("the body is larger than 64 KiB")]
    TooLarge,
    /// The body did not arrive in time.
    #[error("the body did not arrive in time")]
    TooSlow,
    /// The client disconnected or sent invalid HTTP.
    #[error("the body could not be read")]
    Broken,
    /// The webhook is not signed by the account's key.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The queue is full.
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    /// The event is not committed.
    #[error(transparent)]
    NotKept(#[from] NotKept),
}

/// Every value of [`Refusal::outcome`].
pub(super) const OUTCOMES: &[&str] = &[
    "unknown-account",
    "too-large",
    "too-slow",
    "broken",
    "bad-signature",
    "queue-full",
    "database-away",
    "database-refused",
    "stopping",
];

impl Refusal {
    /// Returns the outcome for metrics. The response contains less if the service is at fault, see [`Self::code`].
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::UnknownAccount => "unknown-account",
            Self::TooLarge => "too-large",
            Self::TooSlow => "too-slow",
            Self::Broken => "broken",
            Self::Signature(_) => "bad-signature",
            Self::NotTaken(NotTaken::Full) => "queue-full",
            Self::NotKept(NotKept::Away) => "database-away",
            Self::NotKept(NotKept::Refused) => "database-refused",
            Self::NotTaken(NotTaken::Stopping) | Self::NotKept(NotKept::Stopping) => "stopping",
        }
    }

    /// Returns the code of the response.
    fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownAccount => ErrorCode::UnknownAccount,
            Self::TooLarge => ErrorCode::TooLarge,
            Self::TooSlow => ErrorCode::TooSlow,
            Self::Broken => ErrorCode::Broken,
            Self::Signature(_) => ErrorCode::BadSignature,
            Self::NotTaken(_) | Self::NotKept(_) => ErrorCode::TryAgain,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let code = self.code();
        if code.is_temporary() {
            return answer::own_trouble(code, "the event is not stored yet. Send it again", &self);
        }
        answer::problem(code, &self.to_string())
    }
}
