//! The facts that a rule can test, and their values for an order.

pub(super) mod business_hours;
pub(super) mod context;
pub(super) mod fact;
pub(super) mod field;
pub(super) mod from_order;
pub(super) mod json;
pub(super) mod known;
pub(super) mod words;
