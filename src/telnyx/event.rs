//! Stand-in until the room of Telnyx is built.

use sha2::{Digest, Sha256};

use crate::domain::{AttemptedPin, Event, EventKind, EventSource, OrderNumbers, Pin};

#[derive(serde::Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(serde::Deserialize)]
struct Data<'a> {
    event_type: std::borrow::Cow<'a, str>,
    id: Option<std::borrow::Cow<'a, str>>,
    occurred_at: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow)]
    payload: Payload<'a>,
}

#[derive(serde::Deserialize)]
struct Payload<'a> {
    id: Option<std::borrow::Cow<'a, str>>,
    portout_id: Option<std::borrow::Cow<'a, str>>,
    status: Option<std::borrow::Cow<'a, str>>,
    #[serde(default)]
    phone_numbers: Vec<std::borrow::Cow<'a, str>>,
    attempted_pin: Option<std::borrow::Cow<'a, str>>,
}

/// Reads the body of a signed webhook. Never fails: what cannot be read is kept as unparsable.
#[must_use]
pub fn parse_webhook(bytes: &[u8]) -> Event {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let mut event = Event {
        source: EventSource::Webhook,
        kind: EventKind::Unparsable,
        dedupe_key: String::new(),
        event_id: None,
        event_type: None,
        order_id: None,
        occurred_at: None,
        status: None,
        numbers: OrderNumbers::default(),
        attempted_pin: AttemptedPin::NotTold,
        body: bytes.to_vec(),
        digest,
    };
    if let Ok(Envelope { data }) = serde_json::from_slice::<Envelope<'_>>(bytes) {
        read_into(&mut event, &data);
    }
    event.dedupe_key = match (&event.event_type, &event.event_id) {
        (Some(kind), Some(id)) => format!("event:{kind}:{id}"),
        _ => format!("digest:{}", hex::encode(digest)),
    };
    event
}

fn read_into(event: &mut Event, data: &Data<'_>) {
    event.event_type = Some(data.event_type.to_string());
    event.event_id = data.id.as_deref().map(str::to_owned);
    event.occurred_at = data.occurred_at.as_deref().and_then(|text| text.parse().ok());
    if data.event_type.starts_with("porting_order.") {
        event.kind = EventKind::PortingOrder;
        return;
    }
    event.kind = if data.event_type.starts_with("portout.") {
        EventKind::PortOut
    } else {
        EventKind::UnknownType
    };
    let payload = &data.payload;
    let order = payload.portout_id.as_deref().or(payload.id.as_deref());
    event.order_id = order.and_then(|id| id.parse().ok());
    event.status = payload.status.as_deref().map(Into::into);
    event.numbers = OrderNumbers::from_texts(payload.phone_numbers.iter().map(AsRef::as_ref));
    if data.event_type == "portout.status_changed" {
        event.attempted_pin = match payload.attempted_pin.as_deref().and_then(Pin::new) {
            Some(pin) => AttemptedPin::Given(pin),
            None => AttemptedPin::NotGiven,
        };
    }
    if let Some(pin) = payload.attempted_pin.as_deref()
        && let Ok(text) = std::str::from_utf8(&event.body)
    {
        event.body = text.replace(&format!("\"{pin}\""), "\"***\"").into_bytes();
    }
}
