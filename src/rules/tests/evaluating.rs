//! Tests of the evaluation of conditions, rules and defaults.

use serde_json::json;

use super::{evaluate, rules};
use crate::domain::{Action, Cause};
use crate::rules::evaluate::trace::Outcome;
use crate::rules::facts::known::Facts;

const TWO_RULES: &str = r#"
[[rule]]
id = "wrong-pin"
match.pin = "wrong"
action = "reject"
reject.because = "pin-invalid"
reject.reason = "The PIN differs."
host_messaging = true
notify = ["desk", "night"]

[[rule]]
id = "right-pin"
match.pin = "right"
unless.numbers.tags = ["vip", "test*"]
action = "authorize"
"#;

#[test]
fn the_first_rule_that_holds_decides() {
    let rules = rules(TWO_RULES);
    let verdict = evaluate(&rules, &json!({"pin": "wrong"}));
    assert_eq!(verdict.action, Action::Reject);
    assert_eq!(verdict.rule.as_deref(), Some("wrong-pin"));
    assert_eq!(verdict.cause, Some(Cause::PinInvalid));
    assert_eq!(verdict.reason.as_deref(), Some("The PIN differs."));
    assert_eq!(verdict.host_messaging, Some(true));
    assert_eq!(verdict.notify, ["desk", "night"]);
}

#[test]
fn one_condition_of_unless_switches_a_rule_off() {
    let rules = rules(TWO_RULES);
    let action = |tags: &[&str]| evaluate(&rules, &json!({"pin": "right", "numbers.tags": tags})).action;
    assert_eq!(action(&["other"]), Action::Authorize);
    assert_eq!(action(&["other", "VIP"]), Action::Hold);
    assert_eq!(action(&["Testing"]), Action::Hold);
}

#[test]
fn orders_that_no_rule_decides_get_no_match() {
    let verdict = evaluate(&rules(TWO_RULES), &json!({"pin": "not-given"}));
    assert_eq!((verdict.action, verdict.rule), (Action::Hold, None));
    let rules = rules(&format!("defaults.no_match = \"reject\"\n{TWO_RULES}"));
    let verdict = evaluate(&rules, &json!({"pin": "not-given"}));
    assert_eq!(
        (verdict.action, verdict.cause),
        (Action::Reject, Some(Cause::Other))
    );
}

/// A rule with one condition, evaluated with facts.
fn holds(condition: &str, facts: &serde_json::Value) -> bool {
    let rules = rules(&format!(
        "[lists.near]\ntype = \"number\"\nvalues = [\"+13125550001\", \"+1416*\"]\n\
         [[rule]]\nid = \"r\"\nmatch.{condition}\naction = \"authorize\"\n"
    ));
    evaluate(&rules, facts).action == Action::Authorize
}

