//! Takes PINs out of JSON text, byte by byte, so that all else stays as Telnyx sent it.
//!
//! Works on tokens, not on a parsed document: what is malformed or cut off is blanked as well, rather too much than too little.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

/// The names, in any case, whose values are never kept.
const SECRET_NAMES: [&[u8]; 5] = [
    b"attempted_pin",
    b"pin",
    b"pin_passcode",
    b"pin_number",
    b"passcode",
];

/// What stands in place of a PIN.
const BLANK: &[u8] = br#""***""#;

/// Replaces the value of every key that names a PIN by `"***"`, whatever its type; all other bytes stay as they are.
///
/// A key is found however it is escaped, and its value to the end of the text if it is cut off.
#[must_use]
pub fn blank_pins(text: &[u8]) -> Cow<'_, [u8]> {
    if !may_name_a_pin(text) {
        return Cow::Borrowed(text);
    }
    let mut blanked = Vec::new();
    let mut kept_to = 0;
    let mut at = 0;
    while let Some(key_start) = find_quote(text, at) {
        let key_end = end_of_string(text, key_start);
        let Some(value_start) = value_after_key(text, key_end) else {
            at = key_end;
            continue;
        };
        at = value_start;
        if names_a_pin(slice(text, key_start, key_end)) {
            at = end_of_value(text, value_start);
            blanked.extend_from_slice(slice(text, kept_to, value_start));
            blanked.extend_from_slice(BLANK);
            kept_to = at;
        }
    }
    if kept_to == 0 {
        return Cow::Borrowed(text);
    }
    blanked.extend_from_slice(slice(text, kept_to, text.len()));
    Cow::Owned(blanked)
}

/// The same for text that is no JSON, where quotes cannot be trusted: whatever is assigned to a name with `pin` or
/// `passcode` in it is blanked up to the next separator.
pub(super) fn blank_pins_in_ruins(text: &[u8]) -> Cow<'_, [u8]> {
    let text = blank_pins(text);
    if !may_name_a_pin(&text) {
        return text;
    }
    let mut blanked = Vec::with_capacity(text.len());
    let mut rest = &text[..];
    while let Some(value_start) = assigned_to_a_pin(rest) {
        let (head, value) = rest.split_at(value_start);
        let value_len = value.iter().position(|byte| b",&;}]\r\n".contains(byte));
        blanked.extend_from_slice(head);
        blanked.extend_from_slice(BLANK);
        rest = value.get(value_len.unwrap_or(value.len())..).unwrap_or_default();
    }
    blanked.extend_from_slice(rest);
    Cow::Owned(blanked)
}

/// Just past the next `:` or `=` that follows a name with `pin` or `passcode` in it.
fn assigned_to_a_pin(text: &[u8]) -> Option<usize> {
    let mut named = false;
    for (at, byte) in text.iter().enumerate() {
        let rest = text.get(at..).unwrap_or_default();
        if starts_with(rest, b"pin") || starts_with(rest, b"passcode") {
            named = true;
        } else if named && matches!(byte, b':' | b'=') {
            return Some(at + 1);
        } else if !byte.is_ascii_alphanumeric() && !b"_\"'\\ \t".contains(byte) {
            named = false;
        }
    }
    None
}

fn starts_with(text: &[u8], name: &[u8]) -> bool {
    text.get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// A cheap look that most texts do not pass: no secret name can stand in a text without one of these.
fn may_name_a_pin(text: &[u8]) -> bool {
    let tokens = text.windows(3).any(|window| {
        let first = window.first().map(u8::to_ascii_lowercase);
        first == Some(b'p') && (window.eq_ignore_ascii_case(b"pin") || window.eq_ignore_ascii_case(b"pas"))
    });
    tokens || text.contains(&b'\\')
}

fn find_quote(text: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    rest.iter()
        .position(|byte| *byte == b'"')
        .map(|found| from + found)
}

/// Just past the closing quote of the string that opens at `start`, or the end of the text.
fn end_of_string(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

/// Where the value starts, if the string that ended at `key_end` is a key. Nothing follows a key that is cut off.
fn value_after_key(text: &[u8], key_end: usize) -> Option<usize> {
    let colon = skip_blanks(text, key_end);
    (text.get(colon) == Some(&b':')).then(|| skip_blanks(text, colon + 1))
}

fn skip_blanks(text: &[u8], from: usize) -> usize {
    let blanks = text.get(from..).unwrap_or_default();
    let count = blanks
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    from + count
}

/// Just past the value that starts at `start`: up to the comma or bracket that ends it, blanks before that excluded.
/// What a well-formed value would not have, such as a second string, belongs to it.
fn end_of_value(text: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    let mut last = start;
    while let Some(byte) = text.get(at) {
        match byte {
            b',' | b'}' | b']' if depth == 0 => break,
            b'"' => {
                at = end_of_string(text, at);
                last = at;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if !byte.is_ascii_whitespace() {
            last = at;
        }
    }
    last
}

fn slice(text: &[u8], from: usize, to: usize) -> &[u8] {
    text.get(from..to).unwrap_or_default()
}

/// Whether a quoted key, unescaped, is one of the secret names.
fn names_a_pin(quoted: &[u8]) -> bool {
    let inner = quoted.strip_prefix(b"\"").unwrap_or(quoted);
    let inner = inner.strip_suffix(b"\"").unwrap_or(inner);
    if !inner.contains(&b'\\') {
        return is_secret(inner.trim_ascii());
    }
    is_secret(unescape(inner).trim_ascii())
}

fn is_secret(name: &[u8]) -> bool {
    SECRET_NAMES
        .iter()
        .any(|secret| name.eq_ignore_ascii_case(secret))
}

/// Good enough to recognise an ASCII name: what is no ASCII becomes a byte that stands in none.
fn unescape(key: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(key.len());
    let mut rest = key;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'\\' {
            plain.push(*byte);
            continue;
        }
        let Some((escape, after)) = rest.split_first() else {
            break;
        };
        rest = after;
        let hex = rest.get(..4).and_then(|digits| std::str::from_utf8(digits).ok());
        let unit = hex.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        match (escape, unit) {
            (b'u' | b'U', Some(unit)) => {
                plain.push(u8::try_from(unit).unwrap_or(b'?'));
                rest = rest.get(4..).unwrap_or_default();
            }
            _ => plain.push(*escape),
        }
    }
    plain
}
