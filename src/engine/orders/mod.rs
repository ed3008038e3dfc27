//! The processing of one order: read it, evaluate the rules, record the decision, send the answer, and watch its
//! deadline.

pub(super) mod announced_numbers;
pub(super) mod answer;
pub(super) mod deadline;
pub(super) mod deadline_watch;
pub(super) mod error;
pub(super) mod evaluate;
pub(super) mod facts;
pub mod person;
pub(super) mod process_order;
pub(super) mod recheck;
pub(super) mod record;
pub(super) mod rejection_code;
pub(super) mod saw;
pub(super) mod snapshot;
pub(super) mod withheld;
pub(super) mod wording;
pub(super) mod workers;
