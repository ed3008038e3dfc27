//! The values of a condition as parts of sentences.

use crate::domain::folding::shown;
use crate::rules::lists::entry::Entry;
use crate::rules::model::condition::Condition;
use crate::rules::model::expected::{ExpectedValue, WantedValue};
use crate::rules::values::text_pattern::TextPattern;

/// One value of a condition on text, carriers or numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Written {
    /// The value itself.
    Literal(String),
    /// With `*` for any characters.
    Wild(String),
    /// The start of numbers, without the `*`.
    Prefix(String),
    /// A regular expression, including its slashes.
    Expression(String),
    /// The name of a list, and its number of entries.
    List(String, usize),
}

/// The values of a condition, in the order of the file, for people: invisible characters are escaped.
pub(crate) fn values(condition: &Condition) -> Vec<Written> {
    condition.expected.values().iter().map(written).collect()
}

fn written(value: &ExpectedValue) -> Written {
    let text = || match value.wanted() {
        WantedValue::Flag(flag) => flag.to_string(),
        WantedValue::Text(text) => shown(&text).into_owned(),
    };
    match value {
        ExpectedValue::List { name, entries } => Written::List(name.clone(), *entries),
        ExpectedValue::Entry { entry, .. } => match entry {
            Entry::Text(TextPattern::Wild(_)) => Written::Wild(text()),
            Entry::Text(TextPattern::Expression { .. }) => Written::Expression(text().trim().to_owned()),
            Entry::Prefix(prefix) => Written::Prefix(prefix.start()),
            Entry::Spid(_) | Entry::Number(_) | Entry::Text(TextPattern::Literal(_)) => {
                Written::Literal(text())
            }
        },
        _ => Written::Literal(text()),
    }
}

/// `a`, `a or b`, `a, b or c`.
pub(crate) fn listed_with(word: &str, parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}
