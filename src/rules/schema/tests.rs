//! Tests of the JSON Schema: it accepts what the rules accept, and is up to date.

use boon::{Compiler, SchemaIndex, Schemas};
use proptest::prelude::*;
use regex::Regex;

use super::*;
use crate::rules::lists::expiry::Expiry;
use crate::rules::lists::list::{ListBuilder, ListType};
use crate::rules::model::rule_set::RuleSet;
use crate::rules::parse::TABLE_KINDS;
use crate::rules::source::sources::Sources;
use crate::rules::values::comparison::{Comparison, whole_number};
use crate::rules::values::duration;

const SHIPPED: &str = include_str!("../../../rules.toml");
const COMMITTED: &str = include_str!("../../../docs/rules.schema.json");

fn validator() -> (Schemas, SchemaIndex) {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("rules.schema.json", schema()).unwrap();
    let index = compiler.compile("rules.schema.json", &mut schemas).unwrap();
    (schemas, index)
}

/// A file as editors hand it to a validator: dates are their texts.
fn document(text: &str) -> Value {
    fn json(value: &toml::Value) -> Value {
        match value {
            toml::Value::String(text) => text.as_str().into(),
            toml::Value::Integer(number) => (*number).into(),
            toml::Value::Float(number) => (*number).into(),
            toml::Value::Boolean(flag) => (*flag).into(),
            toml::Value::Datetime(date) => date.to_string().into(),
            toml::Value::Array(values) => values.iter().map(json).collect(),
            toml::Value::Table(table) => Value::Object(
                table
                    .iter()
                    .map(|(key, value)| (key.clone(), json(value)))
                    .collect(),
            ),
        }
    }
    json(&toml::Value::Table(text.parse().unwrap()))
}

#[test]
fn the_committed_schema_is_the_one_that_the_program_prints() {
    let fresh = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    assert!(
        COMMITTED == fresh,
        "docs/rules.schema.json is stale: `cargo run -- schema > docs/rules.schema.json`"
    );
}

#[test]
fn the_shipped_rules_are_valid() {
    let (schemas, index) = validator();
    let shipped = document(SHIPPED);
    let result = schemas.validate(&shipped, index);
    assert!(result.is_ok(), "{:#}", result.unwrap_err());
}

#[test]
fn every_key_condition_and_fact_is_explained() {
    for table_kind in TABLE_KINDS {
        for key in table_kind.keys() {
            assert!(!keys::about(table_kind, key).is_empty(), "{table_kind:?} {key}");
            assert!(
                keys::property(table_kind, key).as_object().unwrap().len() > 1,
                "{table_kind:?} {key}"
            );
        }
    }
    let text = COMMITTED;
    for condition in CONDITIONS {
        let about = condition.fact.about();
        assert!(text.contains(about), "{}", condition.key);
    }
    assert!(!text.contains("null"), "every word is explained");
}

