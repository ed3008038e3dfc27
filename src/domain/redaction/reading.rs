//! Text as a person reads it: look-alike letters folded, escapes decoded, and each character with its source position.

use std::ops::Range;

/// A character as a person reads it, and the bytes that it comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glyph {
    pub(super) char: char,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The characters of a text.
#[derive(Debug, Default)]
pub(super) struct Reading(Vec<Glyph>);

/// A sequence of letters. Its range counts glyphs.
#[derive(Debug)]
pub(super) struct Word {
    /// In lower case.
    pub(super) text: String,
    pub(super) at: Range<usize>,
}

impl Reading {
    /// Reads a text. `%70` and `\u0070` read as `p`, and full-width letters as plain ones. Invisible characters are
    /// left out.
    pub(super) fn of(text: &str) -> Self {
        let mut glyphs = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let start = text.len() - rest.len();
            let (char, length) = escaped(rest).unwrap_or((first, first.len_utf8()));
            let end = start + length;
            if let Some(char) = folded(char) {
                glyphs.push(Glyph { char, start, end });
            }
            rest = text.get(end..).unwrap_or_default();
        }
        Self(glyphs)
    }

    /// Returns the number of characters.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the character at a position.
    pub(super) fn char(&self, at: usize) -> Option<char> {
        self.0.get(at).map(|glyph| glyph.char)
    }

    /// Returns the character before a position.
    pub(super) fn before(&self, at: usize) -> Option<char> {
        self.char(at.checked_sub(1)?)
    }

    /// Returns the bytes of a range of glyphs.
    pub(super) fn bytes(&self, at: &Range<usize>) -> Option<Range<usize>> {
        let first = self.0.get(at.start)?;
        let last = self.0.get(at.end.checked_sub(1)?)?;
        (first.start < last.end).then_some(first.start..last.end)
    }

    /// Returns the characters of a range, in lower case.
    pub(super) fn text(&self, at: Range<usize>) -> String {
        let glyphs = self.0.get(at).unwrap_or_default();
        glyphs
            .iter()
            .map(|glyph| glyph.char.to_ascii_lowercase())
            .collect()
    }

    /// Returns the first position at or after `at` whose character does not fit.
    pub(super) fn skip(&self, at: usize, fits: impl Fn(char) -> bool) -> usize {
        let mut at = at;
        while self.char(at).is_some_and(&fits) {
            at += 1;
        }
        at
    }

    /// Returns the first position from which all characters up to `at` fit.
    pub(super) fn skip_back(&self, at: usize, fits: impl Fn(char) -> bool) -> usize {
        let mut at = at;
        while self.before(at).is_some_and(&fits) {
            at -= 1;
        }
        at
    }

    /// Like [`Self::skip`], but limited to a number of characters.
    pub(super) fn skip_at_most(&self, most: usize, at: usize, fits: impl Fn(char) -> bool) -> usize {
        let end = at.saturating_add(most);
        let mut at = at;
        while at < end && self.char(at).is_some_and(&fits) {
            at += 1;
        }
        at
    }

    /// Like [`Self::skip_back`], but limited to a number of characters.
    pub(super) fn skip_back_at_most(&self, most: usize, at: usize, fits: impl Fn(char) -> bool) -> usize {
        let start = at.saturating_sub(most);
        let mut at = at;
        while at > start && self.before(at).is_some_and(&fits) {
            at -= 1;
        }
        at
    }

    /// Returns the words, in order.
    pub(super) fn words(&self) -> Vec<Word> {
        self.split(|at| self.camel_case_begins(at))
    }

    /// Returns the words, without splitting them at a change of case: `PINcode` is one word.
    pub(super) fn uncased_words(&self) -> Vec<Word> {
        self.split(|_| false)
    }

    fn split(&self, begins: impl Fn(usize) -> bool) -> Vec<Word> {
        let mut words = Vec::new();
        let mut start = 0;
        for at in 0..=self.len() {
            if is_letter(self.char(at)) && !begins(at) {
                continue;
            }
            if start < at {
                words.push(Word {
                    text: self.text(start..at),
                    at: start..at,
                });
            }
            start = if is_letter(self.char(at)) { at } else { at + 1 };
        }
        words
    }

    /// Splits `attemptedPin` before the `P`, and `PINCode` before the `C`.
    fn camel_case_begins(&self, at: usize) -> bool {
        let upper = |char: Option<char>| char.is_some_and(char::is_uppercase);
        let lower = |char: Option<char>| char.is_some_and(char::is_lowercase);
        let before = self.before(at);
        upper(self.char(at)) && (lower(before) || (upper(before) && lower(self.char(at + 1))))
    }
}

fn is_letter(char: Option<char>) -> bool {
    char.is_some_and(char::is_alphabetic)
}

/// Returns the character of an escape at the start of the text, and the escape's length in bytes.
fn escaped(text: &str) -> Option<(char, usize)> {
    let (digits, length) = if text.starts_with('%') {
        (text.get(1..3)?, 3)
    } else if text.starts_with("\\u") {
        (text.get(2..6)?, 6)
    } else {
        return None;
    };
    let all_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let char = char::from_u32(u32::from_str_radix(digits, 16).ok().filter(|_| all_hex)?)?;
    // A percent sign encodes bytes, and only an ASCII byte is a character on its own.
    (length == 6 || char.is_ascii()).then_some((char, length))
}

/// Returns the plain form of a character, or `None` for an invisible one.
fn folded(char: char) -> Option<char> {
    let shifted = |base: u32, to: u32| char::from_u32(u32::from(char) - base + to);
    match char {
        '\u{ff01}'..='\u{ff5e}' => shifted(0xff01, 0x21),
        '\u{660}'..='\u{669}' => shifted(0x660, 0x30),
        '\u{6f0}'..='\u{6f9}' => shifted(0x6f0, 0x30),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => Some('-'),
        '\u{2018}' | '\u{2019}' => Some('\''),
        '\u{201c}'..='\u{201e}' => Some('"'),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(' '),
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}'
        | '\u{feff}' => None,
        other => Some(other),
    }
}
