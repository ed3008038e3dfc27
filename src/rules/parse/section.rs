//! A table of a rule file with its keys and their positions.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A table of the rule file, with its keys in the order of the file.
#[derive(Debug)]
pub(super) struct Section<'d> {
    /// The position for findings about missing keys.
    pub(super) header: Range<usize>,
    pub(super) entries: Vec<Entry<'d>>,
    /// Keys that are present, but misspelled or in another table. They are reported as that, and not also as missing.
    pub(super) meant: Vec<&'static str>,
}

/// A key with its value, or one of the values of a key.
#[derive(Debug, Clone)]
pub(super) struct Entry<'d> {
    pub(super) key: &'d str,
    pub(super) key_span: Range<usize>,
    pub(super) value: &'d DeValue<'d>,
    pub(super) span: Range<usize>,
}

impl<'d> Section<'d> {
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

    /// A key of the table, if the table has it.
    pub(super) fn get(&self, key: &str) -> Option<Entry<'d>> {
        self.entries.iter().find(|entry| entry.key == key).cloned()
    }

    /// Whether a missing key is present under a wrong name or in a wrong place, which has been reported.
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
