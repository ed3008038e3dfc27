//! Evaluates a candidate rule set for past orders, and reports which decisions would change.
//!
//! This module is pure. It receives one case at a time, with the facts and the time of the decision, and keeps only
//! counts and a few names, so that any number of cases fits in memory.

mod case;
mod case_outcome;
mod report;
mod run;
mod tally;
#[cfg(test)]
mod tests;

pub use case::{Baseline, Became, Case};
pub use case_outcome::{Bucket, CaseOutcome, Change};
pub use report::{BucketReport, Move, Report, RuleDifference};
pub use run::Backtest;
pub use tally::Tally;
