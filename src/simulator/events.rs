//! Port-out events as Telnyx lists them.

use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use strum::{AsRefStr, EnumString};
use uuid::Uuid;

use super::assumptions::{Assumptions, PinStandsIn};
use super::order::Order;
use crate::domain::{OrderId, OrderStatus};

/// The three types of port-out events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsRefStr, EnumString)]
pub(super) enum EventType {
    #[strum(serialize = "portout.status_changed")]
    StatusChanged,
    #[strum(serialize = "portout.foc_date_changed")]
    FocDateChanged,
    #[strum(serialize = "portout.new_comment")]
    NewComment,
}

/// An event of a port-out. Its payload may contain a PIN, so it has no `Debug`.
pub(super) struct Event {
    pub(super) id: Uuid,
    pub(super) webhook_id: Uuid,
    pub(super) kind: EventType,
    pub(super) order: OrderId,
    pub(super) payload: Value,
    pub(super) created_at: Timestamp,
    /// When its first webhook was delivered.
    pub(super) delivered_at: Option<Timestamp>,
}

impl Event {
    /// Returns `PortoutEvent` of the API contract.
    pub(super) fn as_listed(&self) -> Value {
        json!({
            "id": self.id,
            "event_type": self.kind.as_ref(),
            "portout_id": self.order,
            "available_notification_methods": ["email", "webhook"],
            "payload_status": if self.delivered_at.is_some() { "completed" } else { "created" },
            "payload": self.payload,
            "record_type": "portout_event",
            "created_at": self.created_at,
            "updated_at": self.delivered_at.unwrap_or(self.created_at),
        })
    }

    /// Returns the `data` of its webhook.
    pub(super) fn as_webhook(&self) -> Value {
        webhook_data(
            self.kind.as_ref(),
            self.webhook_id,
            self.created_at,
            &self.payload,
        )
    }
}

/// Returns the envelope that all Telnyx webhooks have around their payload.
pub(super) fn webhook_data(event_type: &str, id: Uuid, occurred_at: Timestamp, payload: &Value) -> Value {
    json!({
        "event_type": event_type,
        "id": id,
        "occurred_at": occurred_at,
        "payload": payload,
        "record_type": "event",
    })
}

/// Returns the payload of `portout.status_changed`. It has few fields and is the only place that contains the PIN.
pub(super) fn status_payload(order: &Order, assumptions: &Assumptions) -> Value {
    let details = &order.details;
    let pending = details.status == OrderStatus::Pending;
    let carrier_name = match &assumptions.carrier_name_later {
        Some(later) if !pending => Some(later),
        _ => details.carrier_name.as_ref(),
    };
    let mut payload = Map::new();
    let mut put = |key: &str, value: Value| payload.insert(key.to_owned(), value);
    put("carrier_name", json!(carrier_name));
    put("id", json!(details.id));
    put("phone_numbers", json!(details.phone_numbers));
    put("spid", json!(details.spid));
    put("status", json!(details.status.as_str()));
    put("subscriber_name", json!(details.end_user_name));
    put("user_id", json!(details.user_id));
    if order.is_in(&[OrderStatus::Rejected, OrderStatus::RejectedPending]) {
        put("rejection_reason", json!(details.reason));
    }
    let told = pending || assumptions.pin_stands_in == PinStandsIn::EveryStatusEvent;
    if let Some(pin) = order.pin.as_ref().filter(|_| told) {
        put("attempted_pin", json!(pin.expose_secret()));
    }
    Value::Object(payload)
}