#[test]
fn an_editor_detects_mistakes_in_a_rule_file() {
    let (schemas, index) = validator();
    let whole = "version = 1\n[defaults]\nno_match = \"hold\"\n[lists.a]\ntype = \"spid\"\nvalues = [\"073H\", { value = \"6529\", expires = 2031-01-31 }]\n[[rule]]\nid = \"a\"\nmatch.pin = \"wrong\"\nmatch.carrier.requests_24h = \"> 10\"\nmatch.foc_in = \"< 48h\"\nmatch.numbers.any_in = [\"+1312*\", \"@n\"]\nunless.business_hours = true\naction = \"reject\"\nreject.because = \"pin-invalid\"\nnotify = \"desk\"\n[[test]]\nname = \"t\"\ngiven.pin = \"wrong\"\ngiven.now = 2027-01-15T22:00:00\nexpect = \"reject\"\nunknown = [\"zip\"]\n";
    let valid = |text: &str| schemas.validate(&document(text), index).is_ok();
    assert!(valid(whole));
    for (good, broken) in [
        ("version = 1\n", ""),
        ("version = 1", "version = 2"),
        ("[defaults]", "[default]"),
        ("no_match = \"hold\"", "no_match = \"ask\""),
        ("no_match", "on_unknown = \"authorize\"\nno_match"),
        ("no_match", "decide_within = \"20\"\nno_match"),
        ("type = \"spid\"", "type = \"spids\""),
        ("type = \"spid\"", "type = \"number\""),
        ("\"073H\"", "73"),
        ("\"073H\"", "\"07 3H\""),
        ("expires = 2031-01-31", "expires = \"soon\""),
        ("values = ", "file = \"a.json\"\nvalues = "),
        ("id = \"a\"\n", ""),
        ("id = \"a\"", "id = \"a b\""),
        ("match.pin = \"wrong\"", "match.pin = \"wrnog\""),
        ("match.pin = \"wrong\"", "match.pin = []"),
        ("match.pin = \"wrong\"", "pin = \"wrong\""),
        ("match.pin", "match.carrier.spd"),
        ("\"> 10\"", "\"> ten\""),
        ("\"> 10\"", "10"),
        ("\"< 48h\"", "\"< 48\""),
        ("\"+1312*\"", "\"1312*\""),
        ("business_hours = true", "business_hours = \"true\""),
        ("action = \"reject\"\n", ""),
        ("action = \"reject\"", "action = \"hold\""),
        ("reject.because = \"pin-invalid\"\n", ""),
        ("because = \"pin-invalid\"", "because = \"pin-wrong\""),
        ("because = ", "why = \"x\"\nreject.because = "),
        ("notify = \"desk\"", "notify = 3"),
        ("given.pin = \"wrong\"", "given.pni = \"wrong\""),
        ("given.now = 2027-01-15T22:00:00", "given.now = \"noon\""),
        ("name = \"t\"\n", ""),
        ("unknown = [\"zip\"]", "unknown = [\"zap\"]"),
    ] {
        let text = whole.replacen(good, broken, 1);
        assert_ne!(text, whole, "{good}");
        assert!(!valid(&text), "{good} → {broken}");
        let loaded = RuleSet::from_sources(&Sources::in_memory("", &text, []), jiff::Timestamp::UNIX_EPOCH);
        assert!(loaded.is_err(), "the reader takes it: {good} → {broken}");
    }
}

proptest! {
    /// An editor underlines nothing that the reader takes.
    #[test]
    fn what_is_read_is_never_underlined(text in r"[ ]{0,2}[<>=!-]{0,2} ?[0-9_]{0,4}[dhms]? ?(\.\.)? ?-?[0-9_]{0,3}[hmsd]?[0-9]{0,2}[hms]? ?") {
        let takes = |pattern: String| Regex::new(&pattern).unwrap().is_match(&text);
        if Comparison::read(&text, whole_number).is_some() {
            prop_assert!(takes(patterns::count_comparison()));
        }
        if Comparison::read(&text, duration::parse).is_some() {
            prop_assert!(takes(patterns::span_comparison()));
        }
        if duration::parse(&text).is_some() {
            prop_assert!(takes(patterns::span()));
        }
        if duration::parse(&text).is_some_and(|span| span.is_positive()) {
            prop_assert!(takes(patterns::positive_span()));
        }
    }

    #[test]
    fn entries_that_are_read_are_never_underlined(text in r" ?\+?[0-9 .()-]{0,16}\*? ?|[A-Za-z0-9_-]{0,6}") {
        let reads = |kind| ListBuilder::of(kind).read(&text, Expiry::Forever).is_ok();
        let takes = |pattern: String| Regex::new(&pattern).unwrap().is_match(&text);
        prop_assert!(!reads(ListType::Spid) || takes(patterns::spid()));
        prop_assert!(!reads(ListType::Number) || takes(patterns::number()));
    }
}
