//! Findings about a rule file or a list.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::code::Code;
use super::excerpt::Excerpt;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file cannot become active.
    Error,
    /// The file is valid, but should be checked.
    Warning,
}

/// A finding about a rule file or a list file, with its position.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// What kind of finding it is.
    pub code: Code,
    /// The severity.
    pub severity: Severity,
    /// The file it is in, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column of the first character, from 1.
    pub column: usize,
    /// The column after the last character, on the same line.
    pub end_column: usize,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub help: Option<String>,
    /// The line itself, and the part of it that the finding is about.
    #[serde(skip)]
    pub(crate) excerpt: Excerpt,
}

/// All findings about a rule file and its lists, in the order of their lines, the rule file first.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Findings {
    found: Vec<Finding>,
    #[serde(skip)]
    first_file: String,
}

impl Finding {
    /// A finding on a part of one line.
    pub(crate) fn in_line(
        (code, severity): (Code, Severity),
        (file, line): (&str, usize),
        text: &Arc<str>,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        let excerpt = Excerpt::new(text, &span);
        let (column, end_column) = excerpt.columns();
        Self {
            code,
            severity,
            file: file.to_owned(),
            line,
            column,
            end_column,
            message: excerpt.sentence(&message.into()),
            help: None,
            excerpt,
        }
    }

    /// A finding about a complete file.
    pub(crate) fn of_file(code: Code, file: &str, message: &str) -> Self {
        Self::in_line((code, Severity::Error), (file, 1), &Arc::from(""), 0..0, message)
    }

    /// Adds how to fix it.
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(self.excerpt.sentence(&help.into()));
        self
    }

    /// `file:line:column`
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Findings {
    /// Sorts findings into the order in which they are reported.
    pub(crate) fn in_order(mut found: Vec<Finding>, first_file: &str) -> Self {
        found.sort_by(|a, b| {
            let is_later = |f: &Finding| f.file != first_file;
            let file = is_later(a).cmp(&is_later(b)).then_with(|| a.file.cmp(&b.file));
            file.then_with(|| (a.line, a.column).cmp(&(b.line, b.column)))
        });
        Self {
            found,
            first_file: first_file.to_owned(),
        }
    }

    /// These findings and others of the same rule file, in one order.
    #[must_use]
    pub fn merged(mut self, other: Self) -> Self {
        let first_file = if self.first_file.is_empty() {
            other.first_file
        } else {
            self.first_file
        };
        self.found.extend(other.found);
        Self::in_order(self.found, &first_file)
    }

    /// Whether there are no findings.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether the file cannot become active.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// The findings, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.found.iter()
    }

    /// The number of findings with a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.iter().filter(|finding| finding.severity == severity).count()
    }

    /// `2 errors and 1 warning`
    #[must_use]
    pub fn tally(&self) -> String {
        let part = |count: usize, what: &str| match count {
            1 => format!("1 {what}"),
            _ => format!("{count} {what}s"),
        };
        let errors = self.count(Severity::Error);
        let warnings = self.count(Severity::Warning);
        match (errors, warnings) {
            (0, 0) => "no errors".to_owned(),
            (0, _) => part(warnings, "warning"),
            (_, 0) => part(errors, "error"),
            _ => format!("{} and {}", part(errors, "error"), part(warnings, "warning")),
        }
    }
}

impl fmt::Display for Findings {
    /// One line, for logs: the count and the first finding.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tally())?;
        match self.found.first() {
            Some(first) => write!(f, "; {}: {}: {}", first.place(), first.code, first.message),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Findings {}
