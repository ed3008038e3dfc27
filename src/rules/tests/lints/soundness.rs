//! No order disproves a warning: rules and orders are random, with missing facts and later days, and no rule that is
//! reported as never deciding may decide an order.

use jiff::ToSpan;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::{loaded, now};
use crate::rules::diagnostics::code::Code;
use crate::rules::evaluate::trace::Outcome;
use crate::rules::facts::known::Facts;
use crate::rules::load::Loaded;

const LISTS: &str = r#"
[lists.two]
type = "spid"
values = ["A", { value = "B", expires = 2026-12-31 }]
[lists.past]
type = "spid"
values = [{ value = "A", expires = 2026-12-01 }, { value = "C", expires = 2026-01-01 }]
[lists.area]
type = "number"
values = ["+1312*", { value = "+14165550001", expires = 2026-12-31 }]
[lists.towns]
type = "text"
values = ["chicago", { value = "new*", expires = 2026-12-31 }]
"#;

/// Conditions by their key; one condition may have several values.
const CONDITIONS: [(&str, &[&str]); 12] = [
    ("pin", &["right", "wrong", "not-given", "none-on-file"]),
    ("numbers.ours", &["all", "some", "none"]),
    ("times_rejected", &[">= 1", "< 2", "1..3", "!= 2", "0", "> 3"]),
    ("numbers.count", &["< 1", "1", ">= 2", "1..2", "!= 1"]),
    ("foc_in", &["< 24h", "<= 24h", "> 1d", "24h..48h", "!= 48h"]),
    ("carrier.spid", &["A", "b", "C", "@two", "@past"]),
    (
        "city",
        &["chicago", "new*", "*york", "@towns", "/new (york|town)/", "*"],
    ),
    ("numbers.tags", &["t", "u", "t*"]),
    ("numbers.country", &["US", "CA"]),
    ("numbers.any_in", NUMBERS),
    ("numbers.all_in", NUMBERS),
    ("numbers.none_in", NUMBERS),
];

const NUMBERS: &[&str] = &[
    "+13125550001",
    "+1312*",
    "+131255*",
    "+14165550001",
    "+1416*",
    "@area",
];

