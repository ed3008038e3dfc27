//! Reads the text of a rule file into checked rules. The document is walked manually, so that all its problems are
//! reported together, each with its position.

mod allows;
mod causes;
mod condition_values;
mod conditions;
mod defaults;
mod lists;
mod misplaced;
pub(super) mod outline;
mod places;
mod report;
mod rules;
mod section;
mod syntax;
mod table_kind;
mod test_cases;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use toml::de::DeValue;

use super::diagnostics::code::Code;
use super::diagnostics::finding::Findings;
use super::lists::list::List;
use super::model::defaults::Defaults;
use super::model::places::Places;
use super::model::rule::Rule;
use super::model::test_case::TestCase;
use super::source::sources::{ListResolver, ListSource};
use section::{Entry, Section};

pub use lists::named_list_files;
pub(super) use lists::values_of_list;
pub(super) use report::Report;
#[cfg(test)]
pub(super) use table_kind::TABLE_KINDS;
pub(super) use table_kind::TableKind;

/// A rule file as it was read. Its problems have been reported.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) defaults: Defaults,
    pub(super) timezone: String,
    pub(super) zone: TimeZone,
    pub(super) rules: Vec<Rule>,
    pub(super) test_cases: Vec<TestCase>,
    pub(super) lists: BTreeMap<String, List>,
    pub(super) list_sources: Vec<ListSource>,
    pub(super) places: Places,
}

/// What is read of a file before its rules, and what they refer to.
struct Reading<'r, 't> {
    report: &'r Report<'t>,
    resolver: ListResolver<'r>,
    now: Timestamp,
    zone: TimeZone,
    lists: BTreeMap<String, List>,
    /// Lists with an unknown type, which is reported once, at the list.
    unreadable_lists: BTreeSet<String>,
    sources: Vec<ListSource>,
    places: Places,
}

/// Reads a rule file and the list files it names. The document is meaningful only if no finding is an error.
pub(super) fn read(
    path: &str,
    text: &str,
    resolver: ListResolver<'_>,
    now: Timestamp,
) -> (Option<Document>, Findings) {
    let report = Report::new(path, text);
    let document = syntax::parse(text, &report).map(|table| {
        let file = Section::open(table.get_ref(), 0..0, TableKind::File, &report);
        read_file(&file, resolver, now, &report)
    });
    (document, report.finish())
}

/// Reports the problem of text that is not TOML.
pub(super) fn expect_toml(path: &str, text: &str) -> Result<(), Findings> {
    let report = Report::new(path, text);
    let is_toml = syntax::parse(text, &report).is_some();
    if is_toml { Ok(()) } else { Err(report.finish()) }
}

fn read_file<'r>(
    file: &Section<'_>,
    resolver: ListResolver<'r>,
    now: Timestamp,
    report: &'r Report<'_>,
) -> Document {
    defaults::version(file, report);
    let (timezone, zone) = defaults::time_zone(file, report);
    let defaults = defaults::read(file, report);
    let mut reading = Reading {
        report,
        resolver,
        now,
        zone,
        lists: BTreeMap::new(),
        unreadable_lists: BTreeSet::new(),
        sources: Vec::new(),
        places: Places {
            defaults: defaults::place(file, report),
            ..Places::default()
        },
    };
    if let Some(lists) = file.get("lists") {
        reading.read_lists(&lists);
    }
    let rules = reading.read_rules(&tables(file, "rule", report));
    let test_cases = reading.read_test_cases(&tables(file, "test", report), &rules);
    Document {
        defaults,
        timezone,
        zone: reading.zone,
        rules,
        test_cases,
        lists: reading.lists,
        list_sources: reading.sources,
        places: reading.places,
    }
}

/// The tables of `[[rule]]` or `[[test]]`.
fn tables<'d>(file: &Section<'d>, key: &'static str, report: &Report<'_>) -> Vec<Entry<'d>> {
    let Some(entry) = file.get(key) else {
        return Vec::new();
    };
    if let DeValue::Array(_) = entry.value {
        return entry.items();
    }
    let help = format!("write `[[{key}]]` with two brackets above each {key}");
    if let DeValue::Table(_) = entry.value {
        let message = format!("`[{key}]` has one bracket, and so would be the only {key}");
        report.error(Code::WrongType, &entry.span, message, help);
    } else {
        report.wrong_type(&entry, &format!("tables, each under its own `[[{key}]]`"), &help);
    }
    Vec::new()
}

/// What the shipped rules explain in place.
#[cfg(test)]
pub(super) fn keys_to_explain() -> impl Iterator<Item = &'static str> {
    use super::model::condition_name::CONDITIONS;
    use crate::domain::{Cause, CauseClass};

    let homes = table_kind::TABLE_KINDS
        .iter()
        .flat_map(|table_kind| table_kind.keys())
        .copied();
    let conditions = CONDITIONS
        .iter()
        .map(|condition| condition.key.trim_start_matches("numbers."));
    let to_use = |cause: &Cause| !matches!(cause.class(), CauseClass::Never | CauseClass::Soft);
    let causes = Cause::all()
        .filter(to_use)
        .map(crate::domain::words::Word::as_str);
    homes.chain(conditions).chain(causes)
}
