//! Tests of the redaction.

mod any;
mod bodies;
mod known_names;
mod texts;

use super::*;

fn redacted(body: &str) -> String {
    String::from_utf8(redact_body(body.as_bytes()).into_owned()).unwrap()
}
