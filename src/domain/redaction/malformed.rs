//! Finds secrets in text that is not JSON, or in truncated JSON. It removes too much rather than too little.

use super::decoded::Decoded;
use super::edit::Edit;
use super::names::names_a_secret;
use super::scan::{end_of_string, end_of_value, skip_blanks, slice, unquoted};
use super::text::{Reach, secrets_in};

/// Returns what to remove: the values of keys if there are keys, or else what looks like a secret.
pub(super) fn edits(text: &[u8]) -> Vec<Edit> {
    let keyed = keyed_values(text, 0, text.len());
    if !keyed.is_empty() {
        return keyed;
    }
    let decoded = Decoded::bytes(text);
    let found = secrets_in(&decoded.text, Reach::Sentence);
    found.iter().map(|at| Edit::text(decoded.in_source(at))).collect()
}

/// Returns the value of every key that names a secret between two positions, up to the end of the text if it is
/// truncated. Any string that is followed by a colon counts as a key, however it is escaped.
pub(super) fn keyed_values(text: &[u8], from: usize, to: usize) -> Vec<Edit> {
    let text = slice(text, 0, to);
    let mut edits = Vec::new();
    let mut at = from;
    while let Some(key_start) = find_quote(text, at) {
        let key_end = end_of_string(text, key_start);
        let Some(value_start) = value_after_key(text, key_end) else {
            at = key_end;
            continue;
        };
        at = value_start;
        let key = Decoded::string(unquoted(slice(text, key_start, key_end)));
        if names_a_secret(&key.text) {
            at = end_of_value(text, value_start);
            edits.extend(Edit::value(text, value_start..at));
        }
    }
    edits
}

fn find_quote(text: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    rest.iter()
        .position(|byte| *byte == b'"')
        .map(|found| from + found)
}

/// Returns where the value starts, if the string that ended at `key_end` is a key. Nothing follows a truncated key.
fn value_after_key(text: &[u8], key_end: usize) -> Option<usize> {
    let colon = skip_blanks(text, key_end);
    (text.get(colon) == Some(&b':')).then(|| skip_blanks(text, colon + 1))
}
