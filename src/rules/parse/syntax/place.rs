//! The place at which the TOML parser stopped.

use std::ops::Range;

use toml::de::Error;

/// The position of a syntax error, and the line around it.
#[derive(Debug)]
pub(super) struct Place<'t> {
    pub(super) text: &'t str,
    pub(super) span: Range<usize>,
    pub(super) message: &'t str,
    /// The line, without its end.
    pub(super) line: &'t str,
    /// Where the line starts.
    pub(super) start: usize,
}

impl<'t> Place<'t> {
    pub(super) fn new(text: &'t str, error: &'t Error) -> Self {
        let span = error.span().unwrap_or_default();
        let (start, line) = line_at(text, span.start);
        Self {
            text,
            span,
            message: error.message().trim(),
            line,
            start,
        }
    }

    /// Whether the parser's message contains this text.
    pub(super) fn says(&self, part: &str) -> bool {
        self.message.contains(part)
    }

    /// The text from the place on.
    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.span.start..).unwrap_or_default()
    }

    /// The text that the parser points to.
    pub(super) fn slice(&self) -> &'t str {
        self.text.get(self.span.clone()).unwrap_or_default()
    }

    /// The part of the line before the position.
    pub(super) fn before(&self) -> &'t str {
        self.text.get(self.start..self.span.start).unwrap_or_default()
    }

    /// Where the line ends.
    pub(super) fn line_end(&self) -> usize {
        self.start + self.line.len()
    }

    /// The complete line, without surrounding spaces.
    pub(super) fn whole_line(&self) -> Range<usize> {
        self.span_of(self.line.trim())
    }

    /// The bytes of a part of the text.
    pub(super) fn span_of(&self, part: &str) -> Range<usize> {
        let start = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        start..start + part.len()
    }

    /// Key and value of the line, split at its first `=`.
    pub(super) fn pair(&self) -> Option<(&'t str, &'t str)> {
        let (key, value) = self.line.split_once('=')?;
        Some((key.trim(), value.trim()))
    }

    /// The lines above this one, the nearest first, each with its start.
    pub(super) fn lines_above(&self) -> impl Iterator<Item = (usize, &'t str)> {
        let mut end = self.start;
        std::iter::from_fn(move || {
            let head = self.text.get(..end.checked_sub(1)?)?;
            end = line_start(head);
            Some((end, head.get(end..)?))
        })
    }

    /// Where the next heading starts, or the end of the text.
    pub(super) fn next_heading(&self) -> usize {
        let tail = self.text.get(self.line_end()..).unwrap_or_default();
        let at = tail.match_indices('\n').find(|(at, _)| {
            let line = tail.get(at + 1..).unwrap_or_default();
            line.trim_start_matches([' ', '\t']).starts_with('[')
        });
        at.map_or(usize::MAX, |(at, _)| self.line_end() + at + 1)
    }
}

/// The number of the line that has this byte, from 1.
pub(super) fn line_number(text: &str, at: usize) -> usize {
    text.get(..at).map_or(0, |head| head.matches('\n').count()) + 1
}

fn line_at(text: &str, at: usize) -> (usize, &str) {
    let start = text.get(..at).map_or(0, line_start);
    let line = text.get(start..).unwrap_or_default().lines().next();
    (start, line.unwrap_or_default())
}

/// Where the last line of a text starts.
fn line_start(text: &str) -> usize {
    text.rfind('\n').map_or(0, |newline| newline + 1)
}
