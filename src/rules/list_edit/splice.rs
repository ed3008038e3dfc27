//! Replaced bytes of a text, and what is written beside a value.

use std::ops::Range;

use jiff::civil::Date;

use super::edits::ListEntry;

/// Bytes of a text, and what takes their place.
pub(super) type Splice = (Range<usize>, String);

/// What is written beside a value.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Beside<'a> {
    pub(super) note: Option<&'a str>,
    pub(super) end: End,
}

/// What becomes of the day up to which an entry counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum End {
    #[default]
    Kept,
    Never,
    On(Date),
}

impl Beside<'_> {
    /// Whether the entry already has this note and expiry.
    pub(super) fn is_so(&self, entry: &ListEntry) -> bool {
        let has_note = self.note.is_none_or(|note| entry.note.as_deref() == Some(note));
        let has_end = match self.end {
            End::Kept => true,
            End::Never => entry.expires.is_none(),
            End::On(day) => entry.expires == Some(day.to_string()),
        };
        has_note && has_end
    }
}

/// The end of the line that a place is in, its line break included.
pub(super) fn end_of_line(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.find('\n').map_or(text.len(), |newline| at + newline + 1)
}

/// The line break that a text uses.
pub(super) fn line_break(text: &str) -> &'static str {
    match text.find('\n').and_then(|at| at.checked_sub(1)) {
        Some(before) if text.as_bytes().get(before) == Some(&b'\r') => "\r\n",
        _ => "\n",
    }
}

/// A new line at the end of a text.
pub(super) fn appended(text: &str, line: &str) -> Splice {
    let newline = line_break(text);
    let is_open = !text.trim_start_matches('\u{feff}').is_empty() && !text.ends_with('\n');
    let before = if is_open { newline } else { "" };
    (text.len()..text.len(), format!("{before}{line}{newline}"))
}
