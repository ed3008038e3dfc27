//! Removes PINs from text that a person types to be recorded.

use std::borrow::Cow;

use super::output::message;
use crate::domain::redact_text;

/// Returns the text trimmed and without a PIN. If a PIN was removed, prints a line on standard error that names the text
/// with `what`, such as "reason".
pub(crate) fn without_pin(text: &str, what: &str) -> String {
    match redact_text(text.trim()) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(redacted) => {
            message!("A PIN was removed from the {what}.");
            redacted
        }
    }
}
