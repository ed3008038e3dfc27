//! Tests that are generated from verdicts.

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::{evaluate, load, now, rules};
use crate::rules::diagnostics::render::TextStyle;
use crate::rules::evaluate::verdict::Verdict;
use crate::rules::facts::known::Facts;
use crate::rules::model::rule_set::RuleSet;

const RULES: &str = r#"timezone = "America/Chicago"
[lists.locked]
type = "number"
values = ["+13125550123", "+4420*"]

[[rule]]
id = "locked"
match.numbers.any_in = "@locked"
action = "reject"
reject.because = "number-locked"

[[rule]]
id = "burst"
match.carrier.requests_24h = "> 10"
action = "hold"

[[rule]]
id = "stranger"
match.carrier.seen = false
match.numbers.country = "US"
action = "hold"

[[rule]]
id = "back"
match.times_rejected = ">= 1"
action = "reject"
reject.because = "zip-invalid"

[[rule]]
id = "night"
match.foc_in = "< 24h"
match.business_hours = false
action = "hold"

[[rule]]
id = "wrong-pin"
match.pin = "wrong"
action = "reject"
reject.because = "pin-invalid"

[[rule]]
id = "clean"
match.pin = "right"
match.numbers.count = "<= 2"
unless.end_user = "*\"Boss\"*"
unless.numbers.tags = "vip"
action = "authorize"
"#;

/// The rules with the test of the verdict appended.
fn with_test(verdict: &Verdict) -> (String, RuleSet) {
    let test = verdict.as_test("a real \"case\"").to_string();
    match load(&format!("{RULES}\n{test}")) {
        Ok(loaded) => (test, loaded.rules),
        Err(findings) => panic!("{}\n{test}", findings.to_text(TextStyle::Plain)),
    }
}

