//! Digits that could be a PIN: 4 to 10 of them, contiguous or separated by single blanks and dashes.

use std::ops::{Range, RangeInclusive};

use super::reading::Reading;

/// The number of digits of a PIN.
const PIN_DIGITS: RangeInclusive<usize> = 4..=10;

/// The minimum length of a token of letters and digits that counts as an identifier, such as a UUID.
const IDENTIFIER: usize = 24;

/// Words before digits that are not a PIN although the word PIN is near.
const LABELS: [&str; 13] = [
    "zip",
    "zipcode",
    "postal",
    "phone",
    "tel",
    "telephone",
    "fax",
    "http",
    "status",
    "call",
    "called",
    "ticket",
    "order",
];

/// A group of digits: sequences with one separator between each two.
struct Group {
    runs: Vec<Range<usize>>,
}

/// Returns the ranges between `from` and `to` that could be PINs. A group may extend beyond `to`.
pub(super) fn candidates(reading: &Reading, from: usize, to: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = from;
    while at < to {
        if !is_digit(reading.char(at)) {
            at += 1;
            continue;
        }
        let group = Group::at(reading, at);
        at = group.range().end;
        let is_name_tail = group.range().start == from;
        if is_name_tail || !is_something_else(reading, &group, from) {
            found.extend(group.pins(reading));
        }
    }
    found
}

/// Returns the PIN whose last digit is immediately before `end`, if there is one.
pub(super) fn candidate_before(reading: &Reading, end: usize) -> Option<Range<usize>> {
    let part_of_group = |char: char| char.is_ascii_digit() || is_separator(char);
    let start = reading.skip_back(end, part_of_group);
    let start = reading.skip(start, is_separator);
    let group = Group::at(reading, start.min(end));
    let fits = start < end && group.range().end == end && !is_something_else(reading, &group, 0);
    group.pins(reading).pop().filter(|_| fits)
}

impl Group {
    fn at(reading: &Reading, start: usize) -> Self {
        let mut runs = Vec::new();
        let mut start = start;
        loop {
            let end = reading.skip(start, |char| char.is_ascii_digit());
            runs.push(start..end);
            let goes_on = reading.char(end).is_some_and(is_separator) && is_digit(reading.char(end + 1));
            if !goes_on {
                return Self { runs };
            }
            start = end + 1;
        }
    }

    fn range(&self) -> Range<usize> {
        let start = self.runs.first().map_or(0, |run| run.start);
        start..self.runs.last().map_or(start, |run| run.end)
    }

    /// Returns the complete group, or each sequence that is long enough if the group is too long.
    fn pins(&self, reading: &Reading) -> Vec<Range<usize>> {
        let digits: usize = self.runs.iter().map(ExactSizeIterator::len).sum();
        if self.is_phone_number(reading) || self.is_date(reading) || digits < *PIN_DIGITS.start() {
            return Vec::new();
        }
        if PIN_DIGITS.contains(&digits) {
            return vec![self.range()];
        }
        if let [before @ .., a, b, c] = self.runs.as_slice()
            && [a.len(), b.len(), c.len()] == [3, 3, 4]
        {
            // A PIN followed by a phone number.
            let runs = before.to_vec();
            return Self { runs }.pins(reading);
        }
        let long = |run: &&Range<usize>| PIN_DIGITS.contains(&run.len());
        self.runs.iter().filter(long).cloned().collect()
    }

    /// `+13125550100`, `312-555-0100`, `1 312 555 0100`, `(312) 555-0100`.
    fn is_phone_number(&self, reading: &Reading) -> bool {
        let start = self.range().start;
        let area = reading.skip_back(start, |char| char == ' ');
        let after_area =
            reading.before(area) == Some(')') && is_digit(reading.before(area.saturating_sub(1)));
        reading.before(start) == Some('+')
            || matches!(self.lengths().as_slice(), [3, 3, 4] | [1, 3, 3, 4])
            || (after_area && self.lengths() == [3, 4])
    }

    /// `2027-01-31`, `01/31/2027`.
    fn is_date(&self, reading: &Reading) -> bool {
        let dated = self
            .runs
            .first()
            .is_some_and(|run| matches!(reading.char(run.end), Some('-' | '/' | '.')));
        dated && matches!(self.lengths().as_slice(), [4, 2, 2] | [2, 2, 4])
    }

    fn lengths(&self) -> Vec<usize> {
        self.runs.iter().map(ExactSizeIterator::len).collect()
    }
}

/// Returns whether the digits belong to an identifier that begins at or after `from`, or follow a label that says what
/// they are.
fn is_something_else(reading: &Reading, group: &Group, from: usize) -> bool {
    let start = group.range().start;
    let in_token = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_');
    let token = reading.skip_back(start, in_token).max(from)..reading.skip(start, in_token);
    let letters = token
        .clone()
        .any(|at| reading.char(at).is_some_and(char::is_alphabetic));
    let after_letter = reading.before(start).is_some_and(char::is_alphabetic);
    if after_letter || (letters && token.len() >= IDENTIFIER) {
        return true;
    }
    let word_end = reading.skip_back(start, |char| !char.is_alphanumeric());
    let word = reading.skip_back(word_end, char::is_alphabetic)..word_end;
    LABELS.contains(&reading.text(word).as_str())
}

fn is_digit(char: Option<char>) -> bool {
    char.is_some_and(|char| char.is_ascii_digit())
}

fn is_separator(char: char) -> bool {
    matches!(char, ' ' | '-' | '.' | '_' | '/')
}
