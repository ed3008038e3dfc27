//! The interface to Telnyx: what it sends and what it is asked. Wire formats stay in this module, and the rest of the
//! program uses the terms of `domain`.

mod client;
mod event;
mod json;
mod order;
pub mod signature;

pub use client::{
    AnswerRequest, Client, ClientSettings, EventFilter, InvalidClientSettings, ListBound, ListBounds,
    ListEnd, ListedOrder, Listing, OrderFilter, PortInNumber, Progress, ReadError, ReadOrder, RejectionCode,
    SendOutcome, SkippedElement, TimeRange, Turn, Unreadable,
};
pub use event::{listed_order_event, parse_listed_event, parse_webhook};
pub use order::{WireError, parse_order};
