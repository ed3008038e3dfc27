//! The conditions that a missing fact keeps open.

use crate::rules::facts::context::EvalContext;
use crate::rules::model::condition::{Condition, Truth};
use crate::rules::model::rule::Rule;

/// The conditions of a rule that a missing fact keeps open: those of `match`, and those of `unless`.
pub(crate) fn open_conditions<'r>(
    rule: &'r Rule,
    context: &EvalContext<'_>,
) -> (Vec<&'r Condition>, Vec<&'r Condition>) {
    let open = |conditions: &'r [Condition]| {
        let is_open = |condition: &&Condition| condition.holds(context) == Truth::Unknown;
        conditions.iter().filter(is_open).collect()
    };
    (open(&rule.matching), open(&rule.unless))
}
