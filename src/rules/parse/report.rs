//! Collects findings while a rule file is read.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use super::section::Entry;
use crate::rules::diagnostics::code::Code;
use crate::rules::diagnostics::finding::{Finding, Findings, Severity};
use crate::rules::model::places::Allow;
use crate::rules::values::suggestion;

/// Collects the findings about a rule file.
#[derive(Debug)]
pub(crate) struct Report<'t> {
    pub(super) file: &'t str,
    text: &'t str,
    line_starts: Vec<usize>,
    found: RefCell<Vec<Finding>>,
    /// The line of the last finding.
    last_line: RefCell<(usize, Arc<str>)>,
    /// The warnings that the table being read silences.
    allows: RefCell<Vec<Allow>>,
}

impl<'t> Report<'t> {
    pub(crate) fn new(file: &'t str, text: &'t str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            file,
            text,
            line_starts: std::iter::once(0).chain(ends).collect(),
            found: RefCell::new(Vec::new()),
            last_line: RefCell::new((0, Arc::from(""))),
            allows: RefCell::new(Vec::new()),
        }
    }

    /// Reports an error at a byte range of the rule file.
    pub(super) fn error(
        &self,
        code: Code,
        span: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.record((code, Severity::Error), span, message.into(), help.into());
    }

    /// Reports a warning at a byte range of the rule file.
    pub(crate) fn warning(
        &self,
        code: Code,
        span: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.record((code, Severity::Warning), span, message.into(), help.into());
    }

    /// Reports a value of the wrong type. `wanted` describes the type that the key requires.
    pub(super) fn wrong_type(&self, entry: &Entry<'_>, wanted: &str, help: &str) {
        let message = format!("`{}` requires {wanted}, not {}", entry.key, entry.kind());
        self.error(Code::WrongType, &entry.span, message, help);
    }

    /// Reports a word that is not one of those that the key accepts.
    pub(super) fn unknown_word(&self, entry: &Entry<'_>, word: &str, words: &[&str]) {
        let message = format!("`{word}` is not a valid value for `{}`", entry.key);
        let help = if word == "unknown" {
            "remove it: `on_unknown` in `[defaults]` decides what happens if a fact is unknown".to_owned()
        } else {
            suggestion::did_you_mean(word, words)
        };
        self.error(Code::UnknownWord, &entry.span, message, help);
    }

    /// Adds a finding, which may be in another file.
    pub(crate) fn add(&self, finding: Finding) {
        if !self.is_allowed(finding.code) {
            self.found.borrow_mut().push(finding);
        }
    }

    /// Starts the reading of a table that silences some warnings.
    pub(super) fn open_allows(&self, allows: Vec<Allow>) {
        self.allows.replace(allows);
    }

    /// Ends the reading of a table. Returns its `allow` keys, each marked if it silenced a warning.
    pub(super) fn close_allows(&self) -> Vec<Allow> {
        self.allows.take()
    }

    fn is_allowed(&self, code: Code) -> bool {
        let mut allows = self.allows.borrow_mut();
        let allow = allows.iter_mut().find(|allow| allow.code == code);
        allow.map(|allow| allow.silenced = true).is_some()
    }

    /// The line that holds a byte of the rule file, from 1.
    pub(crate) fn line_of(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at).max(1)
    }

    /// The text of a byte range of the rule file.
    pub(super) fn slice(&self, span: &Range<usize>) -> &'t str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// All findings.
    pub(crate) fn finish(self) -> Findings {
        Findings::in_order(self.found.into_inner(), self.file)
    }

    /// Records a finding on the first line of its byte range.
    fn record(&self, kind: (Code, Severity), span: &Range<usize>, message: String, help: String) {
        let line = self.line_of(span.start);
        let start = self.line_starts.get(line - 1).copied().unwrap_or_default();
        let shown = self.line(line, start);
        let place = |at: usize| at.saturating_sub(start).min(shown.len());
        let span = place(span.start)..place(span.end);
        let finding = Finding::in_line(kind, (self.file, line), &shown, span, message);
        self.add(finding.with_help(help));
    }

    /// The line that starts at a byte.
    fn line(&self, line: usize, start: usize) -> Arc<str> {
        let mut last = self.last_line.borrow_mut();
        if last.0 != line {
            let rest = self.text.get(start..).unwrap_or_default();
            *last = (line, Arc::from(rest.lines().next().unwrap_or_default()));
        }
        last.1.clone()
    }
}
