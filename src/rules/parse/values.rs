//! Reads single values.

use crate::domain::words::Word;
use toml::de::DeValue;

use super::report::Report;
use super::section::{Entry, Section};
use super::{Reading, TableKind};
use crate::rules::diagnostics::code::Code;
use crate::rules::lists::expiry::Expiry;
use crate::rules::values::date;
use crate::rules::values::suggestion::{did_you_mean, listed};

/// The maximum length of a text in a rule file.
const LONGEST_TEXT: usize = 500;

impl<'d> Entry<'d> {
    /// A text. If the quotes are missing, the finding shows how to write it.
    pub(super) fn text(&self, report: &Report<'_>) -> Option<&'d str> {
        match self.value {
            DeValue::String(text) => Some(text.as_ref()),
            DeValue::Array(_) | DeValue::Table(_) => {
                report.wrong_type(self, "text", "write it in quotes");
                None
            }
            _ => {
                let written = report.slice(&self.span);
                report.error(
                    Code::Unquoted,
                    &self.span,
                    format!("`{}` requires text, and {written} is not in quotes", self.key),
                    format!("write \"{written}\""),
                );
                None
            }
        }
    }

    /// A text on one line that is not empty.
    pub(super) fn words(&self, report: &Report<'_>) -> Option<&'d str> {
        let text = self.text(report)?;
        let problem = if text.trim().is_empty() {
            "is empty"
        } else if text.chars().count() > LONGEST_TEXT {
            "is longer than 500 characters"
        } else if text.chars().any(char::is_control) {
            "contains a line break or another control character"
        } else {
            return Some(text);
        };
        let message = format!("`{}` {problem}", self.key);
        report.error(
            Code::InvalidText,
            &self.span,
            message,
            "write it as one line of text",
        );
        None
    }

    /// A boolean.
    pub(super) fn flag(&self, report: &Report<'_>) -> Option<bool> {
        if let DeValue::Boolean(flag) = self.value {
            return Some(*flag);
        }
        let help = match self.value {
            DeValue::String(text) => match text.to_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => "write true without quotes".to_owned(),
                "false" | "no" | "off" | "0" => "write false without quotes".to_owned(),
                _ => "write true or false, without quotes".to_owned(),
            },
            _ => "write true or false, without quotes".to_owned(),
        };
        report.wrong_type(self, "true or false", &help);
        None
    }

    /// One of a fixed set of words.
    pub(super) fn word<T: Word>(&self, report: &Report<'_>) -> Option<T> {
        let DeValue::String(text) = self.value else {
            let wanted = format!("one of {}", listed(T::WORDS));
            let help = match self.value {
                DeValue::Boolean(flag) => did_you_mean(&flag.to_string(), T::WORDS),
                _ => "write one of these words in quotes".to_owned(),
            };
            report.wrong_type(self, &wanted, &help);
            return None;
        };
        let word = text.parse().ok();
        if word.is_none() {
            report.unknown_word(self, text, T::WORDS);
        }
        word
    }

    /// A table with fixed keys.
    pub(super) fn section(&self, table_kind: TableKind, report: &Report<'_>) -> Option<Section<'d>> {
        if let DeValue::Table(table) = self.value {
            return Some(Section::open(table, self.span.clone(), table_kind, report));
        }
        let help = match (table_kind, self.value) {
            (TableKind::Reject, DeValue::String(text)) => format!("write `reject.because = \"{text}\"`"),
            _ => format!(
                "write `{}.{} = …`",
                self.key,
                table_kind.keys().first().copied().unwrap_or_default()
            ),
        };
        report.wrong_type(self, "a table", &help);
        None
    }
}

impl Reading<'_, '_> {
    /// The date or time until which something is active.
    pub(super) fn until(&self, entry: &Entry<'_>) -> Option<Expiry> {
        let written = match entry.value {
            DeValue::String(text) => text.to_string(),
            DeValue::Datetime(date) => date.to_string(),
            _ => String::new(),
        };
        let until = Expiry::read(&written, &self.zone);
        if until.is_none() {
            let what = match written.as_str() {
                "" => format!("not {}", entry.kind()),
                _ => format!("and `{written}` is not valid"),
            };
            self.report.error(
                Code::InvalidTime,
                &entry.span,
                format!("`{}` requires a date, {what}", entry.key),
                date::how_to_write(&written, &self.zone),
            );
        }
        until
    }
}
