//! Tests of backtests: changed decisions, buckets, counts and missing facts.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::domain::{Action, Cause};
use crate::rules::facts::fact::Fact;
use crate::rules::facts::known::Facts;
use crate::rules::model::rule_set::RuleSet;
use crate::rules::source::sources::Sources;

const RULES: &str = r#"
version = 1

[[rule]]
id = "wrong-pin"
match.pin = "wrong"
action = "reject"
reject.because = "pin-invalid"

[[rule]]
id = "clean"
match.pin = "right"
action = "authorize"
"#;

fn rules(text: &str) -> RuleSet {
    let sources = Sources::in_memory("candidate.toml", text, []);
    RuleSet::from_sources(&sources, Timestamp::UNIX_EPOCH)
        .unwrap()
        .rules
}

fn case(name: &str, facts: &Value, old: Baseline) -> Case {
    Case {
        account: "default".parse().unwrap(),
        order_id: name.parse().unwrap(),
        support_key: Some(format!("PO_{name}")),
        episode: 1,
        decided_at: "2026-11-23T15:00:00Z".parse().unwrap(),
        facts: Facts::from_json(facts).unwrap(),
        old,
        became: Became::default(),
    }
}

fn judged(action: Action, rule: Option<&str>) -> Baseline {
    Baseline::ByRules {
        action,
        rule: rule.map(str::to_owned),
        cause: (action == Action::Reject).then_some(Cause::PinInvalid),
    }
}

fn rejected() -> Baseline {
    judged(Action::Reject, Some("wrong-pin"))
}

fn run(candidate: &str, cases: &[Case]) -> Report {
    let mut backtest = Backtest::new(&rules(candidate));
    for case in cases {
        backtest.evaluate(case);
    }
    backtest.finish()
}

fn only(candidate: &str, case: &Case) -> CaseOutcome {
    Backtest::new(&rules(candidate)).evaluate(case)
}

#[test]
fn what_counts_as_a_change_is_another_action_or_another_cause_of_a_rejection() {
    let wrong = || json!({"pin": "wrong"});
    let other_cause = RULES.replace("pin-invalid", "account-invalid");
    let renamed = RULES.replace("\"wrong-pin\"", "\"pin-is-wrong\"");
    let held = RULES.replace("\"reject\"\nreject.because = \"pin-invalid\"", "\"hold\"");
    for (what, candidate, old, change) in [
        ("nothing", RULES, rejected(), Change::None),
        ("the rule's name", &renamed, rejected(), Change::None),
        ("the cause", &other_cause, rejected(), Change::Cause),
        ("the action", &held, rejected(), Change::Action),
        (
            "no rule before",
            RULES,
            judged(Action::Hold, None),
            Change::Action,
        ),
        (
            "refused at Telnyx",
            &other_cause,
            Baseline::AtTelnyx(Some(Action::Reject)),
            Change::None,
        ),
        (
            "let go at Telnyx",
            RULES,
            Baseline::AtTelnyx(Some(Action::Authorize)),
            Change::Action,
        ),
        ("neither at Telnyx", RULES, Baseline::AtTelnyx(None), Change::None),
    ] {
        assert_eq!(
            only(candidate, &case("1", &wrong(), old)).change,
            change,
            "{what}"
        );
    }
}

#[test]
fn a_bounced_order_is_held_whatever_the_candidate_decides() {
    let returned = |facts: Value, old: Baseline| Case {
        episode: 2,
        ..case("1", &facts, old)
    };
    let held = judged(Action::Hold, None);
    let case_outcome = only(RULES, &returned(json!({"pin": "wrong"}), held.clone()));
    assert_eq!(
        (case_outcome.action, case_outcome.rule, case_outcome.change),
        (Action::Hold, None, Change::None)
    );
    let undecided = only(RULES, &returned(json!({}), held));
    assert_eq!(undecided.unknown, [], "no fact would let a machine answer it");
    let by_rule = "version = 1\n[[rule]]\nid = \"look\"\nmatch.pin = \"wrong\"\naction = \"hold\"\n";
    let case_outcome = only(
        by_rule,
        &returned(json!({"pin": "wrong"}), judged(Action::Hold, Some("look"))),
    );
    assert_eq!(case_outcome.rule.as_deref(), Some("look"), "as it is recorded");
}

#[test]
fn rules_are_evaluated_as_of_the_time_of_the_decision() {
    let expired = format!("{RULES}expires = 2026-11-22\n");
    let mut clean = case(
        "1",
        &json!({"pin": "right"}),
        judged(Action::Authorize, Some("clean")),
    );
    assert_eq!(only(&expired, &clean).action, Action::Hold);
    clean.decided_at = "2026-11-21T15:00:00Z".parse().unwrap();
    assert_eq!(only(&expired, &clean).action, Action::Authorize);
}

#[test]
fn each_bucket_has_its_own_cases() {
    let buckets = |became: Became, facts: Value| {
        only(
            RULES,
            &Case {
                became,
                ..case("1", &facts, rejected())
            },
        )
        .buckets
    };
    let none = Became::default();
    let (bounced, overridden, by_silence) = (
        Became {
            bounced: true,
            ..none
        },
        Became {
            overridden: true,
            ..none
        },
        Became {
            by_silence: true,
            ..none
        },
    );
    for (became, facts, found) in [
        (none, json!({"pin": "wrong"}), vec![]),
        (bounced, json!({"pin": "wrong"}), vec![Bucket::Bounced]),
        (overridden, json!({"pin": "wrong"}), vec![Bucket::Overridden]),
        (by_silence, json!({"pin": "wrong"}), vec![Bucket::BySilence]),
        (none, json!({}), vec![Bucket::NeedsFact]),
        (bounced, json!({}), vec![Bucket::Bounced, Bucket::NeedsFact]),
    ] {
        assert_eq!(buckets(became, facts), found, "{became:?}");
    }
}

