//! Explains why a text is not valid TOML, in terms of the mistake that the admin made.

mod place;
mod problem;
mod structure;
mod values;

use toml::Spanned;
use toml::de::DeTable;

use super::report::Report;
use crate::rules::diagnostics::code::Code;
use place::Place;
use problem::SyntaxProblem;

/// Recognizes one kind of mistake at a position.
type Trap = fn(&Place<'_>) -> Option<SyntaxProblem>;

/// The first one that recognizes the mistake reports it.
const TRAPS: [Trap; 21] = [
    structure::merge_conflict,
    structure::another_language,
    structure::invisible_character,
    values::smart_quotes,
    structure::foreign_comment,
    structure::duplicate,
    structure::heading_open,
    structure::bracket_open,
    structure::comma,
    values::quote_open,
    values::backslash,
    structure::double_equals,
    structure::operator_for_equals,
    structure::colon,
    structure::key_of_words,
    structure::more_in_the_line,
    values::nothing,
    values::flag,
    values::comparison,
    values::date,
    values::bare_text,
];

/// The maximum number of reported syntax errors.
const MOST: usize = 20;

/// Parses the TOML. If it is not valid, nothing else is reported, since the rest would be guesses.
pub(super) fn parse<'t>(text: &'t str, report: &Report<'_>) -> Option<Spanned<DeTable<'t>>> {
    let (table, mut errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Some(table);
    }
    errors.sort_by_key(|error| error.span().unwrap_or_default().start);
    let mut covered = 0;
    let mut reported = 0;
    for error in &errors {
        let place = Place::new(text, error);
        if place.span.start < covered || reported >= MOST {
            continue;
        }
        let found = TRAPS.iter().find_map(|trap| trap(&place));
        let found = found.unwrap_or_else(|| anything_else(&place));
        report.error(Code::BrokenToml, &found.span, found.message, found.help);
        covered = found.covers.max(place.line_end());
        reported += 1;
    }
    None
}

fn anything_else(place: &Place<'_>) -> SyntaxProblem {
    let (_, help) = HELPS
        .iter()
        .find(|(part, _)| place.message.contains(part))
        .unwrap_or(&("", HOW_TOML_READS));
    let message = format!("invalid TOML: {}", shortened(place.message));
    SyntaxProblem::at(place.span.clone(), message, *help)
}

const HOW_TOML_READS: &str =
    "write each line as a `[table]`, a `[[table]]`, a `key = value` or a `# comment`, with text in quotes";

/// Help for problems that do not depend on the line, by a part of the parser's message.
const HELPS: [(&str, &str); 4] = [
    ("extra comma", "remove one comma"),
    ("carriage return", "save the file with LF or CRLF line endings"),
    (
        "cannot extend",
        "a key has either a value or keys below it, not both: remove one of the two",
    ),
    (
        "invalid comment character",
        "remove the control character from the comment",
    ),
];

/// Removes what the parser expected, unless it is a character such as a bracket.
fn shortened(message: &str) -> &str {
    match message.split_once(", expected ") {
        Some((problem, expected)) if !expected.contains('`') => problem,
        _ => message,
    }
}
