//! The checked rules: what a rule file means once it was parsed.

pub(super) mod condition;
pub(super) mod condition_name;
pub(super) mod defaults;
pub(super) mod expected;
pub(super) mod places;
pub(super) mod rule;
pub(super) mod rule_set;
pub(super) mod test_case;
