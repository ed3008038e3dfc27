//! Mistakes in values: quotes, text without quotes, comparisons, dates.

use super::place::Place;
use super::problem::SyntaxProblem;
use crate::rules::lists::file;
use crate::rules::values::{comparison, date};

const SMART: [char; 6] = ['“', '”', '„', '‘', '’', '«'];

/// Quotes from a word processor.
pub(super) fn smart_quotes(place: &Place<'_>) -> Option<SyntaxProblem> {
    place.rest().starts_with(SMART).then(|| {
        let is_smart = |c: char| SMART.contains(&c) || c == '»';
        let inner = place.slice().trim_matches(|c: char| is_smart(c) || c == '"');
        let help = if inner.is_empty() || inner.contains(is_smart) {
            "use straight quotes: \"…\"".to_owned()
        } else {
            format!("use straight quotes: \"{inner}\"")
        };
        SyntaxProblem::at(
            place.span.clone(),
            "these quotes are curly, and TOML requires straight quotes",
            help,
        )
    })
}

/// A quote that is not closed on its line.
pub(super) fn quote_open(place: &Place<'_>) -> Option<SyntaxProblem> {
    if !(place.says("invalid basic string") || place.says("invalid literal string")) {
        return None;
    }
    let opening = place.before().rfind(['"', '\''])?;
    let at = place.start + opening;
    let problem = SyntaxProblem::at(
        at..place.line_end().max(at + 1),
        "a quote is opened here and not closed on the same line",
        "close it on the same line; inside \"…\" write `\\\"` for a quote",
    );
    // The continuation of the text on the next line is not a key.
    let next = place
        .text
        .get(place.line_end()..)
        .unwrap_or_default()
        .trim_start_matches(['\n', '\r']);
    let next = next.lines().next().unwrap_or_default();
    let end = place.span_of(next).end;
    Some(problem.covering(if next.contains('=') { 0 } else { end }))
}

/// A backslash in a text: a path from Windows, or a regular expression.
pub(super) fn backslash(place: &Place<'_>) -> Option<SyntaxProblem> {
    if !(place.says("escape") || place.says("unicode value")) {
        return None;
    }
    let at = place.start + place.before().rfind('\\')?;
    let quoted = quoted_around(place, at)?;
    let help = if quoted.starts_with('/') {
        format!("write the expression in single quotes, which keep backslashes as they are: '{quoted}'")
    } else if file::Format::of(quoted).is_some() {
        format!("write the path with `/`: \"{}\"", quoted.replace('\\', "/"))
    } else {
        format!("write it in single quotes, which keep backslashes as they are: '{quoted}'")
    };
    let message = "a backslash in double quotes starts an escape sequence, and this one is not valid";
    Some(SyntaxProblem::at(at..at + 1, message, help))
}

/// The text between the double quotes around a byte.
fn quoted_around<'t>(place: &Place<'t>, at: usize) -> Option<&'t str> {
    let open = place.text.get(place.start..at)?.rfind('"')? + place.start + 1;
    let close = place.text.get(at..place.line_end())?.find('"')? + at;
    place.text.get(open..close)
}

/// `about =`
pub(super) fn nothing(place: &Place<'_>) -> Option<SyntaxProblem> {
    let (key, value) = place.pair()?;
    let is_empty = value.is_empty() || value.starts_with('#');
    is_empty.then(|| {
        let help = format!("write a value after the `=`, or remove `{key}`");
        SyntaxProblem::at(place.span_of(key), format!("`{key}` has no value"), help)
    })
}

/// `True`, `yes`
pub(super) fn flag(place: &Place<'_>) -> Option<SyntaxProblem> {
    let word = word_at(place);
    let flag = match word.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => "true",
        "false" | "no" => "false",
        _ => return None,
    };
    is_value(place, word).then(|| {
        let message = format!("`{word}` is neither true nor false");
        let help = format!("write {flag}, in lower case and without quotes");
        SyntaxProblem::at(place.span_of(word), message, help)
    })
}

/// `match.numbers.count = >= 25`
pub(super) fn comparison(place: &Place<'_>) -> Option<SyntaxProblem> {
    let (_, value) = place.pair()?;
    let value = value.split('#').next()?.trim().trim_matches('"');
    value.starts_with(['<', '>', '!', '≥', '≤', '≠']).then(|| {
        let written = comparison::in_ascii(value);
        SyntaxProblem::at(
            place.span_of(value),
            "a comparison is text and must be in quotes",
            format!("write \"{written}\""),
        )
    })
}

/// `2027-02-30`, `31.01.2027`
pub(super) fn date(place: &Place<'_>) -> Option<SyntaxProblem> {
    let word = word_at(place);
    let advice = date::advice(word)?;
    is_value(place, word).then(|| {
        SyntaxProblem::at(
            place.span_of(word),
            format!("`{word}` is not a valid date"),
            advice,
        )
    })
}

/// Text without quotes.
pub(super) fn bare_text(place: &Place<'_>) -> Option<SyntaxProblem> {
    let word = if place.says("string values must be quoted") {
        place.slice()
    } else {
        word_at(place)
    };
    let word = word.trim().trim_matches(['"', '\'']).trim();
    let is_text = !word.is_empty() && word != "=" && !word.contains(['"', '[', ']', '{', '}', '=']);
    (is_text && is_value(place, word)).then(|| {
        SyntaxProblem::at(
            place.span_of(word),
            format!("`{word}` is text and must be in quotes"),
            format!("write \"{word}\""),
        )
    })
}

/// Whether a word is in the position of a value.
fn is_value(place: &Place<'_>, word: &str) -> bool {
    let start = place.span_of(word).start;
    let before = place
        .text
        .get(place.start..start)
        .unwrap_or_default()
        .trim_end_matches([' ', '\t', '"', '\'']);
    before.is_empty() && !word.is_empty() && place.pair().is_none() || before.ends_with(['=', '[', ','])
}

/// The characters around the position that could be one value.
fn word_at<'t>(place: &Place<'t>) -> &'t str {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '+' | '@' | '*' | '.' | '/' | ':');
    let before = place.before();
    let head = before.trim_end_matches(is_part).len();
    let tail = place
        .text
        .get(place.start + head..place.line_end())
        .unwrap_or_default();
    let length = tail.find(|c: char| !is_part(c)).unwrap_or(tail.len());
    tail.get(..length).unwrap_or_default()
}
