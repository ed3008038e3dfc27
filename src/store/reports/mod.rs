//! Reports for people: lists of decisions and orders, and the orders that require attention.

mod decisions;
mod history;
mod judged;
mod orders;
mod rule_stats;
mod rules_on_record;
#[cfg(test)]
mod tests;
mod waiting;

pub use decisions::{DecisionFilter, DecisionReport, decision_report, list_decisions};
pub use history::{KeptEvent, episodes_of, events_of};
pub use judged::{Judged, count_judged, judged};
pub use orders::{KnownOrder, find_orders, list_orders};
pub use rule_stats::{CandidateOutcomes, RuleStat, RuleStats, rule_stats};
pub use rules_on_record::{RuleOnRecord, RulesOnRecord, rules_on_record};
pub use waiting::{Waiting, WaitingDecision, list_waiting};
