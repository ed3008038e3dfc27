//! The one call that changes something at Telnyx.

use std::time::Duration;

use reqwest::{Method, StatusCode};

use super::exchange::{Answered, LARGEST_BODY, NoAnswer};
use super::orders::is_same;
use super::refusal::{chain, data, detail, status_name};
use super::{Client, Unreadable};
use crate::domain::{OrderId, OrderStatus, Outcome, Target, redact_body};
use crate::telnyx::json::Object;
use crate::telnyx::order::status;

/// How much of an answer is kept, in bytes.
const KEPT_RESPONSE: usize = 16 * 1024;

/// What is sent with Update Status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The reason, which Telnyx requires even to authorize. Keep it within 255 characters.
    pub reason: String,
    /// The code, for a rejection. Telnyx's guide wants it, its contract does not list it.
    pub rejection_code: Option<i64>,
    /// Whether messaging stays at Telnyx.
    pub host_messaging: bool,
    /// After this uptime of the client's clock it is not sent any more, should its turn not have come: the read it rests
    /// on is too old then.
    pub send_by: Duration,
}

/// How one try to send an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendOutcome {
    /// The class, by which the next step is chosen.
    pub outcome: Outcome,
    /// The HTTP status, if there was an answer.
    pub http_status: Option<u16>,
    /// The order's status that a good answer shows.
    pub status_seen: Option<OrderStatus>,
    /// What Telnyx answered, at most 16 KiB, secrets redacted.
    pub response: Vec<u8>,
    /// What went wrong, in one line; none if the outcome is confirmed.
    pub error: Option<String>,
    /// How long Telnyx wants us to stay away, at most five minutes.
    pub retry_after: Option<Duration>,
}

#[derive(serde::Serialize)]
struct UpdateStatus<'a> {
    reason: &'a str,
    host_messaging: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejection_code: Option<i64>,
}

/// A turn of the rate limiter, taken before the attempt is committed: waiting for one can take a minute, and whatever
/// an answer rests on is compared after the wait, right before the call.
#[derive(Debug)]
pub struct Turn<'c> {
    client: &'c Client,
}

impl Client {
    /// Waits for the turn to make one call, but not beyond an uptime of the client's clock. `None` where it did not come in time.
    pub async fn turn_to_answer(&self, latest: Duration) -> Option<Turn<'_>> {
        let turn = self.limiter.turn_by(latest).await;
        turn.ok().map(|()| Turn { client: self })
    }
}

impl Turn<'_> {
    /// Brings an order to the target. Never fails: how it ended is the outcome, and every doubt is `unknown`.
    ///
    /// Once it is polled the request may have left: dropping it does not take it back.
    pub async fn update_status(self, id: &OrderId, target: Target, answer: &Answer) -> SendOutcome {
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
        // Whatever Telnyx echoes can hold a PIN: nothing below sees the bytes as they came.
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

/// The table of the design, in its order. A redirection is not followed, so nothing was applied: refused, like every
/// status below 500 that has no line of its own.
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

/// The status of the order in a good answer, or why there is none.
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
