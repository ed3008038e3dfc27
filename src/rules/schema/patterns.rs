//! The shapes of texts, as regular expressions that JavaScript and Rust read alike.

use crate::rules::values::comparison::OPERATORS;
use crate::rules::values::duration::UNITS;

/// A list in a condition.
const LIST: &str = r"@.+";
const SPID: &str = r"\s*[A-Za-z0-9_-]{1,64}\s*";
/// Digits and what people put between them; a prefix has its country and ends in `*`.
const NUMBER: &str = r"\s*(\+?[0-9 .()-]*[0-9][0-9 .()-]*|\+[0-9 .()-]*[0-9][0-9 .()-]*\*)\s*";
const COUNT: &str = "[0-9][0-9_]*";

/// A pattern for the complete text.
fn whole(pattern: &str) -> String {
    format!("^({pattern})$")
}

pub(super) fn spid() -> String {
    whole(SPID)
}

pub(super) fn spid_or_list() -> String {
    whole(&format!("{LIST}|{SPID}"))
}

pub(super) fn number() -> String {
    whole(NUMBER)
}

pub(super) fn number_or_list() -> String {
    whole(&format!("{LIST}|{NUMBER}"))
}

pub(super) fn country_or_list() -> String {
    whole(&format!("{LIST}|[A-Za-z]{{2}}"))
}

/// `> 10`, `10..24`
pub(super) fn count_comparison() -> String {
    comparison(COUNT)
}

/// `< 48h`, `24h..72h`
pub(super) fn span_comparison() -> String {
    comparison(&span_pattern())
}

pub(super) fn span() -> String {
    whole(&format!(r"\s*{}\s*", span_pattern()))
}

/// A span that is some time and not before now.
pub(super) fn positive_span() -> String {
    let units = units();
    whole(&format!(r"\s*([0-9]+[{units}]\s*)+"))
}

pub(super) fn id() -> String {
    whole("[A-Za-z0-9._-]{1,64}")
}

pub(super) fn list_file() -> String {
    whole(r".*\.([cC][sS][vV]|[tT][xX][tT])")
}

/// A day, or a time with its offset.
pub(super) fn day_or_instant() -> String {
    whole(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9:.]+([Zz]|[+-][0-9:]+))?")
}

/// A time, with its offset or in the zone of the rules.
pub(super) fn time() -> String {
    whole(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9:.]+([Zz]|[+-][0-9:]+)?)?")
}

fn comparison(number: &str) -> String {
    let operators = OPERATORS.join("|");
    whole(&format!(
        r"\s*(({operators})?\s*{number}|{number}\s*\.\.\s*{number})\s*"
    ))
}

fn span_pattern() -> String {
    format!(r"-?([0-9]+[{}]\s*)+", units())
}

fn units() -> String {
    UNITS.iter().map(|(unit, _)| unit).collect()
}
