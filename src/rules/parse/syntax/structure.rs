//! Mistakes in the structure of a file: headings, brackets, and the characters between key and value.

use super::place::{Place, line_number};
use super::problem::SyntaxProblem;

/// Conflict markers that git leaves in a file.
pub(super) fn merge_conflict(place: &Place<'_>) -> Option<SyntaxProblem> {
    let is_marker = |line: &str| {
        ["<<<<<<<", "=======", ">>>>>>>", "|||||||"]
            .iter()
            .any(|mark| line.starts_with(mark))
    };
    is_marker(place.line).then(|| {
        SyntaxProblem::at(
            place.whole_line(),
            "the file contains an unresolved merge conflict",
            "keep the lines of one version, and remove the other version and the lines that begin with `<<<<<<<`, `=======` and `>>>>>>>`",
        )
        .covering(usize::MAX)
    })
}

/// JSON or YAML in a file that should be TOML.
pub(super) fn another_language(place: &Place<'_>) -> Option<SyntaxProblem> {
    let first = place.text.trim_start();
    let language = if first.starts_with('{') {
        "JSON"
    } else if first.lines().any(|line| line.trim_start().starts_with("- ")) && !first.contains(" = ") {
        "YAML"
    } else {
        return None;
    };
    let problem = SyntaxProblem::at(
        place.span.clone(),
        format!("the file looks like {language}, and rules are written in TOML"),
        "begin with `version = 1`, then write each rule under its own `[[rule]]`; see `rules.toml` of portoutd for an example",
    );
    Some(problem.covering(usize::MAX))
}

