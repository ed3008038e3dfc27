//! Why Telnyx did not return what was requested.

use super::unreadable::Unreadable;
use std::borrow::Cow;
use std::time::Duration;

use reqwest::StatusCode;

use super::exchange::{Answered, NoAnswer};
use crate::domain::folding::shown;
use crate::domain::redact_body;

use crate::telnyx::json::{self, Object};

/// The maximum length of an explanation, in characters.
const LONGEST_DETAIL: usize = 500;

/// Why something could not be read from Telnyx, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The request was not sent: no such name, no connection, no TLS. Try again later.
    #[error("no connection to Telnyx")]
    Unsent(#[source] reqwest::Error),
    /// There is no response, or none that can be used. Try again later.
    #[error("Telnyx did not return a usable response")]
    Unreadable(#[from] Unreadable),
    /// Too many requests. The client waits before the next call. A caller may use the time for something else.
    #[error("Telnyx accepts no more requests for {} s", retry_after.as_secs())]
    Limited {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The key is rejected or lacks a permission. Nothing works until a person fixes it.
    #[error("Telnyx does not accept the API key (HTTP {status}): {detail}")]
    AccountTrouble {
        /// 401 or 403.
        status: u16,
        /// Telnyx's explanation, in one line.
        detail: String,
    },
    /// It does not exist for this account.
    #[error("Telnyx did not find it (HTTP 404): {detail}")]
    NotFound {
        /// Telnyx's explanation, in one line.
        detail: String,
    },
    /// The request itself is wrong, and the same request would be refused again.
    #[error("Telnyx refused the request (HTTP {status}): {detail}")]
    Refused {
        /// A status below 500 without its own case, including redirects.
        status: u16,
        /// Telnyx's explanation, in one line.
        detail: String,
    },
}

impl From<NoAnswer> for ReadError {
    fn from(no_answer: NoAnswer) -> Self {
        match no_answer {
            NoAnswer::Unsent(error) => Self::Unsent(error),
            NoAnswer::Lost(error) => Unreadable::Lost(error).into(),
            // Reads wait as long as necessary. If a read has no turn, the rate limit is the cause.
            NoAnswer::NoTurn => Self::Limited {
                retry_after: Duration::ZERO,
            },
        }
    }
}

impl Answered {
    /// Returns the body of a successful response.
    pub(super) fn accept(self) -> Result<Vec<u8>, ReadError> {
        let status = self.status.as_u16();
        if self.status.is_success() {
            return Ok(self.body?);
        }
        let detail = detail(&self.body.unwrap_or_default());
        Err(match status {
            401 | 403 => ReadError::AccountTrouble { status, detail },
            404 => ReadError::NotFound { detail },
            408 | 500.. => Unreadable::ServerTrouble { status, detail }.into(),
            429 => ReadError::Limited {
                retry_after: self.retry_after.unwrap_or_default(),
            },
            _ => ReadError::Refused { status, detail },
        })
    }
}

/// Returns Telnyx's explanation in one line: `10004 Missing required parameter: … (/reason)`. Several are joined with
/// `; `.
pub(super) fn detail(body: &[u8]) -> String {
    let body = redact_body(body);
    let text = String::from_utf8_lossy(&body);
    let errors = Object::parse(&text)
        .map(|outer| outer.list("errors"))
        .unwrap_or_default();
    let told: Vec<String> = errors
        .into_iter()
        .filter_map(|error| one_error(error.get()))
        .collect();
    if !told.is_empty() {
        return one_line(&told.join("; "));
    }
    match body.len() {
        0 => "no explanation given".to_owned(),
        length => format!("no explanation in the documented format in {length} bytes"),
    }
}

fn one_error(text: &str) -> Option<String> {
    let fields = Object::parse(text)?;
    let head: Vec<Cow<'_, str>> = ["code", "title"]
        .into_iter()
        .filter_map(|name| fields.text(name))
        .collect();
    let mut line = head.join(" ");
    if let Some(detail) = fields.text("detail") {
        line = if line.is_empty() {
            detail.into_owned()
        } else {
            format!("{line}: {detail}")
        };
    }
    let source = fields.object("source");
    let place = source
        .as_ref()
        .and_then(|source| source.text("pointer").or_else(|| source.text("parameter")));
    if let Some(place) = place.filter(|place| place.as_ref() != "/") {
        line = format!("{line} ({place})");
    }
    (!line.trim().is_empty()).then_some(line)
}

/// For logs and terminals: no line breaks, nothing invisible, and of limited length.
fn one_line(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_DETAIL)
        .collect();
    shown(&plain).into_owned()
}

/// Formats an error and its sources in one line.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let told: Vec<String> = causes.map(ToString::to_string).collect();
    one_line(&told.join(": "))
}

/// Returns the `data` of a response.
pub(super) fn data(text: &str) -> Result<&serde_json::value::RawValue, Unreadable> {
    Object::parse(text)
        .and_then(|outer| outer.get("data"))
        .ok_or(Unreadable::Malformed)
}

/// Returns the elements of `data` if it is a list.
pub(super) fn data_list(text: &str) -> Result<Vec<&serde_json::value::RawValue>, Unreadable> {
    json::elements(data(text)?).ok_or(Unreadable::Malformed)
}

/// Returns the number and name of a status, for messages.
pub(super) fn status_name(status: StatusCode) -> String {
    format!("HTTP {}", status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telnyx_s_explanation_becomes_one_line() {
        for (body, expected) in [
            (
                r#"{"errors":[{"code":"10009","title":"Authentication failed","detail":"Bad\nkey.","meta":{}}]}"#,
                "10009 Authentication failed: Bad key.",
            ),
            (
                r#"{"errors":[{"code":"1","title":"a\u202eb","detail":"\u001b[2J"}]}"#,
                r"1 a\u{202e}b:  [2J",
            ),
            (
                r#"{"errors":[{"code":10004,"title":"Missing","source":{"pointer":"/reason"}},{"detail":"x"}]}"#,
                "10004 Missing (/reason); x",
            ),
            (
                r#"{"errors":[]}"#,
                "no explanation in the documented format in 13 bytes",
            ),
            ("<html>", "no explanation in the documented format in 6 bytes"),
            ("", "no explanation given"),
        ] {
            assert_eq!(detail(body.as_bytes()), expected);
        }
    }

    #[test]
    fn an_explanation_without_end_is_cut() {
        let body = format!(
            r#"{{"errors":[{{"detail":"{}"}},{{"detail":"b"}}]}}"#,
            "ä".repeat(600)
        );
        assert_eq!(detail(body.as_bytes()).chars().count(), LONGEST_DETAIL);
    }
}
