//! One thing taken out of a text.

use std::ops::Range;

use super::decoded::Decoded;

/// What a secret is replaced by inside a text.
const BLANK: &str = "***";

/// What a whole JSON value is replaced by.
const BLANK_VALUE: &str = "\"***\"";

/// A range of bytes and what replaces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    at: Range<usize>,
    with: String,
}

impl Edit {
    /// Takes out a part of a text.
    pub(super) fn text(at: Range<usize>) -> Self {
        Self {
            at,
            with: BLANK.to_owned(),
        }
    }

    /// Takes out a whole JSON value; `None` where that was done before.
    pub(super) fn value(text: &[u8], at: Range<usize>) -> Option<Self> {
        let done = text.get(at.clone()) == Some(BLANK_VALUE.as_bytes());
        (!done).then(|| Self {
            at,
            with: BLANK_VALUE.to_owned(),
        })
    }

    /// The edit of a JSON string's source that is this edit of its text.
    pub(super) fn in_string(self, decoded: &Decoded, base: usize) -> Self {
        let at = decoded.in_source(&self.at);
        Self {
            at: base + at.start..base + at.end,
            with: self.with.replace('\\', "\\\\").replace('"', "\\\""),
        }
    }
}

/// The text with all edits made. Of two that overlap the outer one counts.
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
