//! A webhook and the attempts to deliver it.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

/// A webhook and every delivery attempt. Its data may contain a PIN, so it has no `Debug`.
pub(in crate::simulator) struct Record {
    pub(in crate::simulator) id: Uuid,
    /// The event's ID in the events API, for the webhook of an event.
    pub(super) event: Option<Uuid>,
    pub(super) url: String,
    pub(super) data: Value,
    pub(in crate::simulator) started_at: Timestamp,
    pub(super) state: DeliveryState,
    pub(super) attempts: Vec<AttemptRecord>,
}

pub(super) struct AttemptRecord {
    pub(super) seen: DeliveryAttempt,
    pub(super) response_body: String,
}

/// The state of a webhook's delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryState {
    /// Held back or queued, without an attempt yet.
    Waiting,
    /// An attempt is in progress.
    UnderWay,
    /// The last attempt failed, and another one will follow.
    ToBeTriedAgain,
    /// The receiver responded with 2xx in time.
    Delivered,
    /// Abandoned.
    Failed,
    /// Lost because of a fault, without an attempt.
    Lost,
}

/// The end of a delivery attempt.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptEnd {
    /// With this HTTP status.
    Answered(u16),
    /// Without a response, for this cause.
    NotAnswered(String),
}

/// A delivery attempt of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DeliveryAttempt {
    /// Counts from 1, as `meta.attempt` does.
    pub number: u32,
    /// When it began, by the simulator's clock.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// How it ended.
    pub end: AttemptEnd,
}

/// A webhook and its delivery, for callers of the simulator.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Delivery {
    /// The delivery's ID.
    pub id: Uuid,
    /// The ID in the webhook's `data.id`.
    pub event_id: Option<String>,
    /// Its type, such as `portout.status_changed`.
    pub event_type: Option<String>,
    /// The order that it is about, for a port-out.
    pub order_id: Option<String>,
    /// The new status, for a change of status.
    pub status: Option<String>,
    /// The target URL.
    pub url: String,
    /// The state.
    pub state: DeliveryState,
    /// Every attempt so far.
    pub attempts: Vec<DeliveryAttempt>,
}

impl AttemptEnd {
    /// Returns whether the receiver accepted it.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }
}

impl Record {
    pub(super) fn waiting(id: Uuid, event: Option<Uuid>, url: String, data: Value, at: Timestamp) -> Self {
        Self {
            id,
            event,
            url,
            data,
            started_at: at,
            state: DeliveryState::Waiting,
            attempts: Vec::new(),
        }
    }

    pub(super) fn lost(id: Uuid, event: Option<Uuid>, url: String, data: Value, at: Timestamp) -> Self {
        Self {
            state: DeliveryState::Lost,
            ..Self::waiting(id, event, url, data, at)
        }
    }

    /// Returns whether nothing happens to it until time passes or the receiver recovers.
    pub(in crate::simulator) fn is_at_rest(&self) -> bool {
        !matches!(self.state, DeliveryState::Waiting | DeliveryState::UnderWay)
    }

    /// Returns whether it had any attempt and is therefore in Telnyx's list.
    pub(in crate::simulator) fn is_listed(&self) -> bool {
        !self.attempts.is_empty()
    }

    pub(in crate::simulator) fn is_delivered(&self) -> bool {
        self.state == DeliveryState::Delivered
    }

    pub(in crate::simulator) fn event_type(&self) -> Option<&str> {
        self.data.get("event_type").and_then(Value::as_str)
    }

    pub(in crate::simulator) fn webhook_contains(&self, part: &str) -> bool {
        self.data.to_string().contains(part)
    }

    pub(in crate::simulator) fn finished_at(&self) -> Option<Timestamp> {
        self.attempts.last().map(|attempt| attempt.seen.finished_at)
    }

    pub(in crate::simulator) fn url(&self) -> &str {
        &self.url
    }

    pub(in crate::simulator) fn snapshot(&self) -> Delivery {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let payload = self.data.get("payload");
        let in_payload = |key: &str| payload.and_then(|payload| payload.get(key));
        let order = in_payload("portout_id").or_else(|| in_payload("id"));
        Delivery {
            id: self.id,
            event_id: text(self.data.get("id")),
            event_type: text(self.data.get("event_type")),
            order_id: text(order),
            status: text(in_payload("status")),
            url: self.url.clone(),
            state: self.state,
            attempts: self.attempts.iter().map(|attempt| attempt.seen.clone()).collect(),
        }
    }

    /// Returns `webhook_delivery` of the API contract.
    pub(in crate::simulator) fn as_listed(&self, user_id: Uuid) -> Value {
        let attempts: Vec<Value> = self
            .attempts
            .iter()
            .map(|attempt| attempt.as_listed(&self.url))
            .collect();
        json!({
            "id": self.id,
            "record_type": "webhook_delivery",
            "user_id": user_id,
            "status": word(self.is_delivered()),
            "started_at": self.started_at,
            "finished_at": self.finished_at(),
            "webhook": self.data,
            "attempts": attempts,
        })
    }
}

impl AttemptRecord {
    fn as_listed(&self, url: &str) -> Value {
        let response = match &self.seen.end {
            AttemptEnd::Answered(status) => {
                json!({ "status": status, "headers": [], "body": self.response_body })
            }
            AttemptEnd::NotAnswered(_) => Value::Null,
        };
        let request = json!({ "url": url, "headers": [["Content-Type", "application/json"]] });
        json!({
            "status": word(self.seen.end.is_success()),
            "started_at": self.seen.started_at,
            "finished_at": self.seen.finished_at,
            "http": { "request": request, "response": response },
        })
    }
}

fn word(delivered: bool) -> &'static str {
    if delivered { "delivered" } else { "failed" }
}
