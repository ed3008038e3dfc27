//! What people ask of the record: lists of decisions and orders, and what waits for somebody.

mod decisions;
mod history;
mod judged;
mod orders;
mod rule_history;
mod rule_stats;
#[cfg(test)]
mod tests;
mod waiting;

pub use decisions::{DecisionFilter, DecisionReport, decision_report, list_decisions};
pub use history::{KeptEvent, episodes_of, events_of};
pub use judged::{Judged, count_judged, judged};
pub use orders::{KnownOrder, find_orders, list_orders};
pub use rule_history::rule_history;
pub use rule_stats::{CandidateOutcomes, RuleStat, RuleStats, rule_stats};
pub use waiting::{Waiting, WaitingDecision, list_waiting};
