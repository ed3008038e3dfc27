//! A stateful simulator of Telnyx's port-out API: for the demo, for tests over real HTTP, and for rehearsals.
//!
//! It supports the calls that a port-out service makes, keeps orders and changes them as Telnyx would, posts signed
//! webhooks, and fails on request. Undocumented behavior is defined in [`Assumptions`]. [`Simulator`] is the handle
//! within the same process, and `/_simulator/` ([`control`]) is the one for another process.

mod assumptions;
mod chance;
mod clockwork;
mod config;
pub mod control;
mod events;
mod faults;
mod handle;
mod moves;
mod new_order;
mod order;
mod port_ins;
mod register;
mod requests;
mod routes;
mod scenarios;
mod shared;
mod signing;
#[cfg(test)]
mod tests;
mod webhooks;
mod wire;
mod world;

pub use assumptions::{
    Again, Assumptions, CodeInBody, DeliveredAgain, ListMeta, ListOrder, PinStandsIn, ReasonAfterBounce,
    RejectionCode, SignatureOfARetry, SilenceCountsFrom, UnknownFilter, WebhookEventId,
};
pub use config::{SimulatorConfig, StartError};
pub use faults::{Call, Fault, FaultOrder, InvalidFault, Times};
pub use handle::{Faults, Simulator};
pub use moves::MoveError;
pub use new_order::NewOrder;
pub use order::Review;
pub use order::{ChangedBy, OrderSnapshot, StatusChange};
pub use port_ins::NewPortIn;
pub use register::{MOST_SUBSCRIBERS, register_csv};
pub use requests::RecordedRequest;
pub use scenarios::{Scenario, ScenarioRun};
pub use signing::Signed;
pub use webhooks::{
    AttemptEnd, Copies, Delivery, DeliveryAttempt, DeliveryState, Sequence, SignatureMade, WebhookFaults,
};
pub use world::UnknownOrder;

use shared::Shared;
