use std::str::FromStr;

use strum::VariantNames;
use toml::de::DeValue;

use super::super::Code;
use super::super::list::Until;
use super::super::suggestion::listed;
use super::report::Report;
use super::section::{Entry, Section};
use super::{Home, Reading};

/// No text in a rule file needs to be longer.
const LONGEST_TEXT: usize = 500;

impl<'d> Entry<'d> {
    /// A text. One without its quotes is told with how to write it.
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
                    format!("`{}` takes text, and {written} has no quotes", self.key),
                    format!("write \"{written}\""),
                );
                None
            }
        }
    }

    /// A text that says something, on one line.
    pub(super) fn words(&self, report: &Report<'_>) -> Option<&'d str> {
        let text = self.text(report)?;
        let problem = if text.trim().is_empty() {
            "is empty"
        } else if text.chars().count() > LONGEST_TEXT {
            "is longer than 500 signs"
        } else if text.chars().any(char::is_control) {
            "has a line break or another control sign"
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

    /// True or false.
    pub(super) fn flag(&self, report: &Report<'_>) -> Option<bool> {
        if let DeValue::Boolean(flag) = self.value {
            return Some(*flag);
        }
        let help = match self.value {
            DeValue::String(text) if matches!(text.as_ref(), "true" | "false") => {
                format!("write {text} without quotes")
            }
            _ => "write true or false, without quotes".to_owned(),
        };
        report.wrong_type(self, "true or false", &help);
        None
    }

    /// One of a fixed set of words.
    pub(super) fn word<T: FromStr + VariantNames>(&self, report: &Report<'_>) -> Option<T> {
        let DeValue::String(text) = self.value else {
            let wanted = format!("one of {}", listed(T::VARIANTS));
            report.wrong_type(self, &wanted, "write the word in quotes");
            return None;
        };
        let word = text.parse().ok();
        if word.is_none() {
            report.unknown_word(self, text, T::VARIANTS);
        }
        word
    }

    /// A table with fixed keys.
    pub(super) fn section(&self, home: Home, report: &Report<'_>) -> Option<Section<'d>> {
        if let DeValue::Table(table) = self.value {
            return Some(Section::open(table, self.span.clone(), home, report));
        }
        let keys = home.keys().first().copied().unwrap_or_default();
        report.wrong_type(self, "a table", &format!("write `{}.{keys} = …`", self.key));
        None
    }
}

impl Reading<'_, '_> {
    /// The date or time up to which something counts.
    pub(super) fn until(&self, entry: &Entry<'_>) -> Option<Until> {
        let until = match entry.value {
            DeValue::String(text) => Until::read(text, &self.zone),
            DeValue::Datetime(date) => Until::read(&date.to_string(), &self.zone),
            _ => None,
        };
        if until.is_none() {
            self.report.error(
                Code::InvalidTime,
                &entry.span,
                format!("`{}` takes a date", entry.key),
                "write a date such as 2027-01-31, which still counts itself, or a time with an offset",
            );
        }
        until
    }
}
