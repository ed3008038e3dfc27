//! Decodes HTML entities, which order forms for web pages leave in names.

use std::borrow::Cow;

/// The longest entity has 33 characters, `&CounterClockwiseContourIntegral;`.
const LONGEST_ENTITY: usize = 33;

/// Decodes every entity that ends in `;`, including those that appear when another one is decoded.
///
/// An entity without `;` stays: `AT&TIMES` is a name.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    if !(text.contains('&') && text.contains(';')) {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    for c in text.chars() {
        decoded.push(c);
        if c == ';' {
            decode_end(&mut decoded);
        }
    }
    Cow::Owned(decoded)
}

/// Decodes the entity at the end of the text, if there is one. The result may complete an earlier entity.
fn decode_end(text: &mut String) {
    while text.ends_with(';')
        && let Some(start) = start_of_entity(text)
        && let Some(entity) = text.get(start..)
    {
        let decoded = html_escape::decode_html_entities(entity).into_owned();
        if decoded == entity {
            return;
        }
        text.truncate(start);
        text.push_str(&decoded);
    }
}

/// Returns the position of the last `&` if it is close enough to the end to begin an entity.
fn start_of_entity(text: &str) -> Option<usize> {
    let near = text.len().saturating_sub(LONGEST_ENTITY);
    let last = text
        .as_bytes()
        .get(near..)?
        .iter()
        .rposition(|byte| *byte == b'&')?;
    Some(near + last)
}
