//! Finds secrets in well-formed JSON: values of keys, pairs of a name and a value, and texts, including JSON inside
//! texts.

use std::ops::Range;

use super::decoded::Decoded;
use super::edit::Edit;
use super::malformed::keyed_values;
use super::names::names_a_secret;
use super::pair::{self, Member, Role};
use super::prefilter::may_hold_a_secret;
use super::scan::{end_of_string, end_of_value, skip_blanks, slice, unquoted};
use super::text::{Reach, secrets_in};

/// In values that are nested deeper, only keys are examined.
const DEEPEST: usize = 64;

/// How many levels of JSON texts inside JSON texts are parsed.
const DEEPEST_TEXT: usize = 4;

/// Returns what to remove, or `None` if the text is not JSON.
pub(super) fn edits(text: &[u8]) -> Option<Vec<Edit>> {
    edits_within(text, 0)
}

fn edits_within(text: &[u8], texts: usize) -> Option<Vec<Edit>> {
    serde_json::from_slice::<serde::de::IgnoredAny>(text).ok()?;
    let mut walk = Walk {
        text,
        texts,
        edits: Vec::new(),
    };
    walk.value(skip_blanks(text, 0), Role::Other, 0);
    Some(walk.edits)
}

struct Walk<'a> {
    text: &'a [u8],
    /// How many texts this one is nested in.
    texts: usize,
    edits: Vec<Edit>,
}

impl Walk<'_> {
    /// Examines the value at `start`. Returns the position after it, and its text if it is a string.
    fn value(&mut self, start: usize, role: Role, depth: usize) -> (usize, Option<String>) {
        match self.text.get(start) {
            Some(b'"') => {
                let end = end_of_string(self.text, start);
                (end, Some(self.string(start..end, role)))
            }
            Some(b'{' | b'[') if depth >= DEEPEST => {
                let end = end_of_value(self.text, start);
                self.edits.extend(keyed_values(self.text, start, end));
                (end, None)
            }
            Some(b'{') => (self.object(start + 1, depth), None),
            Some(b'[') => (self.array(start + 1, role, depth), None),
            _ => (end_of_value(self.text, start), None),
        }
    }

    /// Examines the members of an object, from after its opening brace. Returns the position after the object.
    fn object(&mut self, start: usize, depth: usize) -> usize {
        let mut members = Vec::new();
        let mut at = start;
        loop {
            at = skip_blanks(self.text, at);
            match self.text.get(at) {
                Some(b'"') => {}
                Some(b',') => {
                    at += 1;
                    continue;
                }
                _ => break,
            }
            let key_end = end_of_string(self.text, at);
            let key = self.string(at..key_end, Role::Other);
            let start = skip_blanks(self.text, skip_blanks(self.text, key_end) + 1);
            if names_a_secret(&key) {
                at = end_of_value(self.text, start);
                self.edits.extend(Edit::value(self.text, start..at));
                continue;
            }
            let role = Role::of(&key);
            let (end, text) = self.value(start, role, depth + 1);
            members.push(Member {
                role,
                at: start..end,
                text,
            });
            at = end;
        }
        let secrets = pair::secret_members(self.text, &members);
        self.take_out(secrets);
        at + 1
    }

    /// Examines the elements of an array, from after its opening bracket. Returns the position after the array.
    fn array(&mut self, start: usize, role: Role, depth: usize) -> usize {
        let mut members = Vec::new();
        let mut at = start;
        loop {
            at = skip_blanks(self.text, at);
            match self.text.get(at) {
                None | Some(b']') => break,
                Some(b',') => at += 1,
                _ => {
                    let (end, text) = self.value(at, role, depth + 1);
                    members.push(Member {
                        role,
                        at: at..end,
                        text,
                    });
                    at = end.max(at + 1);
                }
            }
        }
        let secrets = pair::secret_elements(self.text, &members);
        self.take_out(secrets);
        at + 1
    }

    fn take_out(&mut self, values: Vec<Range<usize>>) {
        let edits = values.into_iter().filter_map(|at| Edit::value(self.text, at));
        self.edits.extend(edits.collect::<Vec<_>>());
    }

    /// Examines a string. Returns its text.
    fn string(&mut self, at: Range<usize>, role: Role) -> String {
        let raw = unquoted(slice(self.text, at.start, at.end));
        let decoded = Decoded::string(raw);
        let is_identifier = role == Role::Identifier && pair::is_token(&decoded.text);
        if may_hold_a_secret(raw) && !is_identifier {
            let reach = if role == Role::Fact {
                Reach::Adjacent
            } else {
                Reach::Sentence
            };
            let found = self.edits_of_text(&decoded.text, reach);
            let found = found
                .into_iter()
                .map(|edit| edit.in_string(&decoded, at.start + 1));
            self.edits.extend(found);
        }
        decoded.text
    }

    fn edits_of_text(&self, text: &str, reach: Reach) -> Vec<Edit> {
        let nested = text.trim_start().starts_with(['{', '[', '"']) && self.texts < DEEPEST_TEXT;
        let nested = nested
            .then(|| edits_within(text.as_bytes(), self.texts + 1))
            .flatten();
        nested.unwrap_or_else(|| secrets_in(text, reach).into_iter().map(Edit::text).collect())
    }
}
