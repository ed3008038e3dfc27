//! The value of a condition as it stands in the file, taken apart again: checked rules keep sets, people want words.

use toml::de::{DeTable, DeValue};

use crate::domain::folding;
use crate::rules::model::condition::{AnyOf, Condition, Test};

/// One value of a condition on text, carriers or numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Written {
    /// The value itself.
    Literal(String),
    /// With `*` for any run of signs.
    Wild(String),
    /// Between slashes, which it keeps.
    Expression(String),
    /// A list by its name, and how many entries it has.
    List(String, usize),
}

/// The values of a condition, in the order of the file, for people: invisible characters are escaped.
pub(crate) fn values(condition: &Condition) -> Vec<Written> {
    let texts = texts(&condition.wanted);
    let has_own = texts.iter().any(|text| !text.starts_with('@'));
    // Lists stand behind the condition's own values, which are one set.
    let mut lists = usize::from(has_own)..;
    let written = |text: String| match text.strip_prefix('@') {
        Some(name) => {
            let entries = lists.next().map_or(0, |place| entries(&condition.test, place));
            Written::List(name.to_owned(), entries)
        }
        None => own(&text),
    };
    texts.into_iter().map(written).collect()
}

/// The texts of `"a"` or `["a", "b"]`; what is true or false is told as such.
pub(crate) fn texts(wanted: &str) -> Vec<String> {
    let document = format!("wanted = {wanted}");
    let Ok(table) = DeTable::parse(&document) else {
        return vec![wanted.to_owned()];
    };
    let one = |value: &DeValue<'_>| match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        _ => wanted.to_owned(),
    };
    let values = table.get_ref().values();
    values
        .flat_map(|value| match value.get_ref() {
            DeValue::Array(values) => values.iter().map(|value| one(value.get_ref())).collect(),
            value => vec![one(value)],
        })
        .collect()
}

fn own(typed: &str) -> Written {
    let text = folding::shown(typed).into_owned();
    if text.len() > 1 && text.starts_with('/') && text.ends_with('/') {
        Written::Expression(text)
    } else if folding::fold(typed).contains('*') {
        Written::Wild(text)
    } else {
        Written::Literal(text)
    }
}

fn entries(test: &Test, place: usize) -> usize {
    match test {
        Test::Spid(AnyOf(sets)) => sets.get(place).map_or(0, |set| set.len()),
        Test::Text(AnyOf(sets)) | Test::Countries(AnyOf(sets)) | Test::Tags(AnyOf(sets)) => {
            sets.get(place).map_or(0, |set| set.len())
        }
        Test::Numbers(_, members) => members.sets.get(place).map_or(0, |set| set.len()),
        _ => 0,
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
