//! Finds positions in JSON text token by token and without recursion, so that no nesting is too deep.

/// Returns the position after the closing quote of the string that opens at `start`, or the end of the text.
pub(super) fn end_of_string(text: &[u8], start: usize) -> usize {
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

/// Returns the position after the value that starts at `start`: up to the comma or bracket that ends it, without the
/// blanks before that. Content that a well-formed value would not have, such as a second string, belongs to it.
pub(super) fn end_of_value(text: &[u8], start: usize) -> usize {
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

pub(super) fn skip_blanks(text: &[u8], from: usize) -> usize {
    let blanks = text.get(from..).unwrap_or_default();
    let count = blanks
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    from + count
}

pub(super) fn slice(text: &[u8], from: usize, to: usize) -> &[u8] {
    text.get(from..to).unwrap_or_default()
}

/// Returns what is between the quotes.
pub(super) fn unquoted(string: &[u8]) -> &[u8] {
    let inner = string.strip_prefix(b"\"").unwrap_or(string);
    inner.strip_suffix(b"\"").unwrap_or(inner)
}
