use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use super::super::Code;
use super::report::Report;

/// Parses the TOML; where it is broken, only its first problem is told, since the rest would be guesses.
pub(super) fn parse<'t>(text: &'t str, report: &Report<'_>) -> Option<Spanned<DeTable<'t>>> {
    match DeTable::parse(text) {
        Ok(table) => Some(table),
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            let message = format!("the file is no TOML: {}", shortened(error.message()));
            report.error(
                Code::BrokenToml,
                &span,
                message,
                help(text, &span, error.message()),
            );
            None
        }
    }
}

/// What was expected is worth telling where it is a sign, such as a bracket.
fn shortened(message: &str) -> &str {
    match message.trim().split_once(", expected ") {
        Some((problem, expected)) if !expected.contains('`') => problem,
        _ => message.trim(),
    }
}

/// Most broken files have a text without its quotes.
fn help(text: &str, span: &Range<usize>, message: &str) -> String {
    let rest = text.get(span.start..).unwrap_or_default();
    if rest.starts_with(['“', '”', '„', '‘', '’']) {
        return "use straight quotes: \"…\"".to_owned();
    }
    let (word, before) = bare_word(text, span.start);
    let is_value = before.trim_end().ends_with(['=', '[', ',']);
    if is_value && !word.is_empty() && !word.starts_with(['"', '\'']) {
        return format!("text stands in quotes: write \"{word}\"");
    }
    HELPS
        .iter()
        .find(|(part, _)| message.contains(part))
        .map_or(HOW_TOML_READS, |(_, help)| help)
        .to_owned()
}

const HOW_TOML_READS: &str =
    "every line is a `[table]`, a `[[table]]`, a `key = value` or a `# comment`; text stands in quotes";

/// What to do about the problems that admins meet, by a part of the parser's message.
const HELPS: [(&str, &str); 6] = [
    (
        "duplicate key",
        "the key stands there twice: take one out, or begin the next rule with its own `[[rule]]`",
    ),
    ("key with no value", "write `key = value`, with `=` between them"),
    ("missing comma", "write a comma between the values"),
    ("unclosed array table", "close it: `[[rule]]`"),
    ("unclosed", "close the bracket"),
    (
        "invalid basic string",
        "close the quotes on the same line; within quotes write `\\\"` for a quote and `\\\\` for a backslash",
    ),
];

/// The run of letters and digits around a place, and what stands before it in its line.
fn bare_word(text: &str, at: usize) -> (&str, &str) {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '+' | '@' | '*' | '.');
    let head = text.get(..at).unwrap_or_default();
    let start = head.len()
        - head
            .chars()
            .rev()
            .take_while(|c| is_part(*c))
            .map(char::len_utf8)
            .sum::<usize>();
    let tail = text.get(start..).unwrap_or_default();
    let length = tail.find(|c: char| !is_part(c)).unwrap_or(tail.len());
    let line = head.rfind('\n').map_or(0, |newline| newline + 1);
    (
        tail.get(..length).unwrap_or_default(),
        text.get(line..start).unwrap_or_default(),
    )
}
