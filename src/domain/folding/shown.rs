//! Showing text that others wrote, so that nothing in it is invisible or acts on the terminal.

use std::borrow::Cow;

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

use super::{is_dropped, is_space};

/// The text as people may see it: what cannot be seen, or would move the cursor, color the terminal or turn the
/// direction of writing, is escaped as `\u{200b}`. Ordinary spaces stay.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    escaped_with(text, |c, escaped| {
        escaped.extend(c.escape_default());
    })
}

/// The text with each character that has to be escaped written by `escape`, for formats that have escapes of their own.
#[must_use]
pub fn escaped_with(text: &str, escape: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.chars().any(has_to_be_escaped) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if has_to_be_escaped(c) {
            escape(c, &mut escaped);
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

fn has_to_be_escaped(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    is_space(c)
        || is_dropped(c)
        || matches!(
            CodePointMapData::<GeneralCategory>::new().get(c),
            GeneralCategory::Unassigned | GeneralCategory::PrivateUse
        )
}
