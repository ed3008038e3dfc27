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
            let message = format!("the file is no TOML: {}", error.message().trim());
            report.error(Code::BrokenToml, &span, message, help(text, &span));
            None
        }
    }
}

/// Most broken files have a text without its quotes.
fn help(text: &str, span: &Range<usize>) -> String {
    let (word, before) = bare_word(text, span.start);
    let is_value = before.trim_end().ends_with(['=', '[', ',']);
    if is_value && !word.is_empty() && !word.starts_with(['"', '\'']) {
        return format!("text stands in quotes: write \"{word}\"");
    }
    "every line is a `[table]`, a `[[table]]`, a `key = value` or a `# comment`; text stands in quotes"
        .to_owned()
}

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
