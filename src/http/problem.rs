//! The problems that both listeners respond with: one code per kind, and the JSON document that contains it.
//!
//! | code | status | listener | meaning |
//! |---|---|---|---|
//! | `bad-request` | 400 | admin | the body is not valid for the call |
//! | `broken` | 400 | both | the body could not be read |
//! | `bad-signature` | 401 | public | the webhook is not signed by the account's key |
//! | `unauthorized` | 401 | admin | the bearer token is missing, unknown, expired or revoked |
//! | `no-such-page` | 404 | public | the path is not served |
//! | `unknown-account` | 404 | public | the path contains an account that is not configured |
//! | `not-a-post` | 405 | public | the path accepts only POST |
//! | `too-slow` | 408 | public | the body did not arrive in time |
//! | `too-large` | 413 | both | the body is larger than allowed |
//! | `busy` | 503 | admin | too many calls are in progress |
//! | `starting` | 503 | admin | the service is starting |
//! | `try-again` | 503 | both | the service failed to handle the request now; its log has the cause |

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

/// The kind of a problem. The codes are a contract: their meaning never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(strum::VariantArray))]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// The body is not valid for the call.
    BadRequest,
    /// The body could not be read.
    Broken,
    /// The webhook is not signed by the account's key.
    BadSignature,
    /// The bearer token is missing, unknown, expired or revoked.
    Unauthorized,
    /// The path is not served.
    NoSuchPage,
    /// The path contains an account that is not configured.
    UnknownAccount,
    /// The path accepts only POST.
    NotAPost,
    /// The body did not arrive in time.
    TooSlow,
    /// The body is larger than allowed.
    TooLarge,
    /// Too many calls are in progress.
    Busy,
    /// The service is starting.
    Starting,
    /// The service failed to handle the request now. Its log has the cause.
    TryAgain,
}

impl ErrorCode {
    /// Returns the HTTP status of the code.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadRequest | Self::Broken => StatusCode::BAD_REQUEST,
            Self::BadSignature | Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NoSuchPage | Self::UnknownAccount => StatusCode::NOT_FOUND,
            Self::NotAPost => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Busy | Self::Starting | Self::TryAgain => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Returns whether the same request may succeed later: nothing is wrong with the request.
    #[must_use]
    pub fn is_temporary(self) -> bool {
        self.status() == StatusCode::SERVICE_UNAVAILABLE
    }
}

/// The body of every response that reports a problem: `{"error": {"code", "message", "request_id"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The problem.
    pub error: Problem,
}

/// A problem with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Its kind.
    pub code: ErrorCode,
    /// The problem, for a person.
    pub message: String,
    /// The ID with which the service's log shows the cause, if the service is at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn every_code_keeps_its_word_and_status() {
        let known: Vec<(String, u16)> = ErrorCode::VARIANTS
            .iter()
            .map(|code| {
                let word = serde_json::to_value(code).unwrap();
                (word.as_str().unwrap().to_owned(), code.status().as_u16())
            })
            .collect();
        let expected = [
            ("bad-request", 400),
            ("broken", 400),
            ("bad-signature", 401),
            ("unauthorized", 401),
            ("no-such-page", 404),
            ("unknown-account", 404),
            ("not-a-post", 405),
            ("too-slow", 408),
            ("too-large", 413),
            ("busy", 503),
            ("starting", 503),
            ("try-again", 503),
        ];
        let expected = expected.map(|(word, status)| (word.to_owned(), status));
        assert_eq!(known, expected);
    }

    #[test]
    fn the_table_of_codes_is_complete() {
        for code in ErrorCode::VARIANTS {
            let word = serde_json::to_value(code).unwrap();
            let row = format!(
                "//! | `{}` | {} |",
                word.as_str().unwrap(),
                code.status().as_u16()
            );
            assert!(include_str!("problem.rs").contains(&row), "{row}");
        }
    }

    #[test]
    fn an_error_body_reads_and_writes_its_document() {
        for document in [
            json!({"error": {"code": "unauthorized", "message": "send `Authorization: Bearer TOKEN`"}}),
            json!({"error": {"code": "try-again", "message": "send it again", "request_id": "019a"}}),
        ] {
            let body: ErrorBody = serde_json::from_value(document.clone()).unwrap();
            assert_eq!(serde_json::to_value(&body).unwrap(), document);
        }
        let newer: Value = json!({"error": {"code": "busy", "message": "m", "hint": "x"}, "more": 1});
        let body: ErrorBody = serde_json::from_value(newer).unwrap();
        assert_eq!(body.error.code, ErrorCode::Busy, "unknown fields are ignored");
        assert_eq!(body.error.request_id, None);
    }
}
