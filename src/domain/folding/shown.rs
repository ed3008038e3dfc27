//! Displays text from others so that nothing in it is invisible or controls the terminal.

use std::borrow::Cow;

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

use super::{is_dropped, is_space};

/// Returns the text for display: invisible characters, and those that would move the cursor, color the terminal or
/// change the direction of writing, are escaped as `\u{200b}`. Ordinary spaces stay.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    escaped_with(text, |c, escaped| {
        escaped.extend(c.escape_default());
    })
}

/// Returns the text with `escape` applied to each character that has to be escaped, for formats with their own escapes.
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
