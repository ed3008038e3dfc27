//! Folding: the only way in which texts are made comparable, and the way in which a text is displayed safely.
//!
//! Names come from order forms, spreadsheets and web pages. Two texts that look the same to a person must compare
//! equal. Otherwise a rule with `Smith & Sons` does not match `Smith &amp; Sons`, and the next rule authorizes. Facts,
//! patterns, lists, SPIDs and the register all compare texts as [`fold`] returns them. Texts are recorded unchanged.

mod entities;
mod shown;
#[cfg(test)]
mod tests;

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

pub use shown::{escaped_with, shown};

/// Replaces a character that cannot be stored.
const UNREADABLE: char = '\u{fffd}';

/// Folds a text for comparison.
///
/// - HTML entities are decoded until none is left, so that `&amp;amp;`, which was encoded twice, is `&`.
/// - Unicode NFKC: decomposed accents, full-width letters, ligatures and superscripts become their plain form.
/// - Case is folded (`Straße` is `strasse`).
/// - A sequence of white space, such as a no-break space or a tab, becomes one space. There is none at the ends.
/// - Control and format characters, such as a zero-width space or a soft hyphen, are removed. So is U+FFFD, which
///   replaces a character that could not be stored, such as NUL.
/// - Every kind of dash becomes `-`, every kind of apostrophe `'`, every kind of double quote `"`.
///
/// Letters of different scripts that look alike (Latin `a`, Cyrillic `а`) stay different. Folding twice is the same as
/// folding once.
#[must_use]
pub fn fold(text: &str) -> String {
    if is_simple(text) {
        return text.trim_matches(' ').to_ascii_lowercase();
    }
    let mut folded = fold_within(text);
    if folded.starts_with(' ') || folded.ends_with(' ') {
        folded = folded.trim_matches(' ').to_owned();
    }
    folded
}

/// Folds a part of a text. Blanks at the ends are significant, and one of them is kept.
#[must_use]
pub fn fold_within(text: &str) -> String {
    let mut folded = folded_once(text);
    // Decoding and composing can each require the other again: `&#xFF06;` is a full-width `&`. The loop ends: a pass
    // that decodes an entity leaves fewer ASCII characters, and a pass that does not changes only what changes once.
    loop {
        let again = folded_once(&folded);
        if again == folded {
            return folded;
        }
        folded = again;
    }
}

/// Returns whether folding changes only the case of a text and the blanks around it.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    is_simple(text) || *CaseMapper::new().fold_string(text.trim_matches(' ')) == *fold(text)
}

/// Returns whether a text contains nothing visible.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    let is_seen = |c| !(is_space(c) || is_dropped(c) || c == UNREADABLE);
    !text.chars().any(is_seen) || fold(text).is_empty()
}

/// Folds a text and removes the accents of its letters, as in an order form in ASCII.
#[must_use]
pub fn fold_without_accents(text: &str) -> String {
    const ACCENTS: std::ops::RangeInclusive<char> = '\u{300}'..='\u{36f}';
    let folded = fold(text);
    if folded.is_ascii() {
        return folded;
    }
    let parted = DecomposingNormalizer::new_nfkd().normalize(&folded);
    parted.chars().filter(|c| !ACCENTS.contains(c)).collect()
}

/// Returns whether folding only lowercases and trims the text, which is true of nearly every text.
fn is_simple(text: &str) -> bool {
    let (mut before, mut has_ampersand) = (0, false);
    text.bytes().all(|byte| {
        let is_double = byte == b' ' && before == b' ';
        before = byte;
        has_ampersand |= byte == b'&';
        let may_end_entity = byte == b';' && has_ampersand;
        (b' '..=b'~').contains(&byte) && byte != b'`' && !is_double && !may_end_entity
    })
}

/// Folds once. [`fold_within`] repeats it until nothing changes.
fn folded_once(text: &str) -> String {
    let replaced = replaced(text);
    let composed = ComposingNormalizer::new_nfkc().normalize(&replaced);
    // Before the case is folded, because `&NonBreakingSpace;` has no other spelling.
    let decoded = entities::decoded(&composed);
    let folded = CaseMapper::new().fold_string(&decoded);
    // NFKC turns other characters into spaces, and entities are decoded to any character.
    self::replaced(&folded)
}

/// Unifies the kinds of blanks, dashes and quotes, and removes invisible characters.
fn replaced(text: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '!'..='_' | 'a'..='~' => replaced.push(c),
            _ if is_space(c) => {
                if !replaced.ends_with(' ') {
                    replaced.push(' ');
                }
            }
            UNREADABLE => {}
            _ if is_dropped(c) => {}
            _ => replaced.push(plain_punctuation(c)),
        }
    }
    replaced
}

/// Returns whether a character is white space or is displayed as white space (BRAILLE PATTERN BLANK).
fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}'
}

/// Returns whether a character is a control or format character, or is invisible.
fn is_dropped(c: char) -> bool {
    let category = || CodePointMapData::<GeneralCategory>::new().get(c);
    !is_space(c)
        && (c.is_control()
            || !c.is_ascii()
                && (CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
                    || category() == GeneralCategory::Format))
}

/// Returns `-`, `'` or `"` for their typographic forms, and any other character unchanged.
fn plain_punctuation(c: char) -> char {
    match c {
        // Backquote, acute, modifier letters, single quotation marks, primes, Armenian and Hebrew marks.
        '`' | '´' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' | 'ˈ' | 'ˊ' | 'ˋ' | '՚' | '׳' | 'ߴ' | 'ߵ' | '‘' | '’' | '‚'
        | '‛' | '′' | '‵' | '❛' | '❜' | 'Ꞌ' | 'ꞌ' | '＇' | '｀' => '\'',
        'ʺ' | 'ˮ' | '״' | '“' | '”' | '„' | '‟' | '″' | '‶' | '«' | '»' | '❝' | '❞' | '〝' | '〞' | '〟'
        | '＂' => '"',
        // Minus signs and the hyphen bullet, which are not in the dash category.
        '−' | '⁃' | '˗' => '-',
        _ if CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::DashPunctuation => '-',
        _ => c,
    }
}
