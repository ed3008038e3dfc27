//! Tests of the evaluation with missing facts.

use serde_json::{Value, json};

use super::{evaluate, rules};
use crate::domain::{Action, Cause};
use crate::rules::evaluate::verdict::Verdict;

/// Rules from lines such as `pin = "wrong" -> reject pin-invalid`; conditions are parted by `;`, those of `unless`
/// begin with `!`.
fn short(lines: &[&str]) -> String {
    let mut text = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let (conditions, consequence) = line.split_once("->").unwrap();
        text.push(format!("[[rule]]\nid = \"r{}\"", place + 1));
        text.extend(conditions.split(';').map(str::trim).map(
            |condition| match condition.strip_prefix('!') {
                Some(condition) => format!("unless.{condition}"),
                None => format!("match.{condition}"),
            },
        ));
        let mut words = consequence.split_whitespace();
        text.push(format!("action = \"{}\"", words.next().unwrap()));
        text.extend(words.next().map(|cause| format!("reject.because = \"{cause}\"")));
    }
    text.join("\n")
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "tests read better with the facts in place"
)]
fn verdict(lines: &[&str], facts: Value) -> Verdict {
    evaluate(&rules(&short(lines)), &facts)
}

fn unknown(verdict: &Verdict) -> Vec<&'static str> {
    verdict.unknown.iter().map(|fact| fact.name()).collect()
}

#[test]
fn a_missing_fact_that_could_change_the_outcome_is_a_hold_that_names_it() {
    let verdict = verdict(
        &[
            r#"pin = "wrong" -> reject pin-invalid"#,
            r#"zip = "right" -> authorize"#,
        ],
        json!({"zip": "right"}),
    );
    assert_eq!((verdict.action, verdict.rule.clone()), (Action::Hold, None));
    assert_eq!(unknown(&verdict), ["pin"]);
    insta::assert_snapshot!(verdict.sentence(),
        @"undecided: r1 needs pin. If wrong: reject. Otherwise: authorize by r2.");
}

