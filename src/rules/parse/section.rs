use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::misplaced::{fallen_below, meant};
use super::report::Report;
use crate::rules::diagnostics::code::Code;

/// A table of the rule file, its keys in the order in which they stand there.
#[derive(Debug)]
pub(super) struct Section<'d> {
    /// Where to point when something is missing.
    pub(super) header: Range<usize>,
    entries: Vec<Entry<'d>>,
    /// Keys that are there, but misspelt or in another place: told as that, not as missing too.
    meant: Vec<&'static str>,
}

/// A key with its value, or one of the values of a key.
#[derive(Debug, Clone)]
pub(super) struct Entry<'d> {
    pub(super) key: &'d str,
    pub(super) key_span: Range<usize>,
    pub(super) value: &'d DeValue<'d>,
    pub(super) span: Range<usize>,
}

/// The kinds of tables a rule file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    File,
    Defaults,
    List,
    ListEntry,
    Rule,
    Reject,
    Test,
}

pub(crate) const HOMES: [Home; 7] = [
    Home::File,
    Home::Defaults,
    Home::List,
    Home::ListEntry,
    Home::Rule,
    Home::Reject,
    Home::Test,
];

impl Home {
    /// The keys that the table has.
    pub(crate) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::File => &["version", "timezone", "defaults", "lists", "rule", "test"],
            Self::Defaults => &["no_match", "on_unknown", "decide_within", "at_decide_by", "allow"],
            Self::List => &["type", "values", "file", "allow"],
            Self::ListEntry => &["value", "note", "expires"],
            Self::Rule => &[
                "id",
                "about",
                "mode",
                "expires",
                "match",
                "unless",
                "action",
                "reject",
                "notify",
                "host_messaging",
                "allow",
            ],
            Self::Reject => &["because", "reason"],
            Self::Test => &["name", "given", "expect", "by", "cause", "unknown"],
        }
    }

    /// How the table is called in messages.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::File => "the file itself",
            Self::Defaults => "`[defaults]`",
            Self::List => "a list",
            Self::ListEntry => "an entry of a list",
            Self::Rule => "a `[[rule]]`",
            Self::Reject => "`reject` of a rule",
            Self::Test => "a `[[test]]`",
        }
    }

    /// How to move a key here that fell into another table.
    pub(super) fn how_to_move(self, key: &str) -> String {
        match self {
            Self::File => format!("`{key}` belongs to the file itself: put it above the first heading"),
            Self::Reject => format!("write `reject.{key}`"),
            home => format!("`{key}` belongs to {}: move it there", home.title()),
        }
    }
}

impl<'d> Section<'d> {
    /// Opens a table and tells every key that it does not have.
    pub(super) fn open(
        table: &'d DeTable<'d>,
        header: Range<usize>,
        home: Home,
        report: &Report<'_>,
    ) -> Self {
        let mut section = Self::of(table, header);
        section.meant = fallen_below(table, home);
        for entry in &section.entries {
            if !home.keys().contains(&entry.key) {
                let message = format!("{} has no key `{}`", home.title(), entry.key);
                let meant = meant(entry, home);
                report.error(Code::UnknownKey, &entry.key_span, message, meant.help);
                section.meant.extend(meant.key);
            }
        }
        section
    }

    /// A table whose keys are names that the admin chose, or conditions.
    pub(super) fn of(table: &'d DeTable<'d>, header: Range<usize>) -> Self {
        let mut entries: Vec<Entry<'d>> = table.iter().map(|(key, value)| Entry::new(key, value)).collect();
        entries.sort_by_key(|entry| entry.key_span.start);
        Self {
            header,
            entries,
            meant: Vec::new(),
        }
    }

    /// A key of the table, where it stands.
    pub(super) fn get(&self, key: &str) -> Option<Entry<'d>> {
        self.entries.iter().find(|entry| entry.key == key).cloned()
    }

    /// A key that has to be there: told when it is not.
    pub(super) fn need(&self, key: &str, home: Home, help: &str, report: &Report<'_>) -> Option<Entry<'d>> {
        let entry = self.get(key);
        if entry.is_none() && !self.means(key) {
            let message = format!("{} has no `{key}`", home.title());
            report.error(Code::MissingKey, &self.header, message, help);
        }
        entry
    }

    /// Whether a key that is missing is there under a wrong name or in a wrong place, which was told.
    pub(super) fn means(&self, key: &str) -> bool {
        self.meant.contains(&key)
    }

    /// The keys in order.
    pub(super) fn entries(&self) -> &[Entry<'d>] {
        &self.entries
    }
}

impl<'d> Entry<'d> {
    fn new(key: &'d Spanned<std::borrow::Cow<'d, str>>, value: &'d Spanned<DeValue<'d>>) -> Self {
        Self {
            key: key.get_ref(),
            key_span: key.span(),
            value: value.get_ref(),
            span: value.span(),
        }
    }

    /// The values of an array, or the value itself.
    pub(super) fn items(&self) -> Vec<Self> {
        match self.value {
            DeValue::Array(values) => values
                .iter()
                .map(|value| Self {
                    value: value.get_ref(),
                    span: value.span(),
                    ..self.clone()
                })
                .collect(),
            _ => vec![self.clone()],
        }
    }

    /// The type of the value, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a decimal number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        }
    }
}
