//! Why a call to the admin listener failed.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::limits::{CALLS_AT_ONCE, LONGEST_REASON};
use crate::engine::TokenRefused;
use crate::http::answer;
use crate::http::problem::ErrorCode;
use crate::store::StoreError;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// No bearer token was sent.
    #[error("send `Authorization: Bearer TOKEN`")]
    NoToken,
    /// Nobody holds the token.
    #[error("{0}")]
    UnknownToken(TokenRefused),
    /// The body is not valid for the call.
    #[error("the body is not a JSON object with the fields of this call: {0}")]
    Body(String),
    /// The body is larger than allowed.
    #[error("the body is larger than 2 MiB. Send a smaller one")]
    TooLarge,
    /// The body could not be read to its end.
    #[error("the body could not be read")]
    Broken,
    /// The reason is blank.
    #[error("`because` is empty. Give a reason, or leave the field out")]
    EmptyReason,
    /// The reason is too long.
    #[error("`because` is longer than {LONGEST_REASON} bytes. Shorten it")]
    LongReason,
    /// Too many reloads and approvals are in progress.
    #[error("too many reloads and approvals are in progress, so the rules are unchanged. Try again later")]
    Busy,
    /// The call failed before it changed the rules.
    #[error(
        "the service could not do it, so the active rules are unchanged. Find the cause in its log, then try again"
    )]
    Failed(Failed),
    /// The service is stopping, and the work was aborted.
    #[error("the service is stopping. Run `portoutd rules versions` later to see whether the rules changed")]
    Stopping,
}

/// The cause of a failure that is the service's fault. Only the log shows it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    /// The token could not be looked up.
    #[error("cannot look up the token: {}", with_sources(.0))]
    Token(StoreError),
    /// The rules could not be read or recorded.
    #[error("cannot reload the rules")]
    Reload,
    /// The approval could not be recorded.
    #[error("cannot approve the rules")]
    Approval,
    /// The task that did the work panicked.
    #[error("the task ended unexpectedly: {0}")]
    Task(String),
}

impl From<TokenRefused> for Refusal {
    fn from(refused: TokenRefused) -> Self {
        match refused {
            TokenRefused::Unknown => Self::UnknownToken(refused),
            TokenRefused::Store(error) => Self::Failed(Failed::Token(error)),
        }
    }
}

impl Refusal {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NoToken | Self::UnknownToken(_) => ErrorCode::Unauthorized,
            Self::Body(_) | Self::EmptyReason | Self::LongReason => ErrorCode::BadRequest,
            Self::TooLarge => ErrorCode::TooLarge,
            Self::Broken => ErrorCode::Broken,
            Self::Busy => ErrorCode::Busy,
            Self::Failed(_) | Self::Stopping => ErrorCode::TryAgain,
        }
    }

    /// Returns what the log shows of a problem that is the service's fault.
    fn cause(&self) -> String {
        match self {
            Self::Busy => format!("{CALLS_AT_ONCE} reloads and approvals are in progress"),
            Self::Failed(cause) => cause.to_string(),
            other => other.to_string(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (code, message) = (self.code(), self.to_string());
        if code.is_temporary() {
            return answer::own_trouble(code, &message, &self.cause());
        }
        let mut response = answer::problem(code, &message);
        if code == ErrorCode::Unauthorized {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

/// Formats an error with its causes.
fn with_sources(error: &StoreError) -> String {
    let first: &dyn std::error::Error = error;
    let causes = std::iter::successors(Some(first), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
