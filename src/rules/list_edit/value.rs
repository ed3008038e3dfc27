//! A value of a list, however it was typed.

use super::refused::EditRefused;
use crate::domain::{PhoneNumber, Spid};
use crate::rules::lists::expiry::Expiry;
use crate::rules::lists::list::{List, ListBuilder, ListType};
use crate::rules::lists::number_list::prefix_in_words;
use crate::rules::values::text_pattern::{Folded, TextPattern};

/// A value of a list, however it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// Equal for two ways of writing one value.
    pub(super) key: String,
    /// As a list should have it.
    pub(super) written: String,
}

/// Farther values are not meant.
const FARTHEST: usize = 2;
/// So many near values are told.
const MOST_NEAR: usize = 3;
/// Of a longer list only the first entries are compared with what was mistyped.
const MOST_COMPARED: usize = 1 << 20;

impl Named {
    /// Reads a value of a type.
    pub(super) fn read(text: &str, kind: ListType) -> Result<Self, EditRefused> {
        // The same reader as for a list: what it refuses would not load.
        ListBuilder::of(kind)
            .read(text, Expiry::Forever)
            .map_err(|problem| EditRefused::InvalidValue {
                message: problem.message,
                help: problem.help,
            })?;
        let trimmed = text.trim();
        if trimmed.is_empty() || trimmed.chars().any(char::is_control) {
            return Err(EditRefused::InvalidValue {
                message: format!("`{}` is not a valid list entry", trimmed.escape_debug()),
                help: "write it as one line of text".to_owned(),
            });
        }
        let written = match kind {
            ListType::Spid => trimmed
                .parse::<Spid>()
                .map_or_else(|_| trimmed.to_owned(), String::from),
            ListType::Number => trimmed
                .parse::<PhoneNumber>()
                .map_or_else(|_| prefix_in_words(trimmed), |number| number.to_string()),
            ListType::Text => trimmed.to_owned(),
        };
        let key = match kind {
            ListType::Spid | ListType::Number => written.clone(),
            ListType::Text => match TextPattern::read(text) {
                Ok(pattern) => pattern.written(),
                Err(_) => Folded::of(text).as_str().to_owned(),
            },
        };
        Ok(Self { key, written })
    }
}

/// What of a list is near a value that it does not have, as the end of a sentence.
pub(super) fn near(named: &Named, list: &List) -> String {
    if let List::Numbers(numbers) = list {
        let prefixes = numbers.prefix_entries().into_iter().map(|(prefix, _)| prefix);
        let covers = |prefix: &String| named.key.starts_with(prefix.trim_end_matches('*'));
        if let Some(prefix) = prefixes.into_iter().find(covers) {
            return format!("; its entry `{prefix}` covers it");
        }
    }
    let mut near: Vec<(usize, String)> = Vec::new();
    each_key(list, |key| {
        let distance = strsim::damerau_levenshtein(&named.key.to_lowercase(), &key.to_lowercase());
        if distance <= FARTHEST {
            near.push((distance, key));
        }
    });
    near.sort();
    let near: Vec<String> = near
        .into_iter()
        .take(MOST_NEAR)
        .map(|(_, key)| format!("`{key}`"))
        .collect();
    match near.as_slice() {
        [] => "; `portoutd rules list show` prints its entries".to_owned(),
        _ => format!("; similar entries: {}", near.join(", ")),
    }
}

fn each_key(list: &List, mut told: impl FnMut(String)) {
    match list {
        List::Spids(set) => set
            .iter()
            .take(MOST_COMPARED)
            .for_each(|spid| told(spid.as_str().to_uppercase())),
        List::Numbers(set) => {
            let numbers = set.entries().take(MOST_COMPARED);
            numbers.for_each(|(digits, _)| told(format!("+{digits}")));
            set.prefix_entries()
                .into_iter()
                .for_each(|(prefix, _)| told(prefix));
        }
        List::Texts(set) => {
            let literals = set.literals().take(MOST_COMPARED);
            literals.for_each(|text| told(text.as_str().to_owned()));
            set.pattern_entries().into_iter().for_each(|(text, _)| told(text));
        }
    }
}
