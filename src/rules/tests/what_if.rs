//! Tests of the verdicts for each value of a missing fact.

use serde_json::{Value, json};

use super::{evaluate, rules};
use crate::rules::model::rule_set::RuleSet;
use crate::rules::text::what_if::WhatIf;

const LISTS: &str = r#"
[lists.trusted]
type = "spid"
values = ["073H", "6529"]

[lists.near]
type = "number"
values = ["+13125550001", "+1416*", "+13125550002"]

[lists.names]
type = "text"
values = ["Onvoy", "*attack*", "/bad(ger|ly)/"]
"#;

/// Rules from lines such as `pin = "wrong"; !zip = "right" -> reject pin-invalid`.
pub(super) fn short(lines: &[&str]) -> RuleSet {
    let rule = |(place, line): (usize, &&str)| {
        let (conditions, consequence) = line.split_once(" -> ").unwrap();
        let consequence = consequence.replacen(' ', "\"\nreject.because = \"", 1);
        let condition = |condition: &str| match condition.strip_prefix('!') {
            Some(condition) => format!("unless.{condition}"),
            None => format!("match.{condition}"),
        };
        let conditions: Vec<String> = conditions.split("; ").map(condition).collect();
        let id = format!("[[rule]]\nid = \"r{}\"", place + 1);
        format!("{id}\n{}\naction = \"{consequence}\"\n", conditions.join("\n"))
    };
    let of_lines: Vec<String> = lines.iter().enumerate().map(rule).collect();
    rules(&format!("{LISTS}{}", of_lines.concat()))
}

fn rendered(lines: &[&str], facts: &Value) -> String {
    let verdict = evaluate(&short(lines), facts);
    let one = |what_if: &WhatIf| format!("{}\n  {}\n", what_if.fact, what_if.lines().join("\n  "));
    verdict.what_if().iter().map(one).collect()
}

#[test]
fn each_word_of_a_check_has_its_line() {
    let lines = [
        r#"pin = "wrong" -> reject pin-invalid"#,
        r#"pin = ["right", "none-on-file"]; zip = "right" -> authorize"#,
    ];
    insta::assert_snapshot!(rendered(&lines, &json!({"zip": "right"})), @"
    pin
      right         → authorize by r2
      wrong         → reject by r1 (pin-invalid)
      not-given     → hold: no rule decides
      none-on-file  → authorize by r2
    ");
}

#[test]
fn each_of_several_missing_facts_shows_what_the_verdict_still_depends_on() {
    let lines = [
        r#"pin = "wrong" -> reject pin-invalid"#,
        r#"pin = ["right", "none-on-file"]; zip = "right"; !numbers.frozen = true -> authorize"#,
    ];
    insta::assert_snapshot!(rendered(&lines, &json!({})), @"
    pin
      right         → still depends on zip, numbers.frozen
      wrong         → reject by r1 (pin-invalid)
      not-given     → hold: no rule decides
      none-on-file  → still depends on zip, numbers.frozen
    zip
      right         → still depends on pin, numbers.frozen
      wrong         → still depends on pin
      not-given     → still depends on pin
      none-on-file  → still depends on pin
    numbers.frozen
      true   → still depends on pin
      false  → still depends on pin, zip
    ");
}

#[test]
fn a_decided_verdict_has_no_what_if() {
    let verdict = evaluate(
        &short(&[r#"pin = "wrong" -> reject pin-invalid"#]),
        &json!({"pin": "wrong"}),
    );
    assert!(verdict.what_if().is_empty());
}

#[test]
fn carriers_and_texts_are_grouped_by_the_values_in_the_rules() {
    insta::assert_snapshot!(rendered(&[
        r#"carrier.spid = ["9999", "6529"] -> hold"#,
        r#"carrier.spid = "@trusted" -> authorize"#,
    ], &json!({})), @"
    carrier.spid
      9999 or 6529                        → hold by r1
      in @trusted and not (9999 or 6529)  → authorize by r2
      anything else                       → hold: no rule decides
    ");
    insta::assert_snapshot!(rendered(&[
        r#"carrier.name = "@names" -> reject other-cause"#,
        r#"carrier.name = ["*tel", "Good*"] -> authorize"#,
    ].map(|line| line.replace("other-cause", "number-locked")).each_ref().map(String::as_str), &json!({})), @"
    carrier.name
      in @names                                  → reject by r1 (number-locked)
      like *tel or like Good* and not in @names  → authorize by r2
      anything else                              → hold: no rule decides
    ");
}

#[test]
fn tags_and_countries_are_grouped_by_the_effect_of_several_of_them() {
    insta::assert_snapshot!(rendered(&[
        r#"numbers.tags = "vip" -> hold"#,
        r#"numbers.tags = "test*" -> authorize"#,
    ], &json!({})), @"
    numbers.tags
      tagged vip                            → hold by r1
      tagged like test* and not tagged vip  → authorize by r2
      anything else                         → hold: no rule decides
    ");
    insta::assert_snapshot!(rendered(&[r#"numbers.country = ["US", "CA"] -> authorize"#], &json!({})), @"
    numbers.country
      every one US or CA  → authorize by r1
      anything else       → hold: no rule decides
    ");
}

#[test]
fn counts_and_durations_are_shown_as_ranges() {
    let missing = json!({"carrier.requests_24h": null});
    insta::assert_snapshot!(rendered(&[
        r#"carrier.requests_24h = "> 10" -> hold"#,
        r#"carrier.requests_24h = "3..5" -> reject pin-invalid"#,
        "carrier.seen = false -> authorize",
    ], &missing), @"
    carrier.requests_24h
      < 3 or > 5 and <= 10  → authorize by r3
      3..5                  → reject by r2 (pin-invalid)
      > 10                  → hold by r1
    ");
    insta::assert_snapshot!(rendered(&[
        r#"foc_in = "< 24h" -> reject due-date-too-short"#,
        r#"foc_in = "> 72h" -> authorize"#,
    ], &json!({})), @"
    foc_in
      < 24h    → reject by r1 (due-date-too-short)
      24h..3d  → hold: no rule decides
      > 3d     → authorize by r2
    ");
}

#[test]
fn numbers_are_grouped_by_their_lists_and_their_count() {
    insta::assert_snapshot!(rendered(&[
        r#"numbers.any_in = "@near" -> reject number-locked"#,
        r#"numbers.count = "<= 10" -> authorize"#,
    ], &json!({})), @"
    phone_numbers
      at most 10 numbers and not a number in @near  → authorize by r2
      a number in @near                             → reject by r1 (number-locked)
      anything else                                 → hold: no rule decides
    ");
    // One number could not be read, so it may be in the list or not.
    insta::assert_snapshot!(rendered(&[
        r#"numbers.all_in = "@near" -> authorize"#,
    ], &json!({"phone_numbers": ["+13125550001", "{{number}}"]})), @"
    phone_numbers
      every number in @near  → authorize by r1
      anything else          → hold: no rule decides
    ");
}

#[test]
fn what_is_true_or_false_and_whose_the_numbers_are() {
    insta::assert_snapshot!(rendered(&[
        "own_port_in = true -> reject pending-order",
        r#"numbers.ours = ["all", "some"] -> authorize"#,
    ], &json!({})), @"
    own_port_in
      true   → reject by r1 (pending-order)
      false  → still depends on numbers.ours
    numbers.ours
      all   → still depends on own_port_in
      some  → still depends on own_port_in
      none  → still depends on own_port_in
    ");
}
