//! Takes PINs out of what a person types for the record, and says so.

use std::borrow::Cow;

use crate::domain::redact_text;

/// The text without blanks at its ends and without a PIN. One line on standard error says that a PIN was removed;
/// `what` names the text there, such as "reason".
pub(crate) fn without_pin(text: &str, what: &str) -> String {
    match redact_text(text.trim()) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(redacted) => {
            eprintln!("A PIN was removed from the {what}.");
            redacted
        }
    }
}
