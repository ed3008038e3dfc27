//! Reads the version, the time zone and the defaults.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use toml::de::DeValue;

use super::report::Report;
use super::section::{Entry, Section};
use super::table_kind::TableKind;
use super::{allows, places};
use crate::domain::Action;
use crate::rules::diagnostics::code::Code;
use crate::rules::model::defaults::{AtDecideBy, Defaults};
use crate::rules::model::places::DefaultsPlace;
use crate::rules::values::comparison::{corrected, whole_number};
use crate::rules::values::duration;
use crate::rules::values::suggestion::nearest;

/// The version of the rule language that this build supports.
const VERSION: &str = "1";

/// Reports a missing or unsupported version.
pub(super) fn version(file: &Section<'_>, report: &Report<'_>) {
    let help = "write `version = 1` at the top of the file";
    let Some(entry) = file.need("version", TableKind::File, help, report) else {
        return;
    };
    match entry.value {
        DeValue::Integer(number) if number.as_str() == VERSION => {}
        DeValue::Integer(number) => report.error(
            Code::UnknownVersion,
            &entry.span,
            format!("version {number} of the rule language is not supported"),
            "write `version = 1`, or install a newer portoutd for a newer file",
        ),
        _ => report.wrong_type(&entry, "a whole number", "write `version = 1`"),
    }
}

/// The time zone of dates and business hours; UTC if the file names none.
pub(super) fn time_zone(file: &Section<'_>, report: &Report<'_>) -> (String, TimeZone) {
    let utc = || ("UTC".to_owned(), TimeZone::UTC);
    let Some(entry) = file.get("timezone") else {
        return utc();
    };
    let Some(name) = entry.text(report) else {
        return utc();
    };
    if name == "UTC" {
        return utc();
    }
    let Ok(zone) = TimeZone::get(name) else {
        report.error(
            Code::InvalidTime,
            &entry.span,
            format!("`{name}` is not a known time zone"),
            zone_meant(name),
        );
        return utc();
    };
    (name.to_owned(), zone)
}

/// Help for a time zone: a city alone, an abbreviation such as `CST`, or a typing error.
fn zone_meant(name: &str) -> String {
    const LETTERS: [(&str, &str); 10] = [
        ("EST", "America/New_York"),
        ("EDT", "America/New_York"),
        ("CST", "America/Chicago"),
        ("CDT", "America/Chicago"),
        ("MST", "America/Denver"),
        ("MDT", "America/Denver"),
        ("PST", "America/Los_Angeles"),
        ("PDT", "America/Los_Angeles"),
        ("CET", "Europe/Berlin"),
        ("GMT", "UTC"),
    ];
    if let Some((_, zone)) = LETTERS
        .iter()
        .find(|(letters, _)| name.eq_ignore_ascii_case(letters))
    {
        return format!(
            "an abbreviation does not say when clocks change: write the name of a place, such as \"{zone}\""
        );
    }
    let city = |zone: &str| zone.rsplit('/').next().unwrap_or_default().to_lowercase();
    let wanted = city(name).replace(' ', "_");
    let zones: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
    let same_city = zones.iter().find(|zone| city(zone) == wanted).map(String::as_str);
    match same_city.or_else(|| nearest(name, zones.iter().map(String::as_str))) {
        Some(zone) => format!("did you mean \"{zone}\"?"),
        None => "write a name from the tz database, such as \"America/Chicago\" or \"UTC\"".to_owned(),
    }
}

/// The table `[defaults]`, in which every key is optional.
pub(super) fn read(file: &Section<'_>, report: &Report<'_>) -> Defaults {
    let mut defaults = Defaults::default();
    let Some(section) = file
        .get("defaults")
        .and_then(|entry| entry.section(TableKind::Defaults, report))
    else {
        return defaults;
    };
    if let Some(action) = section
        .get("no_match")
        .and_then(|entry| entry.word::<Action>(report))
    {
        defaults.no_match = action;
    }
    if let Some(action) = section
        .get("on_unknown")
        .and_then(|entry| on_unknown(&entry, report))
    {
        defaults.on_unknown = action;
    }
    if let Some(span) = section
        .get("decide_within")
        .and_then(|entry| decide_within(&entry, report))
    {
        defaults.decide_within = span;
    }
    if let Some(word) = section
        .get("at_decide_by")
        .and_then(|entry| entry.word::<AtDecideBy>(report))
    {
        defaults.at_decide_by = word;
    }
    defaults
}

/// The positions of the defaults, and the warnings that they silence.
pub(super) fn place(file: &Section<'_>, report: &Report<'_>) -> DefaultsPlace {
    let Some(entry) = file.get("defaults") else {
        return DefaultsPlace::default();
    };
    let DeValue::Table(table) = entry.value else {
        return DefaultsPlace::default();
    };
    let section = Section::of(table, entry.span.clone());
    let allows = allows::read(&section, TableKind::Defaults, report);
    places::of_defaults(&section, allows)
}

/// INVARIANT: a missing fact never authorizes, so `authorize` is an error here.
fn on_unknown(entry: &Entry<'_>, report: &Report<'_>) -> Option<Action> {
    let action = entry.word::<Action>(report)?;
    if action == Action::Authorize {
        report.error(
            Code::UnsafeDefault,
            &entry.span,
            "`on_unknown` cannot be `authorize`: a missing fact would release a number, and that cannot be undone",
            "write `on_unknown = \"hold\"`, so that a person decides, or \"reject\"",
        );
        return None;
    }
    Some(action)
}

fn decide_within(entry: &Entry<'_>, report: &Report<'_>) -> Option<SignedDuration> {
    if let DeValue::Integer(number) = entry.value {
        let message = format!("`decide_within` requires a duration, and {number} has no unit");
        let help = format!("write \"{number}h\" if you mean hours; the units are `s`, `m`, `h` and `d`");
        report.error(Code::Unquoted, &entry.span, message, help);
        return None;
    }
    let text = entry.text(report)?;
    let span = duration::parse(text).filter(SignedDuration::is_positive);
    if span.is_none() {
        let help = match (corrected(text, duration::parse), whole_number(text)) {
            (Some(meant), _) => format!("write \"{meant}\""),
            (None, Some(_)) => {
                format!("write \"{text}h\" if you mean hours; the units are `s`, `m`, `h` and `d`")
            }
            (None, None) => duration::HOW_TO_WRITE.to_owned(),
        };
        let message = format!("`{text}` is not a valid duration for `decide_within`");
        report.error(Code::InvalidTime, &entry.span, message, help);
    }
    span
}
