//! Reads tests.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::words::Word;
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::Value;
use toml::de::DeValue;

use super::Reading;
use super::section::{Entry, Section};
use super::table_kind::TableKind;
use crate::domain::Action;
use crate::rules::diagnostics::code::Code;
use crate::rules::facts::fact::Fact;
use crate::rules::facts::json::{InvalidFact, WantedFact, fact_named};
use crate::rules::facts::known::Facts;
use crate::rules::model::condition_name::GROUPS;
use crate::rules::model::rule::Rule;
use crate::rules::model::test_case::TestCase;
use crate::rules::testing::generate::UNKNOWN;
use crate::rules::values::suggestion::{listed, nearest};

/// What a test gives: facts, and optionally the time.
struct Given {
    facts: Facts,
    now: Option<Timestamp>,
}

impl Reading<'_, '_> {
    /// Reads the `[[test]]` tables in order.
    pub(super) fn read_test_cases(&self, tables: &[Entry<'_>], rules: &[Rule]) -> Vec<TestCase> {
        let ids: BTreeSet<&str> = rules.iter().map(Rule::id).collect();
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        let mut test_cases = Vec::new();
        for table in tables {
            let Some(section) = table.section(TableKind::Test, self.report) else {
                continue;
            };
            if let Some(test_case) = self.read_test_case(&section, &ids) {
                let span = section
                    .get("name")
                    .map_or(section.header.clone(), |name| name.span);
                let line = self.report.line_of(span.start);
                if let Some(first) = names.insert(test_case.name.clone(), line) {
                    self.report.error(
                        Code::DuplicateName,
                        &span,
                        format!(
                            "the test in line {first} has the same name \"{}\"",
                            test_case.name
                        ),
                        "give each test its own name: reports identify the test by it",
                    );
                }
                test_cases.push(test_case);
            }
        }
        test_cases
    }

    fn read_test_case(&self, section: &Section<'_>, ids: &BTreeSet<&str>) -> Option<TestCase> {
        let report = self.report;
        let help = "write a name that says what it shows, such as `name = \"a wrong PIN is rejected\"`";
        let name = section
            .need("name", TableKind::Test, help, report)
            .and_then(|entry| entry.words(report));
        let given = section.get("given").map(|entry| self.read_given(&entry));
        let help = format!("write `expect = …`, one of {}", listed(Action::WORDS));
        let expect = section
            .need("expect", TableKind::Test, &help, report)
            .and_then(|entry| entry.word::<Action>(report));
        let by = section.get("by").and_then(|entry| self.read_by(&entry, ids));
        let cause = section.get("cause").and_then(|entry| self.read_cause(&entry));
        let unknown = section.get("unknown").map(|entry| self.read_unknown(&entry));
        let given = given.unwrap_or_else(|| Given {
            facts: Facts::of_a_fresh_order(),
            now: None,
        });
        Some(TestCase {
            name: name?.to_owned(),
            facts: given.facts,
            now: given.now,
            expect: expect?,
            by,
            cause,
            unknown,
        })
    }

    fn read_by(&self, entry: &Entry<'_>, ids: &BTreeSet<&str>) -> Option<String> {
        let text = entry.text(self.report)?;
        if !ids.contains(text) {
            let help = match nearest(text, ids.iter().copied()) {
                Some(candidate) => format!("did you mean `{candidate}`?"),
                None => "write the `id` of a rule in this file, or remove `by` if no rule decides".to_owned(),
            };
            let message = format!("no rule has the id `{text}`");
            self.report.error(Code::UnknownRule, &entry.span, message, help);
        }
        Some(text.to_owned())
    }

    fn read_unknown(&self, entry: &Entry<'_>) -> BTreeSet<Fact> {
        let items = entry.items();
        let fact = |item: &Entry<'_>| {
            let name = item.text(self.report)?;
            fact_named(name)
                .map_err(|problem| self.report_fact(&problem, item))
                .ok()
        };
        items.iter().filter_map(fact).collect()
    }

