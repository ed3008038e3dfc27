//! Facts and their values as people read them.

use serde_json::Value;

use super::fact::Fact;
use crate::domain::OrderNumbers;
use crate::domain::folding::shown;

/// More numbers than this are counted, not listed.
const MOST_NUMBERS: usize = 3;

/// A fact's value as people read it: text without quotes, several with commas between, invisible characters escaped.
pub(crate) fn plain_value(value: &Value) -> String {
    match value {
        Value::String(text) => shown(text).into_owned(),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::Array(values) => {
            let texts: Vec<String> = values.iter().map(plain_value).collect();
            texts.join(", ")
        }
        other => other.to_string(),
    }
}

/// The first few numbers, and how many more there are.
pub(crate) fn listed_numbers(numbers: &OrderNumbers) -> String {
    let readable = numbers.readable.iter().map(ToString::to_string);
    let unreadable = numbers.unreadable.iter().map(|text| format!("`{}`", shown(text)));
    let shown: Vec<String> = readable.chain(unreadable).take(MOST_NUMBERS).collect();
    let text = if shown.is_empty() {
        "none".to_owned()
    } else {
        shown.join(", ")
    };
    match numbers.count().saturating_sub(MOST_NUMBERS) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// The facts of a list, for people.
pub(crate) fn named(facts: &[Fact]) -> String {
    let names: Vec<&str> = facts.iter().map(|fact| fact.name()).collect();
    names.join(", ")
}
