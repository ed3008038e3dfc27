//! Tests of the coverage of rules by their tests.

use serde_json::json;

use super::{now, rules};

const RULES: &str = r#"
[[rule]]
id = "wrong-pin"
match.pin = "wrong"
action = "reject"
reject.because = "pin-invalid"

[[rule]]
id = "burst"
mode = "shadow"
match.carrier.requests_24h = "> 10"
action = "hold"

[[rule]]
id = "resting"
mode = "off"
match.pin = "wrong"
action = "hold"

[[rule]]
id = "past"
expires = 2026-01-01
match.pin = "wrong"
action = "hold"

[[rule]]
id = "clean"
match.pin = "right"
match.zip = "right"
unless.numbers.tags = "vip"
action = "authorize"
"#;

/// Tests from lines of facts, such as `pin = "wrong"; zip = "right"`. What they expect is of no account here.
fn covered_by(tests: &[&str]) -> crate::rules::testing::coverage::Coverage {
    let test = |(place, facts): (usize, &&str)| {
        let given = facts.replace("; ", "\ngiven.");
        format!("[[test]]\nname = \"{place}\"\nexpect = \"hold\"\ngiven.{given}\n")
    };
    let tests: Vec<String> = tests.iter().enumerate().map(test).collect();
    rules(&format!("{RULES}{}", tests.concat())).coverage(now())
}

#[test]
fn without_tests_nothing_is_reached() {
    let coverage = rules(RULES).coverage(now());
    assert_eq!(
        (
            coverage.percent(),
            coverage.rules_reached(),
            coverage.conditions_reached()
        ),
        (0, (0, 3), (0, 5))
    );
    insta::assert_snapshot!(coverage.lines().join("\n"), @r#"
    coverage 0 %: 0 of 3 rules, 0 of 5 conditions
      wrong-pin: no test covers it
      wrong-pin: no test would fail without match.pin = "wrong"
      burst: no test covers it
      burst: no test would fail without match.carrier.requests_24h = "> 10"
      clean: no test covers it
      clean: no test would fail without match.pin = "right"
      clean: no test would fail without match.zip = "right"
      clean: no test would fail without unless.numbers.tags = "vip"
    "#);
}

#[test]
fn a_rule_is_covered_if_it_matches_and_a_condition_if_it_alone_stops_its_rule() {
    let clean = r#"pin = "right"; zip = "right"; numbers.tags = []"#;
    let missed = |tests: &[&str]| covered_by(tests).lines().split_off(1).join("\n");
    // The clean port shows the rule, and that a PIN that is not wrong goes past the first one.
    insta::assert_snapshot!(missed(&[clean]), @r#"
    wrong-pin: no test covers it
    burst: no test covers it
    clean: no test would fail without match.pin = "right"
    clean: no test would fail without match.zip = "right"
    clean: no test would fail without unless.numbers.tags = "vip"
    "#);
    // A test in which two conditions fail proves nothing about either.
    let both = r#"pin = "not-given"; zip = "wrong"; numbers.tags = []"#;
    assert_eq!(missed(&[clean, both]), missed(&[clean]));
    let full = [
        clean,
        r#"pin = "wrong""#,
        r#"pin = "not-given"; zip = "right"; numbers.tags = []"#,
        r#"pin = "right"; zip = "wrong"; numbers.tags = []"#,
        r#"pin = "right"; zip = "right"; numbers.tags = ["vip"]"#,
        "carrier.requests_24h = 11",
    ];
    assert_eq!(
        covered_by(&full).percent(),
        100,
        "{:?}",
        covered_by(&full).lines()
    );
}

#[test]
fn a_missing_fact_that_keeps_a_rule_open_shows_its_condition() {
    let clean = r#"pin = "right"; zip = "right"; numbers.tags = []"#;
    let before = covered_by(&[clean]).conditions_reached();
    let with_missing_zip = covered_by(&[clean, r#"pin = "right"; numbers.tags = []"#]);
    assert_eq!(with_missing_zip.conditions_reached().0, before.0 + 1);
}

#[test]
fn a_rule_below_the_one_that_decides_is_not_reached() {
    let above = covered_by(&[r#"pin = "wrong"; zip = "right"; numbers.tags = []"#]);
    assert_eq!(
        (above.rules_reached(), above.conditions_reached()),
        ((1, 3), (1, 5))
    );
}

#[test]
fn a_rule_that_was_in_force_when_a_test_is_set_decides_it() {
    let coverage =
        covered_by(&[r#"now = 2025-12-24T12:00:00Z; pin = "right"; zip = "right"; numbers.tags = []"#]);
    // The expired rule is evaluated, but does not count.
    assert_eq!(coverage.rules_reached(), (1, 3));
}

#[test]
fn the_coverage_is_one_json_object() {
    let coverage = covered_by(&[r#"pin = "right"; zip = "right"; numbers.tags = []"#]);
    let value = serde_json::to_value(&coverage).unwrap();
    assert_eq!(
        (&value["percent"], &value["rules"], &value["conditions"]),
        (
            &json!(37),
            &json!({"reached": 1, "all": 3}),
            &json!({"reached": 2, "all": 5})
        )
    );
    assert_eq!(value["not_reached"][0], json!({"rule": "wrong-pin"}));
    assert!(
        value["not_reached"].as_array().unwrap().contains(
            &json!({"rule": "clean", "condition": "numbers.tags", "unless": true, "wanted": ["vip"]})
        ),
        "{value:#}"
    );
}
