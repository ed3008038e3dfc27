//! A difference between rule sets as lines for people.

use super::changes::{Change, ListChange, RuleChange, TestChange};
use super::{EntryChanges, Few, RuleDiff};
use crate::domain::folding::shown;

impl RuleDiff {
    /// The changes for people, one line each, with invisible characters escaped. Empty if nothing changed.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let settings = self.settings.iter().map(change);
        let lists = self.lists.iter().flat_map(list);
        let rules = self.rules.iter().flat_map(rule);
        let tests = self.tests.iter().flat_map(test);
        let lines = settings.chain(lists).chain(rules).chain(tests);
        lines.map(|line| shown(&line).into_owned()).collect()
    }
}

/// `no_match: hold → reject`
fn change(change: &Change) -> String {
    let Change { key, old, new } = change;
    match (old, new) {
        (Some(old), Some(new)) => format!("{key}: {old} → {new}"),
        (None, Some(new)) => format!("{key}: {new}, added"),
        (Some(old), None) => format!("{key}: {old}, removed"),
        (None, None) => key.clone(),
    }
}

fn list(changed: &ListChange) -> Vec<String> {
    match changed {
        ListChange::Added { list, entries } => {
            vec![format!(
                "list {list}: added, with {}",
                few(&entries.added, "entry", "entries")
            )]
        }
        ListChange::Removed { list } => vec![format!("list {list}: removed")],
        ListChange::Retyped { list, old, new } => {
            vec![format!("list {list}: type {old} → {new}, with new entries")]
        }
        ListChange::Changed { list, entries } => entry_lines(list, entries),
    }
}

fn entry_lines(list: &str, entries: &EntryChanges) -> Vec<String> {
    let EntryChanges {
        added,
        removed,
        expires,
    } = entries;
    let mut lines = Vec::new();
    for (entries, what) in [(added, "added"), (removed, "removed")] {
        if entries.count > 0 {
            lines.push(format!(
                "list {list}: {what} {}",
                few(entries, "entry", "entries")
            ));
        }
    }
    if expires.count > 0 {
        let until = |until: &Option<String>| until.as_deref().unwrap_or("no expiry").to_owned();
        let parts = Few {
            count: expires.count,
            first: expires
                .first
                .iter()
                .map(|Change { key, old, new }| format!("{key} {} → {}", until(old), until(new)))
                .collect(),
        };
        lines.push(format!(
            "list {list}: changed expiry of {}",
            few(&parts, "entry", "entries")
        ));
    }
    lines
}

/// `2 entries: 073H, 6529`, `10000 entries: +13125550000, … and 9995 more`
fn few(few: &Few<String>, one: &str, many: &str) -> String {
    let Few { count, first } = few;
    let noun = if *count == 1 { one } else { many };
    let mut text = format!("{count} {noun}");
    if !first.is_empty() {
        text.push_str(": ");
        text.push_str(&first.join(", "));
    }
    match count.saturating_sub(first.len()) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

fn rule(changed: &RuleChange) -> Vec<String> {
    match changed {
        RuleChange::Removed { rule, place } => {
            vec![format!("rule {rule}: removed from position {place}")]
        }
        RuleChange::Added { rule, place, values } => {
            let says = |change: &Change| {
                let value = change.new.as_deref().unwrap_or_default();
                format!("{} {value}", change.key)
            };
            let parts = values.iter().filter(|change| change.key != "about").map(says);
            let parts: Vec<String> = parts.collect();
            vec![format!(
                "rule {rule}: added at position {place}: {}",
                parts.join(", ")
            )]
        }
        RuleChange::Renamed { old, rule } => vec![format!("rule {rule}: renamed from {old}")],
        RuleChange::Moved {
            rule,
            from,
            to,
            below,
        } => {
            let now = match below {
                Some(above) => format!("now directly below {above}"),
                None => "now the first".to_owned(),
            };
            vec![format!(
                "rule {rule}: moved from position {from} to position {to}, {now}"
            )]
        }
        RuleChange::Changed { rule, values } => of(&format!("rule {rule}"), values),
    }
}

fn test(changed: &TestChange) -> Vec<String> {
    match changed {
        TestChange::Removed { test } => vec![format!("test \"{test}\": removed")],
        TestChange::Added { test } => vec![format!("test \"{test}\": added")],
        TestChange::Changed { test, values } => of(&format!("test \"{test}\""), values),
    }
}

fn of(subject: &str, values: &[Change]) -> Vec<String> {
    values
        .iter()
        .map(|value| format!("{subject}: {}", change(value)))
        .collect()
}
