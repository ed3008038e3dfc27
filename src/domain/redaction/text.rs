//! Finds PINs in free text: what is assigned to the name of a secret, and digits near it.

use std::ops::Range;

use super::digits;
use super::names::secret_names;
use super::reading::Reading;

/// How far from the name of a secret a PIN is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Anywhere in the sentence: comments, reasons, messages.
    Sentence,
    /// Immediately after the name: for fields that rules and comparisons read, so that `12 Pin Oak Court, Unit 1204`
    /// stays.
    Adjacent,
}

/// How many characters after the name of a secret belong to the same sentence.
const SENTENCE: usize = 48;

/// How many characters may be between the name of a secret and its `:` or `=`.
const REST_OF_NAME: usize = 24;

/// The maximum length of an XML tag, in characters.
const LONGEST_TAG: usize = 200;

/// The maximum length of a secret of letters and digits without an assignment sign, in characters.
const LONGEST_TOKEN: usize = 16;

/// The maximum length of a word in [`LINKS`].
const LONGEST_LINK: usize = 12;

/// Words between the name of a secret and the secret.
const LINKS: [&str; 24] = [
    "is",
    "was",
    "are",
    "be",
    "as",
    "no",
    "nr",
    "num",
    "number",
    "numbers",
    "code",
    "codes",
    "value",
    "of",
    "the",
    "a",
    "given",
    "entered",
    "provided",
    "attempted",
    "used",
    "s",
    "being",
    "equals",
];

/// Words between a secret and the name that follows it.
const FILLERS: [&str; 24] = [
    "the",
    "my",
    "a",
    "an",
    "your",
    "his",
    "her",
    "their",
    "our",
    "its",
    "account",
    "port",
    "out",
    "portout",
    "transfer",
    "number",
    "correct",
    "right",
    "customer",
    "s",
    "new",
    "old",
    "attempted",
    "subscriber",
];

/// Values that are assigned to a PIN but are not secrets: the words of our own comparison, and the words for a missing
/// value in each format.
const NO_SECRETS: [&str; 16] = [
    "right",
    "wrong",
    "none-on-file",
    "not-given",
    "none",
    "null",
    "nil",
    "true",
    "false",
    "missing",
    "invalid",
    "unknown",
    "empty",
    "required",
    "given",
    "not",
];

