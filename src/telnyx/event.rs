//! Converts what Telnyx sends or lists to events. This never fails: an event that cannot be parsed is stored as such.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use super::json::{self, Object};
use super::order;
use crate::domain::{
    AttemptedPin, Event, EventKind, EventSource, OrderId, OrderNumbers, OrderStatus, Pin, redact_body,
    redact_text,
};

/// The maximum length of an ID or type, in bytes. Telnyx's have 36 and 24.
const LONGEST_NAME: usize = 200;

/// Parses the body of a webhook. Verify its signature first.
#[must_use]
pub fn parse_webhook(body: &[u8]) -> Event {
    parse(EventSource::Webhook, body)
}

/// Parses an element of `GET /portouts/events`.
#[must_use]
pub fn parse_listed_event(element: &[u8]) -> Event {
    parse(EventSource::EventsApi, element)
}

/// Creates an event from an element of the list of orders. Each state in which an order is listed is one event.
#[must_use]
pub fn listed_order_event(element: &[u8]) -> Event {
    let mut event = unparsable(EventSource::List, element);
    if let Ok(order) = order::parse_order(element) {
        event.kind = EventKind::PortOut;
        event.dedupe_key = format!("listed:{}:{}", order.id, hex::encode(event.digest));
        event.occurred_at = order.updated_at.or(order.inserted_at);
        event.order_id = Some(order.id);
        event.status = Some(order.status);
        event.numbers = order.numbers;
    }
    event
}

fn parse(source: EventSource, body: &[u8]) -> Event {
    let text = String::from_utf8_lossy(body);
    let read = Object::parse(&text).and_then(Envelope::open);
    let Some(envelope) = read else {
        return unparsable(source, body);
    };
    let (body, digest) = keep(redact_body(body));
    let event_id = envelope.fields.text("id").and_then(name);
    Event {
        source,
        kind: kind(&envelope.event_type),
        dedupe_key: dedupe_key(&envelope.event_type, event_id.as_deref(), &digest),
        order_id: envelope.order_id(),
        occurred_at: envelope.occurred_at(),
        status: order::status(&envelope.payload),
        numbers: order::numbers(&envelope.payload),
        attempted_pin: envelope.attempted_pin(),
        event_id,
        event_type: Some(envelope.event_type),
        body,
        digest,
    }
}

/// The fields around an event's payload, with or without the `data` that wraps them.
struct Envelope<'a> {
    fields: Object<'a>,
    payload: Object<'a>,
    event_type: String,
}

impl<'a> Envelope<'a> {
    /// Returns `None` if there is no type, because the subject is unknown then.
    fn open(outer: Object<'a>) -> Option<Self> {
        let fields = outer.object("data").unwrap_or(outer);
        let event_type = fields.text("event_type").and_then(name)?;
        let payload = fields.object("payload").unwrap_or_default();
        Some(Self {
            fields,
            payload,
            event_type,
        })
    }

    /// Returns the order, from where Telnyx's notification pages and the events API put it. A comment has its own ID.
    fn order_id(&self) -> Option<OrderId> {
        if kind(&self.event_type) == EventKind::PortingOrder {
            return None;
        }
        let id = |fields: &Object<'_>, name| OrderId::from_wire(&fields.text(name)?).ok();
        let named = id(&self.fields, "portout_id").or_else(|| id(&self.payload, "portout_id"));
        let own_id = kind(&self.event_type) == EventKind::PortOut && self.event_type != "portout.new_comment";
        named.or_else(|| own_id.then(|| id(&self.payload, "id")).flatten())
    }

    fn occurred_at(&self) -> Option<jiff::Timestamp> {
        self.fields
            .time("occurred_at")
            .or_else(|| self.fields.time("created_at"))
    }

    /// Only a change of status to `pending` shows by its absence that no PIN was given. A PIN of a type that cannot be
    /// compared counts as not told, never as not given, which would be a reason to reject.
    fn attempted_pin(&self) -> AttemptedPin {
        let pending = order::status(&self.payload) == Some(OrderStatus::Pending);
        let would_tell = self.event_type == "portout.status_changed" && pending;
        let silent = if would_tell {
            AttemptedPin::NotGiven
        } else {
            AttemptedPin::NotTold
        };
        let Some(value) = self.payload.get("attempted_pin") else {
            return silent;
        };
        if !value
            .get()
            .starts_with(['"', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
        {
            return AttemptedPin::NotTold;
        }
        let pin = json::text(value).and_then(|typed| Pin::new(&typed));
        pin.map_or(silent, AttemptedPin::Given)
    }
}

fn kind(event_type: &str) -> EventKind {
    if event_type.starts_with("portout.") {
        EventKind::PortOut
    } else if event_type.starts_with("porting_order.") {
        EventKind::PortingOrder
    } else {
        EventKind::UnknownType
    }
}

/// Returns an ID or type that can be part of a key, and `None` for anything else. A replaced character could make two
/// keys the same, and a text that contains a secret may not be stored.
fn name(text: Cow<'_, str>) -> Option<String> {
    let usable = text.len() <= LONGEST_NAME && !text.contains(|c: char| c.is_control() || c == '\u{fffd}');
    (usable && matches!(redact_text(&text), Cow::Borrowed(_))).then(|| text.into_owned())
}

fn dedupe_key(event_type: &str, event_id: Option<&str>, digest: &[u8; 32]) -> String {
    match event_id {
        Some(id) => format!("event:{event_type}:{id}"),
        None => format!("digest:{}", hex::encode(digest)),
    }
}

fn unparsable(source: EventSource, body: &[u8]) -> Event {
    let (body, digest) = keep(redact_body(body));
    Event {
        source,
        kind: EventKind::Unparsable,
        dedupe_key: format!("digest:{}", hex::encode(digest)),
        event_id: None,
        event_type: None,
        order_id: None,
        occurred_at: None,
        status: None,
        numbers: OrderNumbers::default(),
        attempted_pin: AttemptedPin::NotTold,
        body,
        digest,
    }
}

/// The digest is of the stored bytes. Next to a redacted body, a digest of the original one would reveal a four-digit
/// PIN after at most ten thousand tries.
fn keep(blanked: Cow<'_, [u8]>) -> (Vec<u8>, [u8; 32]) {
    let digest = Sha256::digest(&blanked).into();
    (blanked.into_owned(), digest)
}