/// Invisible characters and unusual spaces, from web pages and chat programs.
pub(super) fn invisible_character(place: &Place<'_>) -> Option<SyntaxProblem> {
    let sign = place.rest().chars().next()?;
    let is_invisible = !sign.is_ascii()
        && (sign.is_whitespace()
            || matches!(sign, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}'));
    is_invisible.then(|| {
        SyntaxProblem::at(
            place.span.start..place.span.start + sign.len_utf8(),
            format!("there is an invisible character here (U+{:04X})", u32::from(sign)),
            "delete it and type an ordinary space; it was probably pasted from a web page",
        )
    })
}

/// Comments of other languages.
pub(super) fn foreign_comment(place: &Place<'_>) -> Option<SyntaxProblem> {
    const MARKS: [&str; 5] = ["//", "/*", "--", ";", "<!--"];
    let begins = |text: &str| {
        MARKS
            .iter()
            .find(|mark| text.trim_start().starts_with(**mark))
            .copied()
    };
    let fields_after_value = || {
        place
            .says("expected newline")
            .then(|| begins(place.rest()))
            .flatten()
    };
    let mark = begins(place.line).or_else(fields_after_value)?;
    let at = place.text.get(place.start..)?.find(mark)? + place.start;
    Some(SyntaxProblem::at(
        at..at + mark.len(),
        format!("`{mark}` does not begin a comment in TOML"),
        "begin a comment with `#`",
    ))
}

/// A duplicate key or heading.
pub(super) fn duplicate(place: &Place<'_>) -> Option<SyntaxProblem> {
    if !place.says("duplicate key") {
        return None;
    }
    let problem = if place.line.trim_start().starts_with('[') {
        duplicate_heading(place)
    } else {
        duplicate_key(place)
    };
    Some(problem.covering(place.next_heading()))
}

fn duplicate_heading(place: &Place<'_>) -> SyntaxProblem {
    let name = place.line.trim().trim_matches(['[', ']']);
    let help = match name {
        "rule" | "test" => format!("write `[[{name}]]` with two brackets above each of them"),
        _ if name.starts_with("lists.") => {
            "move the entries of both under one heading, or rename one of the lists".to_owned()
        }
        _ => format!("move the keys of both under one `[{name}]`"),
    };
    let is_same =
        |line: &str| line.trim().trim_matches(['[', ']']) == name && line.trim_start().starts_with('[');
    let first = place.lines_above().find(|(_, line)| is_same(line));
    let message = match first {
        Some((start, _)) => format!(
            "the heading `{name}` is already in line {}",
            line_number(place.text, start)
        ),
        None => format!("`{name}` already has a value"),
    };
    SyntaxProblem::at(place.whole_line(), message, help)
}

fn duplicate_key(place: &Place<'_>) -> SyntaxProblem {
    let key = place.pair().map_or(place.slice(), |(key, _)| key);
    let is_same = |line: &str| line.split_once('=').is_some_and(|(other, _)| other.trim() == key);
    let own_table = place
        .lines_above()
        .take_while(|(_, line)| !line.trim_start().starts_with('['));
    let first = own_table.filter(|(_, line)| is_same(line)).last();
    let message = match first {
        Some((start, _)) => format!(
            "`{key}` is already set in line {}",
            line_number(place.text, start)
        ),
        None => format!("`{key}` already has a value"),
    };
    let help = if key.starts_with("match.") || key.starts_with("unless.") {
        format!(
            "several values mean any of them: write `{key} = [\"…\", \"…\"]`, or start another rule with `[[rule]]`"
        )
    } else {
        "remove one of the two; if another rule or test starts here, write its `[[rule]]` or `[[test]]` above"
            .to_owned()
    };
    SyntaxProblem::at(place.span_of(key), message, help)
}

/// `[[rule]`, `[defaults`
pub(super) fn heading_open(place: &Place<'_>) -> Option<SyntaxProblem> {
    if !(place.says("unclosed table") || place.says("unclosed array table")) {
        return None;
    }
    let line = place.line.trim();
    let name = line.trim_start_matches('[').split([']', '#', ' ', '=']).next()?;
    let whole = if line.starts_with("[[") {
        format!("[[{name}]]")
    } else {
        format!("[{name}]")
    };
    Some(SyntaxProblem::at(
        place.whole_line(),
        "the heading is not closed",
        format!("write `{whole}`"),
    ))
}

/// A bracket or brace of a value that is never closed, reported where it is opened.
pub(super) fn bracket_open(place: &Place<'_>) -> Option<SyntaxProblem> {
    let is_heading = place.line.trim_start().starts_with("[[");
    let (open, close) = if place.says("key-value pairs") || place.says("inline table") {
        ('{', '}')
    } else if place.says("array") || is_heading && place.says("string values must be quoted") {
        ('[', ']')
    } else {
        return None;
    };
    // Inside brackets, a line that looks like a key or a heading means that the bracket should have been closed above.
    let goes_on = place.pair().is_some_and(|(key, _)| is_key(key)) || is_heading || place.says("unclosed");
    let is_within = place.before().contains(open) && !is_heading;
    if !goes_on || is_within && !place.says("unclosed") {
        return None;
    }
    let count = |line: &str, sign| line.matches(sign).count();
    let own = std::iter::once((place.start, place.line));
    let (start, line) = own
        .chain(place.lines_above())
        .find(|(_, line)| count(line, open) > count(line, close) && line.contains('='))?;
    let at = start + line.find('=')?;
    let at = at + place.text.get(at..)?.find(open)?;
    let problem = SyntaxProblem::at(
        at..at + 1,
        format!("`{open}` is opened here and never closed"),
        format!("write `{close}` after the last value"),
    );
    Some(problem.covering(usize::MAX))
}

/// Two values of an array without a comma between them.
pub(super) fn comma(place: &Place<'_>) -> Option<SyntaxProblem> {
    let value = place.rest().split([',', ']', '\n']).next()?.trim_end();
    place.says("missing comma").then(|| {
        SyntaxProblem::at(
            place.span_of(value),
            "a comma is missing before this value",
            "write a comma between the values",
        )
    })
}

/// `match.pin == "wrong"`
pub(super) fn double_equals(place: &Place<'_>) -> Option<SyntaxProblem> {
    let (key, value) = place.pair()?;
    let value = value.strip_prefix('=')?.trim_start_matches(['=', ' ']);
    let at = place.start + place.line.find("==")?;
    Some(SyntaxProblem::at(
        at..at + 2,
        "`==` is not valid between a key and its value",
        format!("write `{key} = {value}`"),
    ))
}

/// `match.numbers.count >= 25`
pub(super) fn operator_for_equals(place: &Place<'_>) -> Option<SyntaxProblem> {
    let line = place.line.trim();
    let at = line.find(['<', '>', '!', '~', '=', '≥', '≤', '≠'])?;
    let (key, rest) = (line.get(..at)?.trim(), line.get(at..)?);
    let operator = rest.get(..rest.find(|c: char| c.is_ascii_digit() || c.is_whitespace() || c == '"')?)?;
    if !is_key(key) || operator == "=" {
        return None;
    }
    let value = rest.get(operator.len()..)?.trim().trim_matches('"');
    let written = crate::rules::values::comparison::in_ascii(&format!("{operator} {value}"));
    Some(SyntaxProblem::at(
        place.span_of(rest.get(..operator.len())?),
        format!("`{operator}` is not valid between a key and its value"),
        format!("write `{key} = \"{written}\"`: the comparison is part of the text"),
    ))
}

/// `id: "wrong-pin"`
pub(super) fn colon(place: &Place<'_>) -> Option<SyntaxProblem> {
    let (key, value) = place.line.split_once(':')?;
    if !is_key(key.trim()) {
        return None;
    }
    let at = place.start + key.len();
    Some(SyntaxProblem::at(
        at..at + 1,
        "`:` is not valid between a key and its value",
        format!("write `{} = {}`", key.trim(), value.trim()),
    ))
}

/// `no match = "hold"`
pub(super) fn key_of_words(place: &Place<'_>) -> Option<SyntaxProblem> {
    if !place.says("key with no value") {
        return None;
    }
    let Some((key, _)) = place.pair() else {
        return Some(SyntaxProblem::at(
            place.whole_line(),
            "this line is not a `key = value`",
            "write `key = value`, or put `#` in front to make it a comment",
        ));
    };
    let joined = key.split_whitespace().collect::<Vec<_>>().join("_");
    is_key(&joined).then(|| {
        SyntaxProblem::at(
            place.span_of(key),
            format!("`{key}` is not a valid key, because it contains spaces"),
            format!("write `{joined}`"),
        )
    })
}

/// Text after a value that is not a comment, such as a second key.
pub(super) fn more_in_the_line(place: &Place<'_>) -> Option<SyntaxProblem> {
    if !place.says("expected newline") {
        return None;
    }
    let rest = place.text.get(place.span.start..place.line_end())?.trim();
    let help = if rest.contains('=') {
        "write one `key = value` per line: all conditions in `match` must hold, so no `and` is needed"
    } else {
        "end the line after the value; a comment begins with `#`"
    };
    Some(SyntaxProblem::at(
        place.span_of(rest),
        "there is extra text after the value",
        help,
    ))
}

/// Whether a text could be a key of a rule file.
fn is_key(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !text.is_empty() && text.chars().all(is_part)
}
