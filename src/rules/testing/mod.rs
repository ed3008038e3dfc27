//! The tests in a rule file: running them, selecting them, what they cover, and writing one from a real case.

pub(super) mod coverage;
pub(super) mod generate;
pub(super) mod name_filter;
pub(super) mod runner;
