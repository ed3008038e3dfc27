//! A candidate rule set over orders that were decided before: what would come out otherwise.
//!
//! Pure: cases come in one at a time, with the facts and the time of their decision, and only counts and a few names
//! are kept, so that any number of them fits.

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
