//! Reads `allow.CODE`, which silences a warning.

use toml::de::DeValue;

use super::report::Report;
use super::section::{Entry, Section};
use super::table_kind::TableKind;
use crate::rules::diagnostics::code::Code;
use crate::rules::model::places::Allow;
use crate::rules::values::suggestion::{listed, nearest};

/// The warnings that a table can silence: those that are reported for it.
fn silenced_in(table_kind: TableKind) -> &'static [Code] {
    match table_kind {
        TableKind::Rule => &[
            Code::SoftCause,
            Code::NeverCause,
            Code::EvidenceNeeded,
            Code::ExpiredRule,
            Code::UnreachableRule,
            Code::DuplicateRule,
            Code::ImpossibleCondition,
            Code::NoIdentity,
            Code::UntestedRule,
            Code::UnknowableFact,
            Code::CodeNeverOffered,
            Code::NeverMatched,
            Code::OftenOverridden,
            Code::OftenBounced,
            Code::OtherPending,
        ],
        TableKind::List => &[
            Code::ExpiredEntry,
            Code::EmptyList,
            Code::UnusedList,
            Code::ExpiredList,
            Code::ContradictoryList,
        ],
        TableKind::Defaults => &[Code::AuthorizesByDefault, Code::HoldTooLong],
        TableKind::File | TableKind::ListEntry | TableKind::Reject | TableKind::Test => &[],
    }
}

const KINDS_THAT_ALLOW: [TableKind; 3] = [TableKind::Rule, TableKind::List, TableKind::Defaults];

/// Reads `allow.R114 = "the reason"` in a table.
pub(super) fn read(section: &Section<'_>, table_kind: TableKind, report: &Report<'_>) -> Vec<Allow> {
    let Some(entry) = section.get("allow") else {
        return Vec::new();
    };
    let DeValue::Table(table) = entry.value else {
        report.wrong_type(&entry, "a code with a reason", HOW_TO_WRITE);
        return Vec::new();
    };
    let section = Section::of(table, entry.span.clone());
    let read = section.entries().iter().filter_map(|entry| {
        let code = read_code(entry, table_kind, report);
        read_reason(entry, report);
        Some(Allow {
            code: code?,
            span: entry.key_span.clone(),
            silenced: false,
        })
    });
    read.collect()
}

const HOW_TO_WRITE: &str = "write the code and the reason, such as `allow.R114 = \"…\"`";

fn read_code(entry: &Entry<'_>, table_kind: TableKind, report: &Report<'_>) -> Option<Code> {
    let code = Code::all().find(|code| code.as_str() == entry.key);
    if let Some(code) = code.filter(|code| silenced_in(table_kind).contains(code)) {
        return Some(code);
    }
    let (message, help) = match code {
        Some(code) => misplaced(code, table_kind),
        None => (
            format!("`{}` is not the code of a warning", entry.key),
            meant(entry.key, table_kind),
        ),
    };
    report.error(Code::InvalidAllow, &entry.key_span, message, help);
    None
}

/// The message and the help for a code that exists but cannot be silenced in this table.
fn misplaced(code: Code, table_kind: TableKind) -> (String, String) {
    if !code.is_warning() {
        return (
            format!("`{code}` is an error, and errors cannot be silenced"),
            "fix the error, and remove this `allow`".to_owned(),
        );
    }
    match KINDS_THAT_ALLOW
        .iter()
        .find(|other| silenced_in(**other).contains(&code))
    {
        Some(other) => (
            format!("`{code}` is never reported for {}", table_kind.title()),
            format!("it is reported for {}: write `allow.{code}` there", other.title()),
        ),
        None => (
            format!("`{code}` cannot be silenced"),
            "remove the `allow` that it reports".to_owned(),
        ),
    }
}

fn meant(typed: &str, table_kind: TableKind) -> String {
    let codes: Vec<&str> = silenced_in(table_kind).iter().map(|code| code.as_str()).collect();
    match nearest(typed, codes.iter().copied()) {
        Some(code) => format!("did you mean `{code}`?"),
        None => format!("{} can silence {}", table_kind.title(), listed(&codes)),
    }
}

fn read_reason(entry: &Entry<'_>, report: &Report<'_>) {
    match entry.value {
        DeValue::String(text) if text.trim().is_empty() => report.error(
            Code::InvalidText,
            &entry.span,
            format!("`allow.{}` has no reason", entry.key),
            "write the reason, for the person who reads the rule next year",
        ),
        DeValue::String(_) => {
            entry.words(report);
        }
        _ => report.wrong_type(entry, "a reason", HOW_TO_WRITE),
    }
}
