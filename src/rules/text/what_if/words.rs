//! The values for which a condition holds, as short as possible: `073H or in @partners`.

use crate::rules::model::condition::{Condition, Quantifier, Test};
use crate::rules::text::prose::amounts;
use crate::rules::text::written::{Written, listed_with, values};

/// The values for which a condition holds, as short as possible: `073H or in @partners`.
pub(super) fn of(condition: &Condition) -> String {
    let values = || {
        let parts: Vec<String> = values(condition).into_iter().map(one).collect();
        listed_with("or", &parts)
    };
    match &condition.test {
        Test::Tags(_) => format!("tagged {}", values()),
        Test::Countries(_) => format!("every one {}", values()),
        Test::Numbers(Quantifier::Any, _) => format!("a number {}", values()),
        Test::Numbers(Quantifier::All, _) => format!("every number {}", values()),
        Test::Numbers(Quantifier::None, _) => format!("no number {}", values()),
        Test::Count(wanted) => amounts(wanted, "number"),
        _ => values(),
    }
}

fn one(value: Written) -> String {
    match value {
        Written::Literal(text) => text,
        Written::Wild(text) | Written::Expression(text) => format!("like {text}"),
        Written::Prefix(start) => format!("like {start}*"),
        Written::List(name, _) => format!("in @{name}"),
    }
}
