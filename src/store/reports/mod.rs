//! What people ask of the record: lists of decisions and orders, and what waits for somebody.

mod decisions;
mod history;
mod orders;
mod waiting;

pub use decisions::{DecisionFilter, DecisionReport, decision_report, list_decisions};
pub use history::{KeptEvent, episodes_of, events_of};
pub use orders::{KnownOrder, find_orders, list_orders};
pub use waiting::{Waiting, WaitingDecision, list_waiting};