/// Seven orders with a wrong PIN, one of them bounced; one clean order, and one whose PIN was not recorded.
fn history() -> Vec<Case> {
    let mut cases: Vec<Case> = (1..=7)
        .map(|number| case(&number.to_string(), &json!({"pin": "wrong"}), rejected()))
        .collect();
    cases[0].became.bounced = true;
    let clean = judged(Action::Authorize, Some("clean"));
    cases.push(case("8", &json!({"pin": "right"}), clean));
    cases.push(case("9", &json!({}), judged(Action::Hold, None)));
    cases
}

const CAREFUL: &str = r#"
version = 1

[[rule]]
id = "look-at-wrong-pins"
match.pin = "wrong"
action = "hold"

[[rule]]
id = "clean"
match.pin = "right"
match.numbers.ours = "all"
action = "authorize"
"#;

#[test]
fn a_report_counts_all_and_names_a_few() {
    let report = run(CAREFUL, &history());
    insta::assert_snapshot!(report.summary_lines().join("\n"), @r"
    9 orders evaluated, 8 decisions change
    authorize → hold: 1 (PO_8)
    reject → hold: 7 (PO_1, PO_2, PO_3 … and 4 more)
    bounced: 1 (PO_1), 1 of them with a changed decision
    needs a fact that was not recorded: 2 (PO_8, PO_9); numbers.ours 2, pin 1
    ");
    let document = serde_json::to_value(&report).unwrap();
    assert_eq!(
        (&document["judged"], &document["changed"]),
        (&json!(9), &json!(8))
    );
    assert_eq!(
        document["moves"][1],
        json!({"from": "reject", "to": "hold", "change": "action", "count": 7, "orders": ["PO_1", "PO_2", "PO_3", "PO_4", "PO_5"]})
    );
    assert_eq!(
        document["buckets"][0],
        json!({"bucket": "bounced", "count": 1, "orders": ["PO_1"], "changed": 1,
            "moves": [{"from": "reject", "to": "hold", "change": "action", "count": 1, "orders": ["PO_1"]}]})
    );
    assert_eq!(document["missing_facts"], json!({"numbers.ours": 2, "pin": 1}));
    let rules: Vec<(&Value, &Value, &Value)> = document["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| (&rule["rule"], &rule["gained"]["count"], &rule["lost"]["count"]))
        .collect();
    assert_eq!(
        rules,
        [
            (&json!("look-at-wrong-pins"), &json!(7), &json!(0)),
            (&json!("clean"), &json!(0), &json!(1)),
            (&json!("wrong-pin"), &json!(0), &json!(7)),
            (&Value::Null, &json!(1), &json!(0)),
        ],
        "those of the candidate first, then those that only the record knows, then what no rule decides"
    );
}

#[test]
fn the_same_rules_change_nothing() {
    let report = run(RULES, &history());
    assert_eq!(report.headline(), "9 orders evaluated, no decision changes");
    assert_eq!(report.rules.iter().filter(|rule| rule.is_change()).count(), 0);
    let hits: Vec<(Option<&str>, u64, u64)> = report
        .rules
        .iter()
        .map(|rule| (rule.rule.as_deref(), rule.old_hits, rule.new_hits))
        .collect();
    assert_eq!(
        hits,
        [(Some("wrong-pin"), 7, 7), (Some("clean"), 1, 1), (None, 1, 1)]
    );
}

#[test]
fn a_result_without_rules_does_not_count_as_lost_by_a_rule() {
    let seen = case(
        "1",
        &json!({"pin": "right"}),
        Baseline::AtTelnyx(Some(Action::Authorize)),
    );
    let report = run(RULES, &[seen]);
    let clean = report
        .rules
        .iter()
        .find(|rule| rule.rule.as_deref() == Some("clean"))
        .unwrap();
    assert_eq!((clean.old_hits, clean.new_hits, clean.gained.count), (0, 1, 0));
    assert!(
        report.rules.iter().all(|rule| rule.rule.is_some()),
        "no rule decided nothing"
    );
}

#[test]
fn every_name_is_kept_on_request_only() {
    let names = |backtest: Backtest| {
        let mut backtest = backtest;
        for case in history() {
            backtest.evaluate(&case);
        }
        let moves = backtest.finish().moves;
        moves.into_iter().map(|one| one.orders.orders.len()).max()
    };
    assert_eq!(names(Backtest::new(&rules(RULES))), Some(5));
    assert_eq!(names(Backtest::new(&rules(RULES)).with_every_name()), Some(7));
}

#[test]
fn missing_facts_are_named() {
    let report = run(CAREFUL, &history());
    let missing: Vec<(Fact, u64)> = report.missing_facts.into_iter().collect();
    assert_eq!(missing, [(Fact::NumbersOurs, 2), (Fact::Pin, 1)]);
}

#[test]
fn names_are_listed_with_what_is_left_out() {
    let mut tally = Tally::default();
    assert_eq!(tally.listed(3), "");
    for name in ["a", "b", "c"] {
        tally.add(name, 2);
    }
    assert_eq!(tally.listed(2), "a, b … and 1 more");
}
