//! Rules, facts and a time to a verdict with its trace.

pub(super) mod open_conditions;
pub(super) mod trace;
pub(super) mod turning_points;
pub(super) mod unknowns;
pub(super) mod value_classes;
pub(super) mod verdict;
pub(super) mod walk;