/// What an order can be; `null` is not known.
const FACTS: [(&str, &[&str]); 9] = [
    (
        "pin",
        &[
            r#""right""#,
            r#""wrong""#,
            r#""not-given""#,
            r#""none-on-file""#,
            "null",
        ],
    ),
    ("numbers.ours", &[r#""all""#, r#""some""#, r#""none""#, "null"]),
    ("times_rejected", &["0", "1", "2", "3", "4", "null"]),
    (
        "foc_in",
        &[r#""23h""#, r#""24h""#, r#""47h""#, r#""48h""#, r#""49h""#, "null"],
    ),
    ("carrier.spid", &[r#""A""#, r#""B""#, r#""C""#, r#""D""#, "null"]),
    (
        "city",
        &[
            r#""Chicago""#,
            r#""new york""#,
            r#""york""#,
            r#""new town""#,
            r#""x""#,
            "null",
        ],
    ),
    (
        "numbers.tags",
        &["[]", r#"["t"]"#, r#"["u"]"#, r#"["t","u"]"#, r#"["tt"]"#, "null"],
    ),
    (
        "numbers.country",
        &[r#"["US"]"#, r#"["CA"]"#, r#"["US","CA"]"#, r#"["IE"]"#, "null"],
    ),
    ("phone_numbers", &[]),
];

const ORDERED: [&str; 6] = [
    "+13125550001",
    "+13125550002",
    "+13129990001",
    "+14165550001",
    "+14165550002",
    "?",
];

/// A condition with one to three of its values.
fn a_condition() -> impl Strategy<Value = (usize, Vec<&'static str>)> {
    (0..CONDITIONS.len()).prop_flat_map(|key| {
        let values = CONDITIONS[key].1;
        (Just(key), subsequence(values.to_vec(), 1..=values.len().min(3)))
    })
}

fn some_conditions(table: &'static str, most: usize) -> impl Strategy<Value = Vec<String>> {
    let least = usize::from(table == "match");
    proptest::collection::vec(a_condition(), least..=most).prop_map(move |mut conditions| {
        conditions.sort_unstable();
        conditions.dedup_by_key(|(key, _)| *key);
        let line =
            |(key, values): &(usize, Vec<&str>)| format!("{table}.{} = {values:?}\n", CONDITIONS[*key].0);
        conditions.iter().map(line).collect()
    })
}

fn a_rule() -> impl Strategy<Value = String> {
    (
        some_conditions("match", 3),
        some_conditions("unless", 2),
        select(vec![
            "",
            "",
            "",
            "expires = 2026-12-15\n",
            "mode = \"shadow\"\n",
            "mode = \"off\"\n",
        ]),
    )
        .prop_map(|(matching, unless, rest)| format!("{}{}{rest}", matching.concat(), unless.concat()))
}

/// Rules of which one has the conditions of another and more. Unrelated rules are rarely of interest.
fn some_rules() -> impl Strategy<Value = Vec<String>> {
    (
        proptest::collection::vec(a_rule(), 1..4),
        some_conditions("match", 2),
        some_conditions("unless", 1),
    )
        .prop_map(|(mut rules, matching, unless)| {
            let narrowed: Vec<String> = rules
                .iter()
                .map(|rule| {
                    let key = |line: &str| line.split(" = ").next().unwrap_or_default().to_owned();
                    let has = |line: &&String| !rule.lines().any(|known| key(known) == key(line));
                    let more: String = matching.iter().chain(&unless).filter(has).cloned().collect();
                    format!("{more}{rule}")
                })
                .collect();
            rules.extend(narrowed);
            rules
        })
}

fn an_order() -> impl Strategy<Value = Facts> {
    let values: Vec<_> = FACTS
        .iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(name, values)| (Just(*name), select(values.to_vec())))
        .collect();
    let numbers = prop_oneof![
        4 => subsequence(ORDERED.to_vec(), 1..=3).prop_map(|numbers| json!(numbers)),
        1 => Just(Value::Null),
    ];
    (values, numbers).prop_map(|(values, numbers)| {
        let mut object = Map::new();
        object.insert("phone_numbers".to_owned(), numbers);
        for (name, value) in values {
            object.insert(name.to_owned(), serde_json::from_str(value).unwrap());
        }
        Facts::from_json(&Value::Object(object)).unwrap()
    })
}

fn written(rules: &[String]) -> String {
    let rule =
        |(at, lines): (usize, &String)| format!("[[rule]]\nid = \"r{at}\"\naction = \"hold\"\n{lines}");
    let rules: String = rules.iter().enumerate().map(rule).collect();
    format!("{LISTS}{rules}")
}

/// The indexes of the rules that are reported with a code.
fn rendered(loaded: &Loaded, code: Code) -> Vec<usize> {
    let lints = loaded.lint(now());
    let found = lints.iter().filter(|finding| finding.code == code);
    let id = |message: &str| {
        message
            .split('`')
            .find_map(|word| word.strip_prefix('r')?.parse().ok())
    };
    found
        .map(|finding| id(finding.help.as_deref().unwrap_or_default()).unwrap())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    #[test]
    fn a_rule_that_is_said_never_to_decide_never_does(
        rules in some_rules(),
        orders in proptest::collection::vec(an_order(), 24),
        days in proptest::collection::vec(select(vec![0_i64, 12, 30, 400]), 24),
    ) {
        let text = written(&rules);
        let loaded = loaded(&text);
        let unreachable = rendered(&loaded, Code::UnreachableRule);
        let impossible = rendered(&loaded, Code::ImpossibleCondition);
        for (facts, days) in orders.iter().zip(days) {
            let verdict = loaded.rules.evaluate(facts, now() + (24 * days).hours());
            for at in unreachable.iter().chain(&impossible) {
                let id = format!("r{at}");
                prop_assert_ne!(verdict.rule.as_deref(), Some(id.as_str()), "{}\n{:?}", text, facts);
            }
            for at in &impossible {
                let outcome = verdict.entries().nth(*at).unwrap().outcome;
                prop_assert!(!matches!(outcome, Outcome::Yes | Outcome::ShadowYes), "r{} in\n{}\n{:?}", at, text, facts);
            }
            // An unreachable shadow rule may match, but no order reaches it.
            for shadow in &verdict.shadow {
                let is_unreachable = unreachable.iter().any(|at| format!("r{at}") == shadow.rule);
                let says_yes = shadow.outcome == Outcome::ShadowYes;
                prop_assert!(!(is_unreachable && says_yes && shadow.reached), "{} in\n{}\n{:?}", shadow.rule, text, facts);
            }
        }
    }

    #[test]
    fn rules_that_are_equal_have_the_same_verdicts(
        rules in some_rules(),
        orders in proptest::collection::vec(an_order(), 24),
    ) {
        let text = written(&rules);
        let loaded = loaded(&text);
        let lints = loaded.lint(now());
        let doubles: Vec<Vec<usize>> = lints
            .iter()
            .filter(|finding| finding.code == Code::DuplicateRule)
            .map(|finding| {
                finding.message.split('`').filter_map(|word| word.strip_prefix('r')?.parse().ok()).collect()
            })
            .collect();
        // In shadow mode every rule is evaluated, whatever the result of the rules above it.
        let in_shadow: String = text
            .lines()
            .filter(|line| !line.starts_with("mode") && !line.starts_with("expires"))
            .map(|line| if line.starts_with("action") { "action = \"hold\"\nmode = \"shadow\"\n".to_owned() } else { format!("{line}\n") })
            .collect();
        let shadow = super::loaded(&in_shadow);
        for facts in &orders {
            let verdict = shadow.rules.evaluate(facts, now());
            let outcomes: Vec<bool> = verdict.entries().map(|entry| entry.outcome == Outcome::ShadowYes).collect();
            for pair in &doubles {
                prop_assert_eq!(outcomes[pair[0]], outcomes[pair[1]], "{:?} in\n{}\n{:?}", pair, text, facts);
            }
        }
    }
}
