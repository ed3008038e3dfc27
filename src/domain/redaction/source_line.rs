//! Finds secrets in one line of a file that people write: a rule file or a CSV list. They are masked where the line is
//! quoted.

use std::ops::Range;

use super::may_hold_a_secret;
use super::text::{Reach, secrets_in};

/// The minimum number of letters and digits that are masked, contiguous or in one token.
const FEWEST: usize = 4;

/// Returns the tokens of a line that could be secrets, in bytes, in order. Each is a sequence of letters and digits
/// that contains a digit, so that a misspelled word stays readable. Quoted texts and comments are read as sentences,
/// and the rest as keys and values.
#[must_use]
pub fn secrets_in_source_line(line: &str) -> Vec<Range<usize>> {
    if !may_hold_a_secret(line.as_bytes()) {
        return Vec::new();
    }
    let mut found = secrets_in(line, Reach::Adjacent);
    for sentence in sentences(line) {
        let text = line.get(sentence.clone()).unwrap_or_default();
        let shift = |at: Range<usize>| sentence.start + at.start..sentence.start + at.end;
        found.extend(secrets_in(text, Reach::Sentence).into_iter().map(shift));
    }
    let mut tokens: Vec<Range<usize>> = found.into_iter().flat_map(|at| tokens(line, at)).collect();
    tokens.sort_by_key(|token| (token.start, token.end));
    tokens.dedup();
    tokens
}

/// Returns the quoted texts, and the comment at the end of the line.
fn sentences(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Option<(char, usize)> = None;
    let mut chars = line.char_indices();
    while let Some((at, char)) = chars.next() {
        match (open, char) {
            (None, '"' | '\'') => open = Some((char, at + 1)),
            (None, '#') => {
                found.push(at + 1..line.len());
                return found;
            }
            (Some(('"', _)), '\\') => {
                chars.next();
            }
            (Some((quote, start)), _) if char == quote => {
                found.push(start..at);
                open = None;
            }
            _ => {}
        }
    }
    found.extend(open.map(|(_, start)| start..line.len()));
    found
}

/// Returns the tokens that contain a digit within a range.
fn tokens(line: &str, at: Range<usize>) -> Vec<Range<usize>> {
    let text = line.get(at.clone()).unwrap_or_default();
    let digits = text.chars().filter(|char| char.is_numeric()).count();
    let mut tokens = Vec::new();
    let mut start = at.start;
    for part in text.split_inclusive(|char: char| !char.is_alphanumeric()) {
        let token = part.trim_end_matches(|char: char| !char.is_alphanumeric());
        let length = token.chars().count();
        if token.contains(char::is_numeric) && (digits >= FEWEST || length >= FEWEST) {
            tokens.push(start..start + token.len());
        }
        start += part.len();
    }
    tokens
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hidden(line: &str) -> Vec<&str> {
        secrets_in_source_line(line)
            .into_iter()
            .map(|at| &line[at])
            .collect()
    }

    #[test]
    fn a_value_that_a_key_names_as_a_secret_is_found_and_the_rest_of_the_line_is_not() {
        for (line, expected) in [
            ("given.pin = \"4711\"", vec!["4711"]),
            ("given.account_pin = 4711", vec!["4711"]),
            ("match.pin = [\"wrong\", \"4711\"]", vec!["4711"]),
            ("match = { pin = \"4711\", carrier.spid = 6529 }", vec!["4711"]),
            ("\"pin 4711\" = \"right\"", vec!["4711"]),
            ("given.end_user = { PIN = '47-11' }", vec!["47", "11"]),
            ("given.pin = \"Zulu77\"", vec!["Zulu77"]),
            ("expect = \"hold\"  # the PIN that Ada uses is 4711", vec!["4711"]),
            ("about = \"the PIN that Ada uses is 4711\"", vec!["4711"]),
            ("+13125550100,\"PIN of Ada: 4711\",2031-01-31", vec!["4711"]),
        ] {
            assert_eq!(hidden(line), expected, "{line}");
        }
    }

    #[test]
    fn what_only_looks_like_a_secret_stays_readable() {
        for line in [
            "match.pin = \"wrnog\"",
            "match.numbers.wrong_pins_24h = \"=> 3\"",
            "match = { pin = \"wrong\", carrier.spid = 6529 }",
            "id = \"wrong-pin\"  # since 2026",
            "values = [\"6529\", \"073H\"]",
            "+13125550100,shipping to 60601,2031-01-31",
        ] {
            assert!(hidden(line).is_empty(), "{line}: {:?}", hidden(line));
        }
    }

    proptest! {
        #[test]
        fn every_token_is_a_part_of_the_line(line in "(pin|PIN|=|:|\"|'|#|\\\\| |,|ü|４|[a-z0-9]){0,40}") {
            for token in secrets_in_source_line(&line) {
                let text = line.get(token).expect("a range on characters");
                prop_assert!(text.chars().all(char::is_alphanumeric));
            }
        }
    }
}
