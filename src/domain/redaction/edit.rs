//! One removal from a text.

use std::ops::Range;

use super::decoded::Decoded;

/// Replaces a secret inside a text.
const BLANK: &str = "***";

/// Replaces a complete JSON value.
const BLANK_VALUE: &str = "\"***\"";

/// A range of bytes and its replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    at: Range<usize>,
    with: String,
}

impl Edit {
    /// Removes a part of a text.
    pub(super) fn text(at: Range<usize>) -> Self {
        Self {
            at,
            with: BLANK.to_owned(),
        }
    }

    /// Removes a complete JSON value. Returns `None` if it was removed before.
    pub(super) fn value(text: &[u8], at: Range<usize>) -> Option<Self> {
        let done = text.get(at.clone()) == Some(BLANK_VALUE.as_bytes());
        (!done).then(|| Self {
            at,
            with: BLANK_VALUE.to_owned(),
        })
    }

    /// Converts an edit of a JSON string's text to an edit of its source.
    pub(super) fn in_string(self, decoded: &Decoded, base: usize) -> Self {
        let at = decoded.in_source(&self.at);
        Self {
            at: base + at.start..base + at.end,
            with: self.with.replace('\\', "\\\\").replace('"', "\\\""),
        }
    }
}

/// Applies all edits to a text. If two overlap, the outer one counts.
pub(super) fn apply(text: &[u8], mut edits: Vec<Edit>) -> Vec<u8> {
    edits.sort_by_key(|edit| (edit.at.start, std::cmp::Reverse(edit.at.end)));
    let mut edited = Vec::with_capacity(text.len());
    let mut kept_to = 0;
    for edit in edits {
        if edit.at.start < kept_to {
            continue;
        }
        edited.extend_from_slice(text.get(kept_to..edit.at.start).unwrap_or_default());
        edited.extend_from_slice(edit.with.as_bytes());
        kept_to = edit.at.end;
    }
    edited.extend_from_slice(text.get(kept_to..).unwrap_or_default());
    edited
}