#[test]
fn a_verdict_is_written_as_a_test_block() {
    let facts = json!({
        "carrier.spid": "073H", "carrier.name": "Onvoy \"East\"", "carrier.seen": null, "carrier.requests_24h": null,
        "phone_numbers": ["+13125550100", "{{number}}"], "requested_foc": "2026-12-24T12:00:00Z", "pin": "right",
        "numbers.frozen": false, "numbers.tags": [], "end_user": "A. Person",
    });
    let verdict = evaluate(&rules(RULES), &facts);
    let (test, rules) = with_test(&verdict);
    insta::assert_snapshot!(test, @r#"
    [[test]]
    name                         = 'a real "case"'
    given.now                    = 2026-11-21T18:00:00Z
    given.carrier.spid           = "073H"
    given.carrier.name           = 'Onvoy "East"'
    given.carrier.requests_24h   = "unknown"
    given.carrier.seen           = "unknown"
    given.phone_numbers          = ["+13125550100", "{{number}}"]
    given.numbers.frozen         = false
    given.numbers.tags           = []
    given.numbers.wrong_pins_24h = 0
    given.numbers.other_pending  = false
    given.pin                    = "right"
    given.end_user               = "A. Person"
    given.requested_foc          = 2026-12-24T12:00:00Z
    given.times_rejected         = 0
    expect                       = "hold"
    unknown                      = ["phone_numbers", "carrier.requests_24h", "carrier.seen", "numbers.country"]
    "#);
    assert!(rules.run_tests(now())[0].passed);
}

#[test]
fn a_fact_can_be_given_as_unknown() {
    let test = "[[test]]\nname = \"n\"\ngiven.times_rejected = \"unknown\"\ngiven.pin = \"unknown\"\n\
        given.carrier.seen = true\nexpect = \"hold\"\nunknown = [\"phone_numbers\", \"times_rejected\", \"foc_in\", \"pin\", \"end_user\", \"numbers.tags\"]\n";
    let rules = rules(&format!("{RULES}\n{test}"));
    let report = &rules.run_tests(now())[0];
    assert!(report.passed, "{:?}", report.differences);
    // A text fact can be any text, and is this one.
    let test = "[[rule]]\nid = \"u\"\nmatch.city = \"unknown\"\naction = \"hold\"\n\
        [[test]]\nname = \"n\"\ngiven.city = \"unknown\"\nexpect = \"hold\"\nby = \"u\"\n";
    assert!(super::rules(test).run_tests(now())[0].passed);
}

#[test]
fn invented_values_replace_those_that_identify_the_subscriber() {
    let rules = rules(RULES);
    let facts = json!({
        "phone_numbers": ["+13129876543", "+13125550123", "+442079871234", "Ada's number"], "end_user": "Ada Example",
        "pon": "4711", "city": "Peoria", "pin": "right", "numbers.tags": [],
    });
    let verdict = evaluate(&rules, &facts).anonymous();
    let rendered = verdict.as_test("n").to_string();
    for gone in ["9876543", "5550123", "9871234", "Ada", "4711", "Peoria"] {
        assert!(!rendered.contains(gone), "{gone}\n{rendered}");
    }
    // The areas stay, because the verdict depends on one of them being listed.
    assert!(
        rendered.contains("+1312555010") && rendered.contains("+4420"),
        "{rendered}"
    );
    let listed = evaluate(&rules, &json!({"phone_numbers": ["+13125550123"]})).anonymous();
    assert!(listed.as_test("n").to_string().contains("+13125550123"));
    let name = evaluate(
        &rules,
        &json!({"phone_numbers": ["+14165550100"], "numbers.country": "CA", "foc_in": "90h",
        "end_user": "the \"Boss\" herself", "pin": "right", "numbers.tags": []}),
    );
    let test = name.anonymous().as_test("n");
    assert_eq!(test.facts.end_user.as_deref(), Some("the \"Boss\" herself"));
    assert_eq!(test.personal_facts().len(), 2);
}

/// For each fact values it can have, or none: not known.
const VALUES: [(&str, &[&str]); 21] = [
    ("carrier.spid", &[r#""073H""#, r#""UNKNOWN""#]),
    (
        "carrier.name",
        &[r#""Onvoy""#, r#""unknown""#, r#""a \"b\" \\ \u0000 \n c""#],
    ),
    ("carrier.requests_24h", &["0", "11"]),
    ("carrier.seen", &["true", "false"]),
    (
        "phone_numbers",
        &[
            r#"["+13125550100"]"#,
            r#"["+13125550123", "x"]"#,
            "[]",
            r#"["+14165550100", "+442071234567"]"#,
        ],
    ),
    ("numbers.count", &["1", "7"]),
    ("numbers.country", &[r#"["US"]"#, r#"["CA", "GB"]"#, "[]"]),
    ("numbers.ours", &[r#""all""#, r#""none""#]),
    ("numbers.frozen", &["true", "false"]),
    ("numbers.tags", &["[]", r#"["vip", "unknown"]"#]),
    ("numbers.wrong_pins_24h", &["0", "3"]),
    ("numbers.other_pending", &["true", "false"]),
    (
        "pin",
        &[r#""right""#, r#""wrong""#, r#""not-given""#, r#""none-on-file""#],
    ),
    ("zip", &[r#""right""#]),
    ("end_user", &[r#""A \"Boss\"""#, r#""\t""#]),
    ("pon", &[r#""unknown""#]),
    (
        "requested_foc",
        &[r#""2026-11-22T12:00:00.123456789Z""#, r#""2027-01-01T00:00:00Z""#],
    ),
    ("foc_in", &[r#""23h""#, r#""-90d""#]),
    ("times_rejected", &["0", "2"]),
    ("business_hours", &["true", "false"]),
    ("own_port_in", &["true"]),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_test_of_a_verdict_reads_back_and_passes(
        known in subsequence((0..VALUES.len()).collect::<Vec<_>>(), 0..=VALUES.len()),
        picked in proptest::collection::vec(0_usize..4, VALUES.len()),
        nanoseconds in 1_790_000_000_000_000_000_i128..1_900_000_000_000_000_000,
        forgotten_country in any::<bool>(),
        anonymous in select(vec![false, true]),
    ) {
        let mut object = Map::new();
        for place in known {
            let (name, values) = VALUES[place];
            object.insert(name.to_owned(), serde_json::from_str(values[picked[place] % values.len()]).unwrap());
        }
        if forgotten_country {
            object.insert("numbers.country".to_owned(), Value::Null);
        }
        let facts = Facts::from_json(&Value::Object(object)).unwrap();
        let at = Timestamp::from_nanosecond(nanoseconds).unwrap();
        let mut verdict = rules(RULES).evaluate(&facts, at);
        if anonymous {
            let other = verdict.anonymous();
            prop_assert_eq!((other.action, &other.rule, other.cause, &other.unknown), (verdict.action, &verdict.rule, verdict.cause, &verdict.unknown));
            verdict = other;
        }
        let (test, with_test) = with_test(&verdict);
        let report = with_test.run_tests(now()).remove(0);
        prop_assert!(report.passed, "{test}\n{:?}", report.differences);
        if !anonymous {
            // All facts, not only those that these rules test.
            prop_assert_eq!(report.verdict.as_test("").facts, facts, "{}", test);
        }
    }
}
