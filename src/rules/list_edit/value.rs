//! A value of a list, independent of its spelling.

use super::refused::EditRefused;
use crate::rules::lists::entry::Entry;
use crate::rules::lists::list::{List, ListType};
use crate::rules::lists::number_list::Prefix;

/// A value of a list, independent of its spelling.
#[derive(Debug, Clone)]
pub(super) struct Named {
    entry: Entry,
    /// Equal for two ways of writing one value.
    pub(super) key: String,
    /// As a list should have it.
    pub(super) written: String,
}

/// The maximum distance of a similar value.
const FARTHEST: usize = 2;
/// The maximum number of similar values in a message.
const MOST_NEAR: usize = 3;
/// The maximum number of entries that are compared with a misspelled value.
const MOST_COMPARED: usize = 1 << 20;

impl Named {
    /// Reads a value of a type.
    pub(super) fn read(text: &str, kind: ListType) -> Result<Self, EditRefused> {
        // The reader of lists, so that an invalid value is refused before it is written.
        let entry = Entry::read(text, kind).map_err(|problem| EditRefused::InvalidValue {
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
        let key = entry.key();
        let written = match entry {
            Entry::Text(_) => trimmed.to_owned(),
            Entry::Spid(_) | Entry::Number(_) | Entry::Prefix(_) => key.clone(),
        };
        Ok(Self { entry, key, written })
    }
}

/// Similar entries of a list, as the end of a sentence.
pub(super) fn near(named: &Named, list: &List) -> String {
    if let List::Numbers(numbers) = list {
        let digits = match &named.entry {
            Entry::Number(number) => Some(number.digits()),
            Entry::Prefix(prefix) => Some(prefix.digits),
            Entry::Spid(_) | Entry::Text(_) => None,
        };
        let covers = |prefix: &&Prefix| digits.is_some_and(|digits| prefix.starts(digits));
        let covering = numbers.prefixes().iter().filter(covers);
        if let Some(prefix) = covering.min_by_key(|prefix| prefix.digits) {
            return format!("; its entry `{}` covers it", prefix.written());
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

fn each_key(list: &List, mut visit: impl FnMut(String)) {
    match list {
        List::Spids(set) => set
            .iter()
            .take(MOST_COMPARED)
            .for_each(|spid| visit(spid.as_str().to_uppercase())),
        List::Numbers(set) => {
            let numbers = set.entries().take(MOST_COMPARED);
            numbers.for_each(|(digits, _)| visit(format!("+{digits}")));
            set.prefix_entries()
                .into_iter()
                .for_each(|(prefix, _)| visit(prefix));
        }
        List::Texts(set) => {
            let literals = set.literals().take(MOST_COMPARED);
            literals.for_each(|text| visit(text.as_str().to_owned()));
            set.pattern_entries()
                .into_iter()
                .for_each(|(text, _)| visit(text));
        }
    }
}
