//! Folding: the one way in which texts are made comparable, and the way in which a text is shown safely to people.
//!
//! Names come from order forms, spreadsheets and web pages. Two texts that look alike to a person must compare equal,
//! or a rule that holds `Smith & Sons` does not match `Smith &amp; Sons` and the next rule authorizes. Facts, patterns,
//! lists, SPIDs and the register all compare texts as [`fold`] returns them. Texts are recorded as they came.

mod entities;
mod shown;
#[cfg(test)]
mod tests;

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

pub use shown::{escaped_with, shown};

/// What is put in the place of a character that cannot be kept.
const UNREADABLE: char = '\u{fffd}';

/// Folds a text for comparison.
///
/// - HTML entities are decoded until none is left, so that `&amp;amp;`, which was encoded twice, is `&`.
/// - Unicode NFKC: decomposed accents, full-width letters, ligatures and superscripts become their plain form.
/// - Case is folded (`Straße` is `strasse`).
/// - Every run of white space, such as a no-break space or a tab, becomes one space; none is left at the ends.
/// - Control and format characters, such as a zero-width space or a soft hyphen, are dropped, and so is U+FFFD, which
///   stands for a character that could not be kept, such as NUL.
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

/// Folds a part of a text, whose blanks at the ends count: one of them is kept.
#[must_use]
pub fn fold_within(text: &str) -> String {
    let mut folded = folded_once(text);
    // Decoding and composing can each make work for the other: `&#xFF06;` is a full-width `&`. This ends: a pass that
    // decodes an entity leaves fewer ASCII characters, and a pass that does not changes only what it changes once.
    loop {
        let again = folded_once(&folded);
        if again == folded {
            return folded;
        }
        folded = again;
    }
}

/// Whether folding changes nothing of a text but its case and the blanks around it.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    is_simple(text) || *CaseMapper::new().fold_string(text.trim_matches(' ')) == *fold(text)
}

/// Whether a text has nothing that can be seen and read.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    let is_seen = |c| !(is_space(c) || is_dropped(c) || c == UNREADABLE);
    !text.chars().any(is_seen) || fold(text).is_empty()
}

/// A folded text with the accents of its letters removed, as an order form in ASCII has it.
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

/// Whether folding such a text only lowers its case and trims it: what nearly every text is.
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

/// One pass. [`fold_within`] repeats it until nothing changes.
fn folded_once(text: &str) -> String {
    let replaced = replaced(text);
    let composed = ComposingNormalizer::new_nfkc().normalize(&replaced);
    // Before their case is folded, since `&NonBreakingSpace;` has no other spelling.
    let decoded = entities::decoded(&composed);
    let folded = CaseMapper::new().fold_string(&decoded);
    // NFKC makes spaces of other characters, and entities are decoded to any character.
    self::replaced(&folded)
}

/// The text with its kinds of blanks, dashes and quotes made one, and without what cannot be seen.
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

/// Whether a character is white space, or is drawn as white space (BRAILLE PATTERN BLANK).
fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}'
}

/// Whether a character is a control or format character, or has no appearance of its own.
fn is_dropped(c: char) -> bool {
    let category = || CodePointMapData::<GeneralCategory>::new().get(c);
    !is_space(c)
        && (c.is_control()
            || !c.is_ascii()
                && (CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
                    || category() == GeneralCategory::Format))
}

/// `-`, `'` or `"` for their typographic kinds; any other character itself.
fn plain_punctuation(c: char) -> char {
    match c {
        // Backquote, acute, modifier letters, single quotation marks, primes, Armenian and Hebrew marks.
        '`' | '´' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' | 'ˈ' | 'ˊ' | 'ˋ' | '՚' | '׳' | 'ߴ' | 'ߵ' | '‘' | '’' | '‚'
        | '‛' | '′' | '‵' | '❛' | '❜' | 'Ꞌ' | 'ꞌ' | '＇' | '｀' => '\'',
        'ʺ' | 'ˮ' | '״' | '“' | '”' | '„' | '‟' | '″' | '‶' | '«' | '»' | '❝' | '❞' | '〝' | '〞' | '〟'
        | '＂' => '"',
        // Minus signs, and the hyphen bullet, which are not of the category of dashes.
        '−' | '⁃' | '˗' => '-',
        _ if CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::DashPunctuation => '-',
        _ => c,
    }
}
