//! Redacts PINs and other secrets in everything that others send or type, before it is stored, logged or displayed.
//!
//! What is redacted is defined by kind and not by a list of names:
//! - the value of every key with a word such as PIN, passcode, password or secret in its name (see `names`);
//! - values that another member names: `{"name": "PIN", "value": "4711"}`, `["pin", "4711"]`;
//! - in texts, what is assigned to such a name (`pin=4711`, `<pin>4711</pin>`, `PIN: 4711`), and 4 to 10 digits near it
//!   (`the PIN is 4711`, `4711 is the PIN`), also in JSON inside texts.
//!
//! All other bytes stay unchanged, and JSON stays JSON. The redaction removes too much rather than too little, except
//! in what rules compare: names, addresses and numbers lose only digits that follow the word immediately.

mod decoded;
mod digits;
mod edit;
mod json;
mod malformed;
mod names;
mod pair;
mod prefilter;
mod reading;
mod scan;
mod source_line;
#[cfg(test)]
mod tests;
mod text;

use std::borrow::Cow;

use edit::Edit;
use prefilter::may_hold_a_secret;
pub use source_line::secrets_in_source_line;
use text::Reach;

/// How often the result is examined again: texts that are closer together after an edit may read differently.
const MOST_PASSES: usize = 8;

/// Redacts a body that may be JSON, a form, XML or anything else.
#[must_use]
pub fn redact_body(body: &[u8]) -> Cow<'_, [u8]> {
    repeatedly(body, |body| {
        json::edits(body).unwrap_or_else(|| malformed::edits(body))
    })
}

/// Redacts a text that a person wrote.
#[must_use]
pub fn redact_text(text: &str) -> Cow<'_, str> {
    redact(text, Reach::Sentence)
}

/// Redacts a name, an address or another text that rules and comparisons read. It removes only what follows the name of
/// a secret immediately, so that `12 Pin Oak Court, Unit 1204` stays.
#[must_use]
pub fn redact_field(text: &str) -> Cow<'_, str> {
    redact(text, Reach::Adjacent)
}

/// Redacts the texts of a document with our own keys, as [`redact_text`] does.
pub fn redact_texts(document: &mut serde_json::Value) {
    redact_strings(document, redact_text);
}

/// Redacts the texts of recorded facts, as [`redact_field`] does.
pub fn redact_facts(document: &mut serde_json::Value) {
    redact_strings(document, redact_field);
}

fn redact(text: &str, reach: Reach) -> Cow<'_, str> {
    let edits = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        let found = text::secrets_in(&text, reach);
        found.into_iter().map(Edit::text).collect()
    };
    match repeatedly(text.as_bytes(), edits) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(redacted) => Cow::Owned(String::from_utf8_lossy(&redacted).into_owned()),
    }
}

fn redact_strings(document: &mut serde_json::Value, redact: fn(&str) -> Cow<'_, str>) {
    use serde_json::Value;
    match document {
        Value::String(text) => {
            if let Cow::Owned(redacted) = redact(text) {
                *text = redacted;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redact_strings(item, redact)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|value| redact_strings(value, redact)),
        _ => {}
    }
}

fn repeatedly(text: &[u8], edits: impl Fn(&[u8]) -> Vec<Edit>) -> Cow<'_, [u8]> {
    let mut current = Cow::Borrowed(text);
    if !may_hold_a_secret(text) {
        return current;
    }
    for _ in 0..MOST_PASSES {
        let found = edits(&current);
        if found.is_empty() {
            break;
        }
        current = Cow::Owned(edit::apply(&current, found));
    }
    current
}
