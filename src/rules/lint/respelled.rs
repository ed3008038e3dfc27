//! Finds text that changes when it is folded, because of characters that are invisible or have a plain form. It matches
//! what it looks like, and the reader of the file should know what that is.

use super::entries::EntryPlace;
use super::run::{Lint, Placed, Subject};
use crate::domain::folding;
use crate::rules::diagnostics::code::Code;
use crate::rules::lists::entry::Entry;
use crate::rules::lists::list::{List, ListType};
use crate::rules::model::expected::ExpectedValue;
use crate::rules::model::places::ListPlace;

const HELP: &str =
    "type it again in plain characters; `portoutd explain R124` describes how text is compared";

/// The first text of a list or a condition that changes when it is folded, and how many there are.
#[derive(Default)]
struct Found {
    first: Option<(String, Option<EntryPlace>)>,
    count: usize,
}

/// Warns about list entries and values of conditions that folding changes in more than their case.
pub(super) fn lint(lint: &mut Lint<'_>) {
    let places = lint.rules().places();
    for (at, place) in places.lists.iter().enumerate() {
        let kind = lint.rules().lists().get(&place.name).map(List::kind);
        if let Some(kind @ (ListType::Text | ListType::Spid)) = kind {
            of_list(lint, at, (place, kind));
        }
    }
    let rules: Vec<Placed<'_>> = lint.live_rules().collect();
    for placed in rules {
        of_rule(lint, placed);
    }
}

fn of_list(lint: &mut Lint<'_>, at: usize, (place, kind): (&ListPlace, ListType)) {
    let mut found = Found::default();
    lint.for_each_entry(place, |value, entry| {
        let message = Entry::read(value, kind)
            .ok()
            .and_then(|entry_read| respelled(&entry_read, value));
        if let Some(message) = message {
            found.note(message, || Some(entry()));
        }
    });
    let count = found.count;
    if let Some((message, entry)) = found.first {
        let message = format!("{message}{}", and_more(count, "entry", "entries"));
        lint.warn_at(
            (Subject::List(at), Code::Respelled),
            place,
            entry,
            (&message, HELP),
        );
    }
}

fn of_rule(lint: &mut Lint<'_>, placed: Placed<'_>) {
    let conditions = placed.rule.matching.iter().chain(&placed.rule.unless);
    for (condition, place) in conditions.zip(&placed.place.conditions) {
        let mut found = Found::default();
        for value in condition.expected.values() {
            if let ExpectedValue::Entry { typed, entry } = value
                && let Some(message) = respelled(entry, typed)
            {
                found.note(message, || None);
            }
        }
        let count = found.count;
        if let Some((message, _)) = found.first {
            let message = format!("{message}{}", and_more(count, "value", "values"));
            lint.warn(
                (Subject::Rule(placed.at), Code::Respelled),
                &place.span,
                message,
                HELP,
            );
        }
    }
}

impl Found {
    fn note(&mut self, message: String, place: impl FnOnce() -> Option<EntryPlace>) {
        self.count += 1;
        self.first.get_or_insert_with(|| (message, place()));
    }
}

/// The message for a text that changes when it is folded.
fn respelled(entry: &Entry, typed: &str) -> Option<String> {
    let compared = match entry {
        Entry::Text(pattern) => pattern.respelled(typed)?,
        Entry::Spid(_) if folding::is_plain(typed) => return None,
        Entry::Spid(spid) => spid.to_string(),
        Entry::Number(_) | Entry::Prefix(_) => return None,
    };
    if compared.is_empty() {
        return Some(format!(
            "`{typed}` has no visible characters, so it matches only empty text"
        ));
    }
    Some(format!("`{typed}` is compared as `{compared}`"))
}

fn and_more(count: usize, one: &str, many: &str) -> String {
    match count {
        0 | 1 => String::new(),
        2 => format!("; the same is true of one more {one}"),
        _ => format!("; the same is true of {} more {many}", count - 1),
    }
}