    fn read_given(&self, entry: &Entry<'_>) -> Given {
        let mut given = Given {
            facts: Facts::of_a_fresh_order(),
            now: None,
        };
        let DeValue::Table(table) = entry.value else {
            self.report.wrong_type(
                entry,
                "facts",
                "write one fact per line, such as `given.pin = \"wrong\"`",
            );
            return given;
        };
        // Numbers are read first, because the country is derived from them unless it is given separately.
        let section = Section::of(table, entry.span.clone());
        let numbers = section
            .entries()
            .iter()
            .filter(|entry| entry.key == Fact::PhoneNumbers.name());
        let others = section
            .entries()
            .iter()
            .filter(|entry| entry.key != Fact::PhoneNumbers.name());
        for outer in numbers.chain(others) {
            match outer.value {
                DeValue::Table(inner) if GROUPS.contains(&outer.key) => {
                    for leaf in Section::of(inner, outer.span.clone()).entries() {
                        self.give(&format!("{}.{}", outer.key, leaf.key), leaf, &mut given);
                    }
                }
                _ if outer.key == "now" => given.now = self.read_now(outer),
                _ => self.give(outer.key, outer, &mut given),
            }
        }
        given
    }

    fn give(&self, name: &str, leaf: &Entry<'_>, given: &mut Given) {
        let set = fact_named(name).and_then(|fact| {
            // TOML has no null value.
            let value = match leaf.value {
                DeValue::String(text) if text == UNKNOWN && !fact.is_free_text() => Value::Null,
                value => to_json(value),
            };
            given.facts.set(fact, &value)
        });
        if let Err(problem) = set {
            self.report_fact(&problem, leaf);
        }
    }

    fn report_fact(&self, problem: &InvalidFact, leaf: &Entry<'_>) {
        match problem {
            InvalidFact::UnknownName { name, help } => {
                let span = if leaf.value_is(name) {
                    &leaf.span
                } else {
                    &leaf.key_span
                };
                self.report.error(
                    Code::UnknownFact,
                    span,
                    format!("`{name}` is not a known fact"),
                    help,
                );
            }
            InvalidFact::InvalidValue { fact, found, wanted } => {
                let code = match wanted {
                    WantedFact::Quotes(_) => Code::Unquoted,
                    WantedFact::Other(_) => Code::WrongType,
                };
                let message = format!("`{fact}` cannot be {found}");
                self.report.error(code, &leaf.span, message, wanted.to_string());
            }
            InvalidFact::NotAnObject => {}
        }
    }

    /// A time with an offset, or a local time in the time zone of the rules.
    fn read_now(&self, entry: &Entry<'_>) -> Option<Timestamp> {
        let text = match entry.value {
            DeValue::String(text) => text.to_string(),
            DeValue::Datetime(date) => date.to_string(),
            _ => String::new(),
        };
        let local = || {
            let local: DateTime = text.parse().ok()?;
            Some(local.to_zoned(self.zone.clone()).ok()?.timestamp())
        };
        let now = text.parse().ok().or_else(local);
        if now.is_none() {
            let what = match text.as_str() {
                "" => format!("not {}", entry.kind()),
                _ => format!("and `{text}` is not valid"),
            };
            self.report.error(
                Code::InvalidTime,
                &entry.span,
                format!("`now` requires a date and a time, {what}"),
                "write 2027-01-31T22:00:00, which is local time in `timezone`, or a time with its own offset",
            );
        }
        now
    }
}

impl Entry<'_> {
    /// Whether the value, rather than the key, is this text.
    fn value_is(&self, text: &str) -> bool {
        matches!(self.value, DeValue::String(value) if value == text)
    }
}

/// A TOML value in the form from which facts are read. A number that is too large for JSON becomes text, which no count
/// accepts.
fn to_json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            parsed.map_or_else(|_| number.to_string().into(), Value::from)
        }
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Datetime(date) => date.to_string().into(),
        DeValue::Array(values) => values.iter().map(|value| to_json(value.get_ref())).collect(),
        DeValue::Table(table) => {
            let members = table
                .iter()
                .map(|(key, value)| (key.get_ref().to_string(), to_json(value.get_ref())));
            Value::Object(members.collect())
        }
    }
}
