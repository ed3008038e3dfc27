//! A line of a file as a finding quotes it: with PINs masked, and with what cannot be seen escaped.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::domain::folding::{escaped_with, shown};
use crate::domain::{redact_field, secrets_in_source_line};

/// The number of bytes before and after the part that are searched for PINs. A line may be a list of a million values,
/// of which no more than this is shown.
const NEAR: usize = 4_096;

/// The minimum length of a part of a PIN that is removed from a message. Shorter parts also appear in other words.
const FEWEST: usize = 4;

/// A line of a file and a part of it, as they are in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// Shared by the findings of one line, which may be a list of a million values.
    pub(crate) line: Arc<str>,
    pub(crate) span: Range<usize>,
    /// What is masked, first to last.
    hidden: Vec<Range<usize>>,
}

impl Excerpt {
    /// The part is moved to where characters start.
    pub(crate) fn new(line: &Arc<str>, span: &Range<usize>) -> Self {
        let start = line.floor_char_boundary(span.start);
        let end = line.floor_char_boundary(span.end.max(start));
        let near = line.floor_char_boundary(start.saturating_sub(NEAR))
            ..line.floor_char_boundary(start.saturating_add(NEAR).max(start));
        let text = line.get(near.clone()).unwrap_or_default();
        let hidden = secrets_in_source_line(text)
            .into_iter()
            .map(|at| near.start + at.start..near.start + at.end);
        Self {
            line: line.clone(),
            span: start..end,
            hidden: hidden.collect(),
        }
    }

    /// The first and the last column of the part, from 1.
    pub(crate) fn columns(&self) -> (usize, usize) {
        let column = |at: usize| self.line.get(..at).map_or(0, |head| head.chars().count()) + 1;
        (column(self.span.start), column(self.span.end))
    }

    /// A sentence about the line, without the PINs of the line and with what cannot be seen escaped.
    pub(crate) fn sentence(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for secret in self.hidden.iter().filter_map(|at| self.line.get(at.clone())) {
            if secret.len() >= FEWEST && text.contains(secret) {
                text = Cow::Owned(text.replace(secret, &"*".repeat(secret.chars().count())));
            }
        }
        shown(&redact_field(&text)).into_owned()
    }

    /// The line in the form in which it may be shown, and the part of it. PINs are masked character by character, so
    /// that the columns after them stay the same, and invisible characters except tabs are escaped.
    pub(crate) fn shown(&self) -> (String, Range<usize>) {
        let Range { start, end } = self.span.clone();
        let (head, middle, tail) = (
            self.part(0..start),
            self.part(start..end),
            self.part(end..self.line.len()),
        );
        let (start, end) = (head.len(), head.len() + middle.len());
        ([head, middle, tail].concat(), start..end)
    }

    fn part(&self, range: Range<usize>) -> String {
        let mut masked = String::new();
        let mut at = range.start;
        for hidden in &self.hidden {
            let (from, to) = (hidden.start.max(at), hidden.end.min(range.end));
            if from >= to {
                continue;
            }
            masked.push_str(self.line.get(at..from).unwrap_or_default());
            let secret = self.line.get(from..to).unwrap_or_default();
            masked.extend(secret.chars().map(|_| '*'));
            at = to;
        }
        masked.push_str(self.line.get(at..range.end).unwrap_or_default());
        escaped_with(&masked, |c, escaped| match c {
            '\t' => escaped.push(c),
            _ => escaped.extend(c.escape_default()),
        })
        .into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(line: &str, part: &str) -> Excerpt {
        let start = line.find(part).unwrap();
        Excerpt::new(&Arc::from(line), &(start..start + part.len()))
    }

    #[test]
    fn a_masked_line_keeps_its_columns() {
        let line = "given = { pin = \"４７１１\", expect = \"holdd\" }";
        let excerpt = excerpt(line, "\"holdd\"");
        let (shown, part) = excerpt.shown();
        assert_eq!(shown, "given = { pin = \"****\", expect = \"holdd\" }");
        assert_eq!(&shown[part], "\"holdd\"");
        assert_eq!(excerpt.columns(), (34, 41));
    }

    #[test]
    fn a_pin_that_is_the_part_is_masked_there_and_in_the_sentence() {
        let excerpt = excerpt("match.pin = [\"wrong\", \"4711\"]", "\"4711\"");
        let (shown, part) = excerpt.shown();
        assert_eq!(&shown[part], "\"****\"");
        assert_eq!(
            excerpt.sentence("`4711` is not a valid value for `pin`"),
            "`****` is not a valid value for `pin`"
        );
    }

    #[test]
    fn a_long_line_is_masked_near_the_part() {
        let far = "\"+13125550100\", ".repeat(1_000);
        let line = format!("{far}pin = \"4711\", {far}");
        let (shown, part) = excerpt(&line, "\"4711\"").shown();
        assert_eq!((&shown[part], shown.len()), ("\"****\"", line.len()));
    }
}
