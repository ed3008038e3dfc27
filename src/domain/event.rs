//! An event: what Telnyx sent or listed, before it is stored.

use crate::domain::words::word_enum;
use jiff::Timestamp;

use super::{OrderId, OrderNumbers, OrderStatus, Pin};

word_enum! {
    /// By which of the three ways an event reached us.
    pub enum EventSource {
        /// Signed and posted by Telnyx.
        Webhook,
        /// Read from `GET /portouts/events`.
        EventsApi,
        /// An order found in the list of pending orders.
        List,
    }
}

word_enum! {
    /// What could be made of an event's body.
    pub enum EventKind {
        /// About a port-out: wakes its order.
        PortOut,
        /// About a port-in; kept, not acted on.
        PortingOrder,
        /// Well-formed, of a type we do not know; kept, and wakes an order if it names one.
        UnknownType,
        /// Signed, but not what the documentation describes; kept for a person to look at.
        Unparsable,
    }
}

/// The PIN that the gaining carrier gave, as far as an event tells.
#[derive(Debug, Clone)]
pub enum AttemptedPin {
    /// Events of this kind never tell.
    NotTold,
    /// The event could have carried a PIN and carries none.
    NotGiven,
    /// The PIN, to be compared and forgotten.
    Given(Pin),
}

/// Something Telnyx sent or listed, as it will be kept: with the PIN taken out of the body.
#[derive(Debug, Clone)]
pub struct Event {
    /// The way it came.
    pub source: EventSource,
    /// What it is.
    pub kind: EventKind,
    /// Equal for two deliveries of one event: `event:<type>:<id>`, `listed:<order>:<digest>` or `digest:<digest>`.
    pub dedupe_key: String,
    /// Telnyx's id of the event.
    pub event_id: Option<String>,
    /// Telnyx's type, such as `portout.status_changed`.
    pub event_type: Option<String>,
    /// The port-out it is about.
    pub order_id: Option<OrderId>,
    /// When it happened, by Telnyx.
    pub occurred_at: Option<Timestamp>,
    /// The status it tells of, a hint only.
    pub status: Option<OrderStatus>,
    /// The numbers it names.
    pub numbers: OrderNumbers,
    /// The PIN it carries.
    pub attempted_pin: AttemptedPin,
    /// The bytes as they came, any PIN blanked.
    pub body: Vec<u8>,
    /// SHA-256 of the body as it is kept: beside a blanked body, a digest of the whole would give a short PIN away.
    pub digest: [u8; 32],
}