/// Conditions, each with facts for which it holds and facts for which it does not.
const CONDITIONS: [(&str, &str, &str); 23] = [
    (
        r#"carrier.spid = ["073h", "6529"]"#,
        r#"{"carrier.spid": "073H"}"#,
        r#"{"carrier.spid": "0000"}"#,
    ),
    (
        r#"carrier.name = "onvoy*""#,
        r#"{"carrier.name": "Onvoy LLC"}"#,
        r#"{"carrier.name": "An Onvoy"}"#,
    ),
    (
        r#"carrier.requests_24h = "> 10""#,
        r#"{"carrier.requests_24h": 11}"#,
        "{}",
    ),
    ("carrier.seen = false", "{}", r#"{"carrier.seen": true}"#),
    (
        r#"numbers.count = "2..3""#,
        r#"{"numbers.count": 2}"#,
        r#"{"phone_numbers": "+13125550001"}"#,
    ),
    (
        r#"numbers.country = ["US", "ca"]"#,
        r#"{"numbers.country": ["US", "CA"]}"#,
        r#"{"numbers.country": ["US", "IE"]}"#,
    ),
    (
        r#"numbers.ours = ["all", "some"]"#,
        r#"{"numbers.ours": "some"}"#,
        r#"{"numbers.ours": "none"}"#,
    ),
    (
        "numbers.frozen = true",
        r#"{"numbers.frozen": true}"#,
        r#"{"numbers.frozen": false}"#,
    ),
    (
        r#"numbers.wrong_pins_24h = "0""#,
        "{}",
        r#"{"numbers.wrong_pins_24h": 1}"#,
    ),
    (
        r#"name = ["right", "none-on-file"]"#,
        r#"{"name": "none-on-file"}"#,
        r#"{"name": "wrong"}"#,
    ),
    (
        r#"address = "wrong""#,
        r#"{"address": "wrong"}"#,
        r#"{"address": "right"}"#,
    ),
    (
        r#"country = "us""#,
        r#"{"country": "US"}"#,
        r#"{"country": "CA"}"#,
    ),
    (
        r#"state = "IL""#,
        r#"{"state": "il"}"#,
        r#"{"state": "Illinois"}"#,
    ),
    (
        r#"city = "/(north )?chicago/""#,
        r#"{"city": "North Chicago"}"#,
        r#"{"city": "Chicago Heights"}"#,
    ),
    (
        r#"end_user = "*smith*""#,
        r#"{"end_user": "J. Smith"}"#,
        r#"{"end_user": "J. Smyth"}"#,
    ),
    (r#"pon = "A*1""#, r#"{"pon": "ab1"}"#, r#"{"pon": "ab2"}"#),
    (r#"vendor = "v""#, r#"{"vendor": "V"}"#, r#"{"vendor": "w"}"#),
    (
        r#"foc_in = "< 48h""#,
        r#"{"foc_in": "47h"}"#,
        r#"{"foc_in": "48h"}"#,
    ),
    (
        r#"foc_in = "< 48h""#,
        r#"{"requested_foc": "2026-11-23T17:59:59Z"}"#,
        r#"{"requested_foc": "2026-11-23T18:00:00Z"}"#,
    ),
    (
        r#"foc_in = "< 0h""#,
        r#"{"requested_foc": "2026-11-20T00:00:00Z"}"#,
        r#"{"foc_in": "0s"}"#,
    ),
    (r#"times_rejected = ">= 1""#, r#"{"times_rejected": 1}"#, "{}"),
    ("business_hours = false", "{}", r#"{"business_hours": true}"#),
    (
        "own_port_in = true",
        r#"{"own_port_in": true}"#,
        r#"{"own_port_in": false}"#,
    ),
];

#[test]
fn each_condition_tests_its_own_fact() {
    for (condition, yes, no) in CONDITIONS {
        let holds = |facts: &str| holds(condition, &serde_json::from_str(facts).unwrap());
        assert!(holds(yes), "{condition} should hold for {yes}");
        assert!(!holds(no), "{condition} should not hold for {no}");
    }
}

#[test]
fn any_all_or_none_of_the_numbers_can_be_required_in_a_list() {
    let given = |numbers: &[&str]| json!({"phone_numbers": numbers});
    let (near, prefixed, far) = ("+13125550001", "+14165559999", "+12125550001");
    for (condition, yes, no) in [
        (
            "numbers.any_in = \"@near\"",
            given(&[far, prefixed]),
            given(&[far]),
        ),
        (
            "numbers.all_in = \"@near\"",
            given(&[near, prefixed]),
            given(&[near, far]),
        ),
        ("numbers.none_in = \"@near\"", given(&[far]), given(&[far, near])),
        (
            "numbers.any_in = [\"@near\", \"(212) 555-0001\"]",
            given(&[far]),
            given(&["+12125550002"]),
        ),
    ] {
        assert!(holds(condition, &yes), "{condition} should hold for {yes}");
        assert!(!holds(condition, &no), "{condition} should not hold for {no}");
    }
}

#[test]
fn a_rule_in_shadow_is_recorded_and_never_acted_on() {
    let rules = rules(
        r#"
        [[rule]]
        id = "shadow"
        mode = "shadow"
        match.zip = "wrong"
        action = "reject"
        reject.because = "zip-invalid"
        [[rule]]
        id = "go"
        match.pin = "right"
        action = "authorize"
        [[rule]]
        id = "late"
        mode = "shadow"
        match.pin = "right"
        action = "hold"
        "#,
    );
    let verdict = evaluate(&rules, &json!({"pin": "right", "zip": "wrong"}));
    assert_eq!(verdict.rule.as_deref(), Some("go"));
    let shadow: Vec<_> = verdict
        .shadow
        .iter()
        .map(|s| (s.rule.as_str(), s.outcome, s.reached))
        .collect();
    assert_eq!(
        shadow,
        [
            ("shadow", Outcome::ShadowYes, true),
            ("late", Outcome::ShadowYes, false)
        ]
    );
    // A fact that only a shadow rule tests leaves nothing open.
    let verdict = evaluate(&rules, &json!({"pin": "right"}));
    assert_eq!((verdict.action, verdict.unknown.len()), (Action::Authorize, 0));
    assert_eq!(verdict.shadow[0].outcome, Outcome::ShadowUnknown);
}

#[test]
fn a_rule_that_is_off_or_expired_is_skipped() {
    let rules = rules(
        r#"
        timezone = "America/Chicago"
        [[rule]]
        id = "off"
        mode = "off"
        match.pin = "right"
        action = "authorize"
        [[rule]]
        id = "passing"
        expires = 2026-12-31
        match.pin = "right"
        action = "hold"
        [[rule]]
        id = "after"
        match.pin = "right"
        action = "authorize"
        "#,
    );
    let mut facts = Facts::of_a_fresh_order();
    facts.set_all(&json!({"pin": "right"})).unwrap();
    let by = |now: &str| rules.evaluate(&facts, now.parse().unwrap()).rule.unwrap();
    assert_eq!(by("2026-12-31T23:59:59-06:00"), "passing");
    assert_eq!(by("2027-01-01T00:00:00-06:00"), "after");
}

#[test]
fn a_trace_shows_for_every_rule_the_condition_that_determined_it() {
    let rules = rules(&format!(
        "{TWO_RULES}\n[[rule]]\nid = \"rest\"\nmatch.zip = \"right\"\naction = \"hold\"\n"
    ));
    let lines = |facts: serde_json::Value| {
        let verdict = evaluate(&rules, &facts);
        let lines = verdict.trace_lines();
        format!("{}\n{}", verdict.sentence(), lines.join("\n"))
    };
    insta::assert_snapshot!(lines(json!({"pin": "right", "numbers.tags": ["gold", "vip"], "zip": "right"})), @r#"
    hold by rest
    no      wrong-pin  pin           wanted "wrong"           was right
    unless  right-pin  numbers.tags  unless ["vip", "test*"]  was gold, vip
    yes     rest       hold
    "#);
    insta::assert_snapshot!(lines(json!({"pin": "wrong"})), @"
    reject by wrong-pin (pin-invalid)
    yes          wrong-pin  reject
    not reached  right-pin
    not reached  rest
    ");
    insta::assert_snapshot!(lines(json!({"pin": "not-given", "zip": "wrong"})), @r#"
    hold: no rule decides
    no  wrong-pin  pin  wanted "wrong"  was not-given
    no  right-pin  pin  wanted "right"  was not-given
    no  rest       zip  wanted "right"  was wrong
    "#);
}

#[test]
fn a_verdict_is_one_json_object() {
    let verdict = evaluate(&rules(TWO_RULES), &json!({"pin": "right"}));
    insta::assert_json_snapshot!(verdict, @r#"
    {
      "action": "hold",
      "rule": null,
      "cause": null,
      "reason": null,
      "host_messaging": null,
      "notify": [],
      "sentence": "undecided: right-pin needs numbers.tags. If not vip or test*: authorize. Otherwise: hold.",
      "unknown": [
        "numbers.tags"
      ],
      "shadow": [],
      "trace": [
        {
          "rule": "wrong-pin",
          "mode": "enforce",
          "action": "reject",
          "outcome": "no",
          "condition": "pin",
          "wanted": [
            "wrong"
          ],
          "was": "right"
        },
        {
          "rule": "right-pin",
          "mode": "enforce",
          "action": "authorize",
          "outcome": "unknown",
          "condition": "numbers.tags",
          "unless": true,
          "wanted": [
            "vip",
            "test*"
          ],
          "was": null
        }
      ]
    }
    "#);
    assert_eq!(verdict.trace.entries().count(), 2);
}
