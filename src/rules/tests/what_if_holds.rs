//! The listed verdicts for a missing fact are those of the rules, for random rules and orders.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value};

use super::now;
use super::what_if::short;
use crate::rules::evaluate::verdict::Verdict;
use crate::rules::facts::known::Facts;
use crate::rules::model::rule_set::RuleSet;
use crate::rules::text::what_if::{Answer, WhatIf};

/// A condition on each fact, and values that the fact can have.
const FACTS: [(&str, &[&str], &[&str]); 10] = [
    (
        "pin",
        &[r#""wrong""#, r#"["right", "none-on-file"]"#],
        &[r#""right""#, r#""wrong""#, r#""not-given""#, r#""none-on-file""#],
    ),
    (
        "numbers.ours",
        &[r#""all""#, r#"["some", "none"]"#],
        &[r#""all""#, r#""some""#, r#""none""#],
    ),
    ("numbers.frozen", &["true", "[true, false]"], &["true", "false"]),
    (
        "times_rejected",
        &[r#"">= 2""#, r#""1..3""#, r#"["< 1", "5"]"#, r#""!= 2""#],
        &["0", "1", "2", "3", "4", "5", "6", "9999"],
    ),
    (
        "foc_in",
        &[r#""< 24h""#, r#""24h..48h""#, r#""!= 30h""#],
        &[
            r#""-5h""#,
            r#""24h""#,
            r#""86399s""#,
            r#""30h""#,
            r#""48h""#,
            r#""48h1s""#,
            r#""900d""#,
        ],
    ),
    (
        "carrier.spid",
        &[r#""@trusted""#, r#"["073H", "X"]"#],
        &[r#""073H""#, r#""6529""#, r#""X""#, r#""Y""#],
    ),
    (
        "city",
        &[r#"["x", "new*"]"#, r#""*york""#, r#""/z|y/""#],
        &[
            r#""x""#,
            r#""new york""#,
            r#""york""#,
            r#""New""#,
            r#""z""#,
            r#""w""#,
        ],
    ),
    (
        "numbers.tags",
        &[r#""t""#, r#"["u*", "t"]"#],
        &[
            "[]",
            r#"["t"]"#,
            r#"["ux"]"#,
            r#"["t", "u"]"#,
            r#"["v", "t"]"#,
            r#"["v"]"#,
        ],
    ),
    (
        "numbers.country",
        &[r#""US""#, r#"["US", "CA"]"#],
        &[
            r#"["US"]"#,
            r#"["CA"]"#,
            r#"["IE"]"#,
            r#"["US", "CA"]"#,
            r#"["US", "IE"]"#,
        ],
    ),
    (
        "phone_numbers",
        &["any @near", "all @near", "none +1312*", "count > 1"],
        &[
            r#"["+13125550001"]"#,
            r#"["+14165550001"]"#,
            r#"["+13125559999"]"#,
            r#"["+13125550001", "+442079460000"]"#,
            r#"["+442079460000"]"#,
            r#"["+14165550001", "+13125550002"]"#,
        ],
    ),
];

fn condition(fact: usize, place: usize) -> String {
    let (name, conditions, _) = FACTS[fact];
    let value = conditions[place % conditions.len()];
    match value.split_once(' ') {
        Some(("count", rest)) => format!("numbers.count = \"{rest}\""),
        Some((quantifier @ ("any" | "all" | "none"), list)) => {
            format!("numbers.{quantifier}_in = \"{list}\"")
        }
        _ => format!("{name} = {value}"),
    }
}

fn a_rule() -> impl Strategy<Value = String> {
    let conditions = proptest::collection::btree_map(0..FACTS.len(), 0_usize..12, 1..4);
    let consequence = select(vec![
        "authorize",
        "hold",
        "reject pin-invalid",
        "reject number-locked",
    ]);
    (conditions, consequence, any::<bool>()).prop_map(|(conditions, consequence, last_in_unless)| {
        let count = conditions.len();
        let conditions = conditions.into_iter().enumerate().map(|(at, (fact, place))| {
            let mark = if last_in_unless && at > 0 && at + 1 == count {
                "!"
            } else {
                ""
            };
            format!("{mark}{}", condition(fact, place))
        });
        format!("{} -> {consequence}", conditions.collect::<Vec<_>>().join("; "))
    })
}

/// The verdict for these facts, without facts that are derived from the numbers.
fn with(known: &Map<String, Value>, fact: &str, value: &str) -> Facts {
    let mut all = known.clone();
    all.insert(fact.to_owned(), serde_json::from_str(value).unwrap());
    if fact == "phone_numbers" && !known.contains_key("numbers.country") {
        all.insert("numbers.country".to_owned(), Value::Null);
    }
    Facts::from_json(&Value::Object(all)).unwrap()
}

fn same(one: &Verdict, other: &Verdict) -> bool {
    (one.action, &one.rule, one.cause, &one.unknown)
        == (other.action, &other.rule, other.cause, &other.unknown)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Each listed value leads to the listed verdict, and every possible value of a fact is listed.
    #[test]
    fn the_listed_verdicts_are_those_of_the_rules_with_the_fact(
        lines in proptest::collection::vec(a_rule(), 1..6),
        known in FACTS.map(|(_, _, values)| 0..values.len()).to_vec(),
        missing in subsequence((0..FACTS.len()).collect::<Vec<_>>(), 1..=3),
    ) {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let rules = short(&lines);
        let mut facts = Map::new();
        for (at, (name, _, values)) in FACTS.iter().enumerate() {
            if !missing.contains(&at) {
                facts.insert((*name).to_owned(), serde_json::from_str(values[known[at]]).unwrap());
            } else if *name == "numbers.country" {
                facts.insert((*name).to_owned(), Value::Null);
            }
        }
        let verdict = rules.evaluate(&Facts::from_json(&Value::Object(facts.clone())).unwrap(), now());
        let what_if = verdict.what_if();
        prop_assert_eq!(what_if.len(), verdict.unknown.len());
        for one in &what_if {
            let (_, _, values) = FACTS.iter().find(|(name, ..)| *name == one.fact.name()).unwrap();
            let shown = format!("{lines:#?}\n{facts:?}\n{}\n{}", one.fact, one.lines().join("\n"));
            for value in *values {
                let found = rules.evaluate(&with(&facts, one.fact.name(), value), now());
                let among = one.answers.iter().filter(|answer| same(&answer.verdict, &found)).count();
                prop_assert!(among > 0, "{value} leads to {}, and that is not told: {shown}", found.sentence());
            }
            for answer in &one.answers {
                prop_assert!(told_value_does_as_told(&rules, &facts, one, answer), "{}: {shown}", answer.values);
            }
        }
    }
}

/// Evaluates the listed values as they are written, if a value can be read from them.
fn told_value_does_as_told(
    rules: &RuleSet,
    known: &Map<String, Value>,
    what_if: &WhatIf,
    answer: &Answer,
) -> bool {
    let fact = what_if.fact.name();
    let put_in: Vec<String> = match fact {
        "pin" | "numbers.ours" => vec![format!("{:?}", answer.values)],
        "numbers.frozen" => vec![answer.values.clone()],
        "times_rejected" => (0_u64..12)
            .filter(|count| meets(&answer.values, *count))
            .map(|count| count.to_string())
            .collect(),
        _ => Vec::new(),
    };
    let judged = |value: &String| rules.evaluate(&with(known, fact, value), now());
    put_in.iter().all(|value| same(&judged(value), &answer.verdict))
}

/// Whether a count is one of `< 3 or 5..7 or > 9 and < 12`.
fn meets(values: &str, count: u64) -> bool {
    let holds = |words: &str| {
        let number = |text: &str| text.parse::<u64>().unwrap();
        match (words.split_once(' '), words.split_once("..")) {
            (Some(("<", bound)), _) => count < number(bound),
            (Some(("<=", bound)), _) => count <= number(bound),
            (Some((">", bound)), _) => count > number(bound),
            (Some((">=", bound)), _) => count >= number(bound),
            (_, Some((low, high))) => (number(low)..=number(high)).contains(&count),
            _ => count == number(words),
        }
    };
    values == "anything" || values.split(" or ").any(|part| part.split(" and ").all(holds))
}