/// Returns the bytes of a text that could be secrets.
pub(super) fn secrets_in(text: &str, reach: Reach) -> Vec<Range<usize>> {
    let reading = Reading::of(text);
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut assigned_to = 0;
    for name in secret_names(&reading) {
        // What is inside a value is removed with it.
        if name.start < assigned_to || is_in_closing_tag(&reading, name.start) {
            continue;
        }
        if let Some(value) = assigned(&reading, &name, reach) {
            assigned_to = value.end;
            found.push(value);
        }
        found.extend(adjacent(&reading, name.end));
        found.extend(preceding(&reading, name.start));
        if reach == Reach::Sentence {
            found.extend(digits::candidates(
                &reading,
                name.end,
                end_of_sentence(&reading, name.end),
            ));
        }
    }
    found.sort_by_key(|at| (at.start, at.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for bytes in found.iter().filter_map(|at| reading.bytes(at)) {
        match merged.last_mut() {
            Some(last) if bytes.start <= last.end => last.end = last.end.max(bytes.end),
            _ => merged.push(bytes),
        }
    }
    merged.retain(|at| !is_blank(text.get(at.clone()).unwrap_or_default()));
    merged
}

/// Returns whether nothing is left to remove.
fn is_blank(text: &str) -> bool {
    text.chars().all(|char| matches!(char, '*' | '"' | '\\' | ' '))
}

/// Finds digits, or a token that contains some, immediately after the name: `PIN4711`, `pin no. 4711`, `the PIN is
/// A4711`.
fn adjacent(reading: &Reading, name_end: usize) -> Vec<Range<usize>> {
    let mut at = name_end;
    for _ in 0..6 {
        at = reading.skip(at, |char| !char.is_alphanumeric() && !matches!(char, '\n' | ';'));
        let word_end = reading.skip_at_most(LONGEST_LINK, at, char::is_alphanumeric);
        if !LINKS.contains(&reading.text(at..word_end).as_str()) {
            break;
        }
        at = word_end;
    }
    let token = at..reading.skip_at_most(LONGEST_TOKEN + 1, at, char::is_alphanumeric);
    let count = |fits: fn(char) -> bool| {
        token
            .clone()
            .filter(|at| reading.char(*at).is_some_and(fits))
            .count()
    };
    if count(|char| char.is_ascii_digit()) > 0
        && count(char::is_alphabetic) > 0
        && (4..=LONGEST_TOKEN).contains(&token.len())
    {
        return vec![token];
    }
    digits::candidates(reading, at, at + 1)
}

/// Finds digits before the name: `4711 is the PIN`, `4711 (PIN)`.
fn preceding(reading: &Reading, name_start: usize) -> Option<Range<usize>> {
    let between = |char: char| !char.is_alphanumeric() && !matches!(char, '\n' | ';' | '*');
    let mut at = name_start;
    for _ in 0..6 {
        let gap = reading.skip_back(at, between);
        let marked = (gap..at).any(|at| matches!(reading.char(at), Some('(' | '[' | '=')));
        if marked && let Some(found) = digits::candidate_before(reading, gap) {
            return Some(found);
        }
        let word = reading.skip_back(gap, char::is_alphabetic)..gap;
        let text = reading.text(word.clone());
        if matches!(text.as_str(), "is" | "as" | "was" | "for") {
            return digits::candidate_before(reading, reading.skip_back(word.start, between));
        }
        if !FILLERS.contains(&text.as_str()) {
            return None;
        }
        at = word.start;
    }
    None
}

fn end_of_sentence(reading: &Reading, start: usize) -> usize {
    let most = reading.len().min(start + SENTENCE);
    for at in start..most {
        let ends = matches!(reading.char(at), Some('.' | '!' | '?'))
            && reading.char(at + 1).is_some_and(char::is_whitespace);
        // `no.` and `num.` do not end a sentence.
        let word = at - reading.skip_back(at, char::is_alphabetic);
        if ends && word > 3 {
            return at;
        }
    }
    most
}

/// Returns what the `:`, `=` or `>` after a name assigns to it.
fn assigned(reading: &Reading, name: &Range<usize>, reach: Reach) -> Option<Range<usize>> {
    if let Some(content) = content_of_element(reading, name.start) {
        return Some(content);
    }
    let in_name = |char: char| char.is_alphanumeric() || " \t_-'\"\\`*)(.#]/".contains(char);
    let at = reading.skip_at_most(REST_OF_NAME, name.end, in_name);
    let value = match reading.char(at)? {
        '=' => value_at(reading, at + 1, Unquoted::Any)?,
        ':' if is_line_of_its_own(reading, name.start) => value_at(reading, at + 1, Unquoted::WholeLine)?,
        ':' => value_at(reading, at + 1, Unquoted::WithDigits)?,
        _ => return None,
    };
    let has_digits = value
        .clone()
        .any(|at| reading.char(at).is_some_and(|char| char.is_ascii_digit()));
    let counts =
        has_digits || (reach == Reach::Sentence && !NO_SECRETS.contains(&reading.text(value.clone()).trim()));
    counts.then_some(value)
}

/// Which unquoted values count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unquoted {
    Any,
    WholeLine,
    WithDigits,
}

fn value_at(reading: &Reading, start: usize, unquoted: Unquoted) -> Option<Range<usize>> {
    let start = reading.skip(start, |char| matches!(char, ' ' | '\t' | '>' | '='));
    let quote = reading.skip(start, |char| char == '\\');
    match reading.char(quote)? {
        mark @ ('"' | '\'' | '`') => {
            let end = reading.skip(quote + 1, |char| char != mark);
            Some(quote + 1..reading.skip_back(end, |char| char == '\\').max(quote + 1))
        }
        '[' | '{' => Some(start..end_of_brackets(reading, start)),
        _ => {
            let end = reading.skip(start, |char| {
                !char.is_whitespace() && !",;&}])<\"'|".contains(char)
            });
            let end = reading.skip_back_at_most(end - start, end, |char| matches!(char, '.' | '!' | '?'));
            let digits = (start..end).any(|at| reading.char(at).is_some_and(|char| char.is_ascii_digit()));
            let line_ends = reading.skip(end, |char| matches!(char, ' ' | '\t' | '\r'));
            let whole_line = reading.char(line_ends).is_none_or(|char| char == '\n');
            let counts = match unquoted {
                Unquoted::Any => true,
                Unquoted::WholeLine => digits || whole_line,
                Unquoted::WithDigits => digits,
            };
            counts.then_some(start..end)
        }
    }
}

fn end_of_brackets(reading: &Reading, start: usize) -> usize {
    let mut depth = 0_usize;
    for at in start..reading.len() {
        match reading.char(at) {
            Some('[' | '{') => depth += 1,
            Some(']' | '}') if depth <= 1 => return at + 1,
            Some(']' | '}') => depth -= 1,
            _ => {}
        }
    }
    reading.len()
}

/// Returns whether a line contains only punctuation and other words of the name before the name, as in `- account PIN:
/// 4711`.
fn is_line_of_its_own(reading: &Reading, name_start: usize) -> bool {
    let in_name = |char: char| char.is_alphanumeric() || " \t_-*\"'#".contains(char);
    let start = reading.skip_back_at_most(REST_OF_NAME, name_start, in_name);
    reading.before(start).is_none_or(|char| char == '\n')
}

/// Returns whether a name is inside `</…>`, so that what follows is no longer about it.
fn is_in_closing_tag(reading: &Reading, name_start: usize) -> bool {
    let start = start_of_tag(reading, name_start);
    reading.before(start) == Some('<') && reading.char(start) == Some('/')
}

fn start_of_tag(reading: &Reading, name_start: usize) -> usize {
    reading.skip_back_at_most(LONGEST_TAG, name_start, |char| !matches!(char, '<' | '>' | '\n'))
}

/// Returns what is between `<name …>` and the next tag, if the name is the name of an element.
fn content_of_element(reading: &Reading, name_start: usize) -> Option<Range<usize>> {
    let tag = start_of_tag(reading, name_start);
    let is_element = reading.before(tag) == Some('<')
        && !(tag..name_start).any(|at| reading.char(at).is_some_and(char::is_whitespace));
    let end = reading.skip_at_most(LONGEST_TAG, name_start, |char| !matches!(char, '<' | '>'));
    let opens = reading.char(end) == Some('>') && reading.before(end) != Some('/');
    if !is_element || !opens {
        return None;
    }
    let start = reading.skip(end + 1, char::is_whitespace);
    let end = reading.skip(start, |char| char != '<');
    let end = reading.skip_back(end, char::is_whitespace);
    (start < end).then_some(start..end)
}