#[test]
fn on_unknown_says_what_happens_then() {
    let lines = short(&[r#"pin = "wrong" -> hold"#, r#"zip = "right" -> authorize"#]);
    let rules = rules(&format!("defaults.on_unknown = \"reject\"\n{lines}"));
    let verdict = evaluate(&rules, &json!({"zip": "right"}));
    assert_eq!(
        (verdict.action, verdict.cause),
        (Action::Reject, Some(Cause::Other))
    );
    assert_eq!(unknown(&verdict), ["pin"]);
}

#[test]
fn a_missing_fact_that_changes_nothing_is_not_waited_for() {
    // Whatever the PIN is, the order is held.
    let verdict = verdict(
        &[r#"pin = "wrong" -> hold"#, r#"zip = "right" -> hold"#],
        json!({"zip": "right"}),
    );
    assert_eq!(
        (verdict.action, verdict.rule.as_deref()),
        (Action::Hold, Some("r2"))
    );
    assert!(verdict.unknown.is_empty());
}

#[test]
fn a_condition_that_fails_for_certain_outweighs_a_missing_fact_beside_it() {
    let lines = [
        r#"pin = "wrong"; zip = "wrong" -> reject pin-invalid"#,
        r#"zip = "right" -> authorize"#,
    ];
    let verdict = verdict(&lines, json!({"zip": "right"}));
    assert_eq!((verdict.action, verdict.unknown.len()), (Action::Authorize, 0));
}

#[test]
fn one_fact_has_one_value_in_every_rule() {
    // A PIN that is not wrong is right, missing or not on file: no word is left for the end of the file.
    let lines = [
        r#"pin = "wrong" -> authorize"#,
        r#"pin = ["right", "not-given", "none-on-file"] -> authorize"#,
    ];
    assert_eq!(verdict(&lines, json!({})).action, Action::Authorize);
    let without_one = [lines[0], r#"pin = ["right", "not-given"] -> authorize"#];
    let verdict = verdict(&without_one, json!({}));
    assert_eq!((verdict.action, unknown(&verdict)), (Action::Hold, vec!["pin"]));
}

#[test]
fn only_the_facts_that_matter_are_named() {
    // The name matters only while the PIN is wrong, and then either way it is a hold.
    let lines = [
        r#"pin = "wrong"; name = "wrong" -> hold"#,
        r#"pin = "wrong" -> hold"#,
        r#"zip = "right" -> authorize"#,
    ];
    assert_eq!(unknown(&verdict(&lines, json!({"zip": "right"}))), ["pin"]);
    assert_eq!(unknown(&verdict(&lines, json!({}))), ["pin", "zip"]);
}

#[test]
fn a_cause_is_set_only_if_it_is_certain() {
    // The ZIP is wrong for certain: true whatever the PIN is.
    let lines = [
        r#"pin = "wrong" -> reject pin-invalid"#,
        r#"zip = "wrong" -> reject zip-invalid"#,
    ];
    let certain = verdict(&lines, json!({"zip": "wrong"}));
    assert_eq!(
        (certain.action, certain.cause),
        (Action::Reject, Some(Cause::ZipInvalid))
    );
    assert_eq!(certain.rule.as_deref(), Some("r2"));
    // Rejected in any case, for one of two causes: neither is known to be true.
    let lines = [
        r#"pin = ["wrong", "not-given"] -> reject pin-invalid"#,
        r#"pin = ["right", "none-on-file"] -> reject other-cause"#,
    ]
    .map(|line| line.replace("other-cause", "number-locked"));
    let open = verdict(&[&lines[0], &lines[1]], json!({}));
    assert_eq!(
        (open.action, open.rule.clone(), open.cause),
        (Action::Reject, None, Some(Cause::Other))
    );
    assert!(open.unknown.is_empty());
    insta::assert_snapshot!(open.sentence(),
        @"reject (other): every possible value of the missing facts leads to the same result");
}

#[test]
fn everyone_whom_a_possible_end_names_is_notified() {
    let lines = short(&[
        r#"pin = ["wrong", "not-given"] -> hold"#,
        r#"pin = ["right", "none-on-file"] -> hold"#,
    ]);
    let lines = lines.replacen("action", "notify = [\"a\", \"b\"]\naction", 1);
    let (head, tail) = lines.split_at(lines.rfind("action").unwrap());
    let verdict = evaluate(
        &rules(&format!("{head}notify = [\"b\", \"c\"]\n{tail}")),
        &json!({}),
    );
    assert_eq!(verdict.notify, ["a", "b", "c"]);
}

#[test]
fn numbers_that_cannot_be_read_keep_questions_open_unless_the_others_settle_them() {
    let action = |condition: &str, numbers: &[&str]| {
        let line = format!("{condition} -> authorize");
        verdict(&[&line], json!({"phone_numbers": numbers})).action
    };
    let (near, far, unread) = ("+13125550001", "+12125550001", "{{phone_number}}");
    let any = "numbers.any_in = \"+13125550001\"";
    assert_eq!(action(any, &[near, unread]), Action::Authorize);
    assert_eq!(action(any, &[far, unread]), Action::Hold);
    let none = "numbers.none_in = \"+13125550001\"";
    assert_eq!(action(none, &[far, unread]), Action::Hold);
    assert_eq!(action(none, &[far]), Action::Authorize);
    let all = "numbers.all_in = \"+13125550001\"";
    assert_eq!(action(all, &[near, unread]), Action::Hold);
    assert_eq!(action(all, &[near]), Action::Authorize);
    let held = verdict(
        &[&format!("{any} -> authorize")],
        json!({"phone_numbers": [far, unread]}),
    );
    assert_eq!(unknown(&held), ["phone_numbers"]);
    // A rule that fails for certain needs no fact.
    let settled = verdict(
        &[&format!("{all} -> authorize")],
        json!({"phone_numbers": [far, unread]}),
    );
    assert!(settled.unknown.is_empty());
}

#[test]
fn an_order_without_numbers_does_not_have_all_of_them_in_a_list() {
    let all = "numbers.all_in = \"+1*\" -> authorize";
    assert_eq!(verdict(&[all], json!({"phone_numbers": []})).action, Action::Hold);
    let countries = "numbers.country = \"US\" -> authorize";
    assert_eq!(
        verdict(&[countries], json!({"numbers.country": []})).action,
        Action::Hold
    );
}

#[test]
fn any_and_none_of_one_list_are_one_question() {
    let lines = [
        "numbers.any_in = \"+1312*\" -> authorize",
        "numbers.none_in = \"+1312*\" -> authorize",
    ];
    assert_eq!(verdict(&lines, json!({})).action, Action::Authorize);
    let lines = [
        "numbers.count = \"> 1\" -> hold",
        "numbers.all_in = \"+1312*\" -> authorize",
    ];
    assert_eq!(unknown(&verdict(&lines, json!({}))), ["phone_numbers"]);
}

#[test]
fn a_count_with_gaps_is_followed_exactly() {
    let lines = [
        "times_rejected = \"< 3\" -> authorize",
        "times_rejected = \">= 3\" -> authorize",
    ];
    assert_eq!(
        verdict(&lines, json!({"times_rejected": null})).action,
        Action::Authorize
    );
    let lines = [
        "times_rejected = \"< 3\" -> authorize",
        "times_rejected = \"> 3\" -> authorize",
    ];
    assert_eq!(
        verdict(&lines, json!({"times_rejected": null})).action,
        Action::Hold
    );
    let lines = [
        "foc_in = \"<= 24h\" -> authorize",
        "foc_in = \"> 24h\" -> authorize",
    ];
    assert_eq!(verdict(&lines, json!({})).action, Action::Authorize);
}

#[test]
fn a_question_that_many_rules_ask_is_followed_as_one() {
    let mut lines = vec![r#"pin = "wrong"; zip = "right" -> hold"#; 200];
    lines.push(r#"city = "x" -> authorize"#);
    assert_eq!(
        unknown(&verdict(&lines, json!({"city": "x", "zip": "right"}))),
        ["pin"]
    );
    assert_eq!(
        verdict(&lines, json!({"city": "x", "zip": "wrong"})).action,
        Action::Authorize
    );
}

#[test]
fn more_missing_facts_than_can_be_followed_are_a_hold_that_names_them_all() {
    let hundreds: Vec<String> = (0..200)
        .map(|n| format!("times_rejected = \"{n}\" -> hold"))
        .collect();
    let mut lines: Vec<&str> = hundreds.iter().map(String::as_str).collect();
    lines.push(r#"pin = "right" -> authorize"#);
    let verdict = verdict(&lines, json!({"times_rejected": null}));
    assert_eq!(
        (verdict.action, unknown(&verdict)),
        (Action::Hold, vec!["times_rejected", "pin"])
    );
}
