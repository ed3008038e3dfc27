//! Finds lists that are empty or never used.

use std::collections::BTreeSet;

use super::list_clash::{Clash, clashes};
use super::run::{Lint, Subject};
use crate::rules::diagnostics::code::Code;
use crate::rules::lists::list::List;
use crate::rules::model::places::ListPlace;

/// Warns about lists that are empty, unused or expired, and about entries that conflict.
pub(super) fn lint(lint: &mut Lint<'_>) {
    let places = lint.rules().places();
    let conditions = places.rules.iter().flat_map(|rule| &rule.conditions);
    let named: BTreeSet<&str> = conditions
        .flat_map(|place| place.lists.iter().map(String::as_str))
        .collect();
    for (at, place) in places.lists.iter().enumerate() {
        let Some(entries) = lint.rules().lists().get(&place.name) else {
            continue;
        };
        if !named.contains(place.name.as_str()) {
            unused(lint, at, place);
        }
        let (all, live) = entries.counts(lint.now);
        match (all, live) {
            (0, _) => empty(lint, at, place),
            (_, 0) => expired(lint, at, place, all),
            _ => {}
        }
        for clash in clashes(entries, &place.doubles) {
            contradictory(lint, at, (place, entries), &clash);
        }
    }
}

fn unused(lint: &mut Lint<'_>, at: usize, place: &ListPlace) {
    let name = &place.name;
    lint.warn(
        (Subject::List(at), Code::UnusedList),
        &place.span,
        format!("no condition uses the list `{name}`"),
        format!("use it in a condition as \"@{name}\", or remove it"),
    );
}

fn empty(lint: &mut Lint<'_>, at: usize, place: &ListPlace) {
    lint.warn(
        (Subject::List(at), Code::EmptyList),
        &place.span,
        format!(
            "the list `{}` is empty, so nothing is ever found in it",
            place.name
        ),
        "add entries, or remove it and the conditions that use it",
    );
}

fn expired(lint: &mut Lint<'_>, at: usize, place: &ListPlace, count: usize) {
    let entries = match count {
        1 => "the only entry".to_owned(),
        _ => format!("every one of the {count} entries"),
    };
    lint.warn(
        (Subject::List(at), Code::ExpiredList),
        &place.span,
        format!(
            "{entries} of the list `{}` has expired, so nothing is ever found in it",
            place.name
        ),
        "set later dates for its entries, or remove it and the conditions that use it",
    );
}

fn contradictory(lint: &mut Lint<'_>, at: usize, (place, entries): (&ListPlace, &List), clash: &Clash) {
    let name = &place.name;
    let kind = (Subject::List(at), Code::ContradictoryList);
    let (message, help) = match clash {
        Clash::Repeated { value, count } => (
            format!(
                "`{value}` is in the list `{name}` more than once, with different dates{}",
                and_more(*count)
            ),
            "keep the entry with the latest date, which is the one that counts, and remove the others",
        ),
        Clash::Covered { value, by, count } => (
            format!(
                "`{value}` has no effect in the list `{name}`: `{by}` covers it for at least as long{}",
                and_more(*count)
            ),
            "remove the narrower entry, or set an earlier date for the broader one",
        ),
    };
    lint.warn_entry(kind, (place, entries.kind()), clash.value(), (&message, help));
}

fn and_more(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        2 => "; the same is true of one more entry".to_owned(),
        _ => format!("; the same is true of {} more entries", count - 1),
    }
}
