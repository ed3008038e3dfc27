//! The outside: what Telnyx sends us and what we ask of it. Wire formats stay in here; what leaves are words of `domain`.

mod client;
mod event;
mod json;
mod order;
pub mod signature;

pub use client::{
    Answer, Client, ClientSettings, EventFilter, InvalidClientSettings, ListBound, ListBounds, ListEnd,
    ListedOrder, Listing, OrderFilter, PortInNumber, Progress, ReadError, ReadOrder, RejectionCode,
    SendOutcome, SkippedElement, TimeRange, Turn, Unreadable,
};
pub use event::{listed_order_event, parse_listed_event, parse_webhook};
pub use order::{WireError, parse_order};
