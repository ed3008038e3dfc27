//! An event: what Telnyx sent or listed, before it is stored.

use crate::domain::words::word_enum;
use jiff::Timestamp;

use super::{OrderId, OrderNumbers, OrderStatus, Pin};

word_enum! {
    /// The source of an event.
    pub enum EventSource {
        /// Signed and posted by Telnyx.
        Webhook,
        /// Read from `GET /portouts/events`.
        EventsApi,
        /// An order in the list of pending orders.
        List,
    }
}

word_enum! {
    /// What an event's body contains.
    pub enum EventKind {
        /// A port-out. The event wakes its order.
        PortOut,
        /// A port-in. The event is stored and has no effect.
        PortingOrder,
        /// Well-formed, of an unknown type. The event is stored, and wakes an order if it contains one.
        UnknownType,
        /// Signed, but not as documented. The event is stored for a person to check.
        Unparsable,
    }
}

/// The PIN that the gaining carrier gave, as far as an event says.
#[derive(Debug, Clone)]
pub enum AttemptedPin {
    /// Events of this kind never contain a PIN.
    NotTold,
    /// The event could contain a PIN, but does not.
    NotGiven,
    /// The PIN, to compare and forget.
    Given(Pin),
}

/// Something that Telnyx sent or listed, as it is stored: without the PIN in the body.
#[derive(Debug, Clone)]
pub struct Event {
    /// The source.
    pub source: EventSource,
    /// What it contains.
    pub kind: EventKind,
    /// The same for two deliveries of one event: `event:<type>:<id>`, `listed:<order>:<digest>` or `digest:<digest>`.
    pub dedupe_key: String,
    /// Telnyx's ID of the event.
    pub event_id: Option<String>,
    /// Telnyx's type, such as `portout.status_changed`.
    pub event_type: Option<String>,
    /// The port-out that it is about.
    pub order_id: Option<OrderId>,
    /// When it occurred, according to Telnyx.
    pub occurred_at: Option<Timestamp>,
    /// The status that it contains, which is only a hint.
    pub status: Option<OrderStatus>,
    /// The numbers that it contains.
    pub numbers: OrderNumbers,
    /// The PIN that it contains.
    pub attempted_pin: AttemptedPin,
    /// The body with any PIN redacted.
    pub body: Vec<u8>,
    /// The SHA-256 of the body as stored. A digest of the original body next to a redacted one would reveal a short
    /// PIN.
    pub digest: [u8; 32],
}
