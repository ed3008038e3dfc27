use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::code::Code;
use crate::domain::folding::{escaped_with, shown};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file cannot be put in force.
    Error,
    /// The file works; somebody should look at this.
    Warning,
}

/// Something to be told of a rule file or a list file, with its place.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// What kind of finding it is.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// The file it is in, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The sign in the line, from 1.
    pub column: usize,
    /// The sign behind the last one it is about, in the same line.
    pub end_column: usize,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
    /// The line itself as it is in the file, and the bytes of it that the finding is about.
    #[serde(skip)]
    pub(crate) excerpt: Excerpt,
}

/// A line of a file and a part of it, as they are in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// Shared by the findings of one line, which may be a list of a million values.
    pub(crate) line: Arc<str>,
    pub(crate) span: Range<usize>,
}

/// All that is to be told of a rule file and its lists, in the order of their lines, the rule file first.
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
        message: String,
    ) -> Self {
        let start = floor_char(text, span.start);
        let end = floor_char(text, span.end.max(start));
        let column_at = |at: usize| text.get(..at).map_or(0, |head| head.chars().count()) + 1;
        Self {
            code,
            severity,
            file: file.to_owned(),
            line,
            column: column_at(start),
            end_column: column_at(end),
            message: match shown(&message) {
                Cow::Borrowed(_) => message,
                Cow::Owned(escaped) => escaped,
            },
            help: None,
            excerpt: Excerpt {
                line: text.clone(),
                span: start..end,
            },
        }
    }

    /// A finding on a file as a whole.
    pub(crate) fn of_file(code: Code, file: &str, message: String) -> Self {
        Self::in_line((code, Severity::Error), (file, 1), &Arc::from(""), 0..0, message)
    }

    /// Adds how to mend it.
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(shown(&help.into()).into_owned());
        self
    }

    /// `file:line:column`
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Excerpt {
    /// The line as people may see it, and the part of it: invisible characters but tabs are escaped.
    pub(crate) fn shown(&self) -> (String, Range<usize>) {
        let part = |range: Range<usize>| {
            let text = self.line.get(range).unwrap_or_default();
            escaped_with(text, |c, escaped| match c {
                '\t' => escaped.push(c),
                _ => escaped.extend(c.escape_default()),
            })
        };
        let Range { start, end } = self.span.clone();
        let (head, middle, tail) = (part(0..start), part(start..end), part(end..self.line.len()));
        let (start, end) = (head.len(), head.len() + middle.len());
        ([head, middle, tail].concat(), start..end)
    }
}

impl Findings {
    /// Puts findings in the order in which they are told.
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

    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether the file cannot be put in force.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// The findings, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.found.iter()
    }

    /// How many findings weigh this much.
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

/// The nearest place at or before `at` where a sign starts.
fn floor_char(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
