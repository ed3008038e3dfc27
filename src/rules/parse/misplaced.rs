//! Finds out what was meant by a key that a table does not have.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::report::Report;
use super::section::{Entry, Section};
use super::table_kind::{TABLE_KINDS, TableKind};
use crate::rules::diagnostics::code::Code;
use crate::rules::model::condition_name::{CONDITIONS, GROUPS};
use crate::rules::values::suggestion::{listed, nearest};

/// The help for a key, and the key of this table that was probably meant, so that it is not also reported as missing.
pub(super) struct Meant {
    pub(super) key: Option<&'static str>,
    pub(super) help: String,
}

/// Names of keys in other programs.
const OTHER_WORDS: [(TableKind, &[&str], &str); 19] = [
    (TableKind::Rule, &["name", "title", "rule"], "id"),
    (
        TableKind::Rule,
        &["description", "comment", "note", "notes", "why"],
        "about",
    ),
    (
        TableKind::Rule,
        &["enabled", "disabled", "active", "enable"],
        "mode",
    ),
    (
        TableKind::Rule,
        &["until", "expiry", "expiration", "valid_until", "expires_at"],
        "expires",
    ),
    (
        TableKind::Rule,
        &["when", "if", "where", "condition", "conditions", "matches"],
        "match",
    ),
    (TableKind::Rule, &["except", "not", "unmatch", "if_not"], "unless"),
    (
        TableKind::Rule,
        &["then", "decision", "verdict", "decide", "do", "result"],
        "action",
    ),
    (TableKind::Rule, &["alert", "email", "tell"], "notify"),
    (TableKind::Reject, &["cause", "code", "why"], "because"),
    (TableKind::Reject, &["text", "message"], "reason"),
    (TableKind::List, &["kind", "of"], "type"),
    (
        TableKind::List,
        &["entries", "items", "value", "list", "data", "numbers", "spids"],
        "values",
    ),
    (TableKind::List, &["path", "source", "csv", "from"], "file"),
    (
        TableKind::ListEntry,
        &["number", "spid", "text", "phone", "entry"],
        "value",
    ),
    (
        TableKind::ListEntry,
        &["comment", "reason", "about", "ticket"],
        "note",
    ),
    (
        TableKind::ListEntry,
        &["until", "expiry", "expires_at", "valid_until"],
        "expires",
    ),
    (
        TableKind::Test,
        &["result", "action", "want", "should", "decision"],
        "expect",
    ),
    (TableKind::Test, &["rule", "id", "decided_by"], "by"),
    (
        TableKind::Test,
        &["facts", "when", "input", "match", "order"],
        "given",
    ),
];

pub(super) fn meant(entry: &Entry<'_>, table_kind: TableKind) -> Meant {
    let key = entry.key;
    let of_this = |key: &'static str, help: String| Meant { key: Some(key), help };
    if let Some(other) = other_word(key, table_kind) {
        return of_this(other, format!("use `{other}` instead"));
    }
    if let Some(candidate) = nearest(key, table_kind.keys().iter().copied()) {
        return of_this(candidate, format!("did you mean `{candidate}`?"));
    }
    match table_kind {
        TableKind::Rule if is_condition(key) => {
            let name = with_member(entry);
            of_this(
                "match",
                format!("conditions belong under `match` or `unless`: write `match.{name}`"),
            )
        }
        TableKind::Rule if TableKind::Reject.keys().contains(&key) => {
            of_this("reject", format!("write `reject.{key}`"))
        }
        TableKind::Test if is_condition(key) || key == "now" || key == "phone_numbers" => {
            let name = with_member(entry);
            of_this(
                "given",
                format!("the facts of a test belong under `given`: write `given.{name}`"),
            )
        }
        _ => Meant {
            key: None,
            help: elsewhere(key, table_kind),
        },
    }
}

/// The name of a condition with its group: of a group, the first member.
fn with_member(entry: &Entry<'_>) -> String {
    let first = match entry.value {
        DeValue::Table(group) => Section::of(group, entry.span.clone())
            .entries()
            .first()
            .map(|member| member.key),
        _ => None,
    };
    first.map_or(entry.key.to_owned(), |member| format!("{}.{member}", entry.key))
}

/// A key of another table.
fn elsewhere(key: &str, table_kind: TableKind) -> String {
    let is_owner = |other: &&TableKind| **other != table_kind && other.keys().contains(&key);
    match TABLE_KINDS.iter().find(is_owner) {
        Some(other) => other.how_to_move(key),
        None => format!("use one of its keys: {}", listed(table_kind.keys())),
    }
}

fn other_word(key: &str, table_kind: TableKind) -> Option<&'static str> {
    let typed = key.to_lowercase().replace('-', "_");
    let says =
        |(of, words, _): &&(TableKind, &[&str], &str)| *of == table_kind && words.contains(&typed.as_str());
    OTHER_WORDS.iter().find(says).map(|(_, _, key)| *key)
}

/// Keys of a table that are in the tables below it, where they are reported as unknown, because a heading comes before
/// them.
///
/// INVARIANT: each of them is an error in that table. Otherwise a file would load although a key is missing.
pub(super) fn fallen_below(table: &DeTable<'_>, table_kind: TableKind) -> Vec<&'static str> {
    // The keys of `lists` are names that the admin chose.
    let tables = table.iter().filter(|(key, _)| key.get_ref() != "lists");
    let below = tables.flat_map(|(_, value)| match value.get_ref() {
        DeValue::Table(table) => vec![table],
        DeValue::Array(values) => values
            .iter()
            .filter_map(|value| value.get_ref().as_table())
            .collect(),
        _ => Vec::new(),
    });
    let below: Vec<&DeTable<'_>> = below.collect();
    let has_fallen = |key: &&str| !is_condition(key) && below.iter().any(|table| table.contains_key(*key));
    match table_kind {
        TableKind::File | TableKind::Rule | TableKind::Test => {
            table_kind.keys().iter().copied().filter(has_fallen).collect()
        }
        TableKind::Defaults | TableKind::List | TableKind::ListEntry | TableKind::Reject => Vec::new(),
    }
}

fn is_condition(key: &str) -> bool {
    GROUPS.contains(&key) || CONDITIONS.iter().any(|condition| condition.key == key)
}

impl<'d> Section<'d> {
    /// Opens a table, and reports every key that it does not have.
    pub(super) fn open(
        table: &'d DeTable<'d>,
        header: Range<usize>,
        table_kind: TableKind,
        report: &Report<'_>,
    ) -> Self {
        let mut section = Self::of(table, header);
        section.meant = fallen_below(table, table_kind);
        for entry in &section.entries {
            if !table_kind.keys().contains(&entry.key) {
                let message = format!("{} has no key `{}`", table_kind.title(), entry.key);
                let meant = meant(entry, table_kind);
                report.error(Code::UnknownKey, &entry.key_span, message, meant.help);
                section.meant.extend(meant.key);
            }
        }
        section
    }

    /// A required key, which is reported if it is missing.
    pub(super) fn need(
        &self,
        key: &str,
        table_kind: TableKind,
        help: &str,
        report: &Report<'_>,
    ) -> Option<Entry<'d>> {
        let entry = self.get(key);
        if entry.is_none() && !self.means(key) {
            let message = format!("{} has no `{key}`", table_kind.title());
            report.error(Code::MissingKey, &self.header, message, help);
        }
        entry
    }
}
