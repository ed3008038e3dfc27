//! The decoded text of a JSON string, with the source position of each byte.

use std::ops::Range;

/// A decoded text.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) text: String,
    /// For each byte of the text, the source position where its character begins, and finally the end of the source.
    source: Vec<usize>,
}

impl Decoded {
    /// Decodes what is between the quotes of a JSON string. Invalid content is decoded as U+FFFD.
    pub(super) fn string(raw: &[u8]) -> Self {
        let mut decoded = Self::default();
        let mut at = 0;
        while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
            let (char, length) = if rest.starts_with(b"\\") {
                escape(rest)
            } else {
                plain(rest)
            };
            decoded.push(char, at);
            at += length;
        }
        decoded.source.push(raw.len());
        decoded
    }

    /// Decodes bytes as text without escapes.
    pub(super) fn bytes(raw: &[u8]) -> Self {
        let mut decoded = Self::default();
        let mut at = 0;
        while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
            let (char, length) = plain(rest);
            decoded.push(char, at);
            at += length;
        }
        decoded.source.push(raw.len());
        decoded
    }

    /// Returns the source range of a range of the text.
    pub(super) fn in_source(&self, range: &Range<usize>) -> Range<usize> {
        let place = |at: usize| self.source.get(at).copied().unwrap_or_default();
        place(range.start)..place(range.end)
    }

    fn push(&mut self, char: char, at: usize) {
        self.text.push(char);
        self.source.extend(std::iter::repeat_n(at, char.len_utf8()));
    }
}

/// Returns the character at the start of bytes that may be invalid UTF-8.
fn plain(bytes: &[u8]) -> (char, usize) {
    let first = bytes.get(..bytes.len().min(4)).unwrap_or_default();
    let valid = match std::str::from_utf8(first) {
        Ok(text) => text,
        Err(error) => {
            let valid = first.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(valid).unwrap_or_default()
        }
    };
    valid
        .chars()
        .next()
        .map_or((char::REPLACEMENT_CHARACTER, 1), |char| (char, char.len_utf8()))
}

/// Returns the character of an escape, and the escape's length.
fn escape(bytes: &[u8]) -> (char, usize) {
    let Some(&letter) = bytes.get(1) else {
        return ('\\', 1);
    };
    let char = match letter {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'u' => return unicode_escape(bytes),
        b'"' | b'\\' | b'/' => char::from(letter),
        _ => return ('\\', 1),
    };
    (char, 2)
}

fn unicode_escape(bytes: &[u8]) -> (char, usize) {
    let Some(unit) = code_unit(bytes) else {
        return ('\\', 1);
    };
    if let Some(char) = char::from_u32(u32::from(unit)) {
        return (char, 6);
    }
    let low = bytes.get(6..).and_then(code_unit);
    let pair = low.and_then(|low| char::decode_utf16([unit, low]).next()?.ok());
    pair.map_or((char::REPLACEMENT_CHARACTER, 6), |char| (char, 12))
}

fn code_unit(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    let all_hex = digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| all_hex)?;
    u16::from_str_radix(digits, 16).ok()
}
