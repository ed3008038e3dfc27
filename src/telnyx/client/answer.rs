//! Update Status, the only call that changes anything at Telnyx.

use std::time::Duration;

use reqwest::{Method, StatusCode};

use super::exchange::{Answered, LARGEST_BODY, NoAnswer};
use super::orders::is_same;
use super::refusal::{chain, data, detail, status_name};
use super::{Client, Unreadable};
use crate::domain::{OrderId, OrderStatus, Outcome, Target, redact_body};
use crate::telnyx::json::Object;
use crate::telnyx::order::status;

/// How much of a response is stored, in bytes.
const KEPT_RESPONSE: usize = 16 * 1024;

/// The content of an Update Status request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRequest {
    /// The reason, which Telnyx requires even for an authorization. Keep it within 255 characters.
    pub reason: String,
    /// The code of a rejection. Telnyx's guide requires it, but its API contract does not list it.
    pub rejection_code: Option<i64>,
    /// Whether messaging stays at Telnyx.
    pub host_messaging: bool,
    /// The uptime of the client's clock after which the answer is not sent if its turn has not come: the read that it
    /// is based on is too old then.
    pub send_by: Duration,
}

/// The outcome of one attempt to send an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendOutcome {
    /// The class of the outcome, which determines the next step.
    pub outcome: Outcome,
    /// The HTTP status, if there was a response.
    pub http_status: Option<u16>,
    /// The order's status in a successful response.
    pub status_seen: Option<OrderStatus>,
    /// Telnyx's response, at most 16 KiB, with secrets redacted.
    pub response: Vec<u8>,
    /// The error, in one line. `None` if the outcome is confirmed.
    pub error: Option<String>,
    /// How long Telnyx asks us to wait, at most five minutes.
    pub retry_after: Option<Duration>,
}

#[derive(serde::Serialize)]
struct UpdateStatus<'a> {
    reason: &'a str,
    host_messaging: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejection_code: Option<i64>,
}

/// A turn of the rate limiter, taken before the attempt is committed. Waiting for a turn can take a minute, and the
/// grounds of an answer are compared after the wait, immediately before the call.
#[derive(Debug)]
pub struct Turn<'c> {
    client: &'c Client,
}

impl Client {
    /// Waits for a turn to make one call, but not beyond an uptime of the client's clock. Returns `None` if the turn
    /// did not come in time.
    pub async fn turn_to_answer(&self, latest: Duration) -> Option<Turn<'_>> {
        let turn = self.limiter.turn_by(latest).await;
        turn.ok().map(|()| Turn { client: self })
    }
}

impl Turn<'_> {
    /// Requests the target status of an order. Never fails: the outcome says what happened, and every doubt is
    /// `unknown`.
    ///
    /// Once this is polled the request may have been sent. Dropping it does not undo that.
    pub async fn update_status(self, id: &OrderId, target: Target, answer: &AnswerRequest) -> SendOutcome {
        let client = self.client;
        if client.clock.uptime() > answer.send_by {
            return SendOutcome::without_answer(&NoAnswer::NoTurn);
        }
        let path = ["portouts", id.as_str(), target.as_ref()];
        let request = client.request(Method::PATCH, &path).json(&UpdateStatus {
            reason: &answer.reason,
            host_messaging: answer.host_messaging,
            rejection_code: answer.rejection_code,
        });
        match client.exchange(request, LARGEST_BODY).await {
            Ok(answered) => SendOutcome::of_answer(id, target, answered),
            Err(no_answer) => SendOutcome::without_answer(&no_answer),
        }
    }
}

impl SendOutcome {
    fn without_answer(no_answer: &NoAnswer) -> Self {
        let (outcome, error) = match no_answer {
            NoAnswer::NoTurn => (
                Outcome::Unsent,
                "the last read of the order is too old".to_owned(),
            ),
            NoAnswer::Unsent(error) => (Outcome::Unsent, chain(error)),
            NoAnswer::Lost(error) => (Outcome::Unknown, chain(error)),
        };
        Self {
            outcome,
            http_status: None,
            status_seen: None,
            response: Vec::new(),
            error: Some(error),
            retry_after: None,
        }
    }

    fn of_answer(id: &OrderId, target: Target, answered: Answered) -> Self {
        let Answered {
            status,
            body,
            retry_after,
        } = answered;
        // Telnyx's response may repeat a PIN, so the code below never sees the unredacted bytes.
        let body = body.map(|body| redact_body(&body).into_owned());
        let shown = status.is_success().then(|| shown_status(id, body.as_ref()));
        let status_seen = shown.as_ref().and_then(|shown| shown.as_ref().ok()).cloned();
        let outcome = outcome(status, target, status_seen.as_ref());
        let body = body.unwrap_or_default();
        let error = match (outcome, shown) {
            (Outcome::Confirmed, _) => None,
            (_, Some(Err(why))) => Some(format!("{} without the order: {why}", status_name(status))),
            (_, Some(Ok(other))) => Some(format!("{} with the order still `{other}`", status_name(status))),
            (_, None) => Some(format!("{}: {}", status_name(status), detail(&body))),
        };
        Self {
            outcome,
            http_status: Some(status.as_u16()),
            status_seen,
            response: cut(body),
            error,
            retry_after,
        }
    }
}

/// Classifies a status. A redirect is not followed, so nothing was applied: it is refused, like every status below 500
/// without its own case.
fn outcome(status: StatusCode, target: Target, shown: Option<&OrderStatus>) -> Outcome {
    match status.as_u16() {
        200..=299 if shown.is_some_and(|shown| shown.as_str() == target.as_ref()) => Outcome::Confirmed,
        200..=299 | 408 | 500.. => Outcome::Unknown,
        401 | 403 => Outcome::AccountTrouble,
        404 => Outcome::NotFound,
        429 => Outcome::Limited,
        _ => Outcome::Refused,
    }
}

/// Returns the status of the order in a successful response, or why there is none.
fn shown_status(id: &OrderId, body: Result<&Vec<u8>, &Unreadable>) -> Result<OrderStatus, String> {
    let body = body.map_err(|unreadable| chain(unreadable))?;
    if body.is_empty() {
        return Err("the body is empty".to_owned());
    }
    let text = String::from_utf8_lossy(body);
    let element = data(&text).map_err(|malformed| chain(&malformed))?;
    let fields = Object::parse(element.get()).ok_or("`data` is not an object")?;
    if fields
        .word::<OrderId>("id")
        .is_some_and(|shown| !is_same(&shown, id))
    {
        return Err(chain(&Unreadable::OtherOrder));
    }
    status(&fields).ok_or_else(|| "the status is missing".to_owned())
}

fn cut(mut body: Vec<u8>) -> Vec<u8> {
    body.truncate(KEPT_RESPONSE);
    body
}
