//! The values that a condition expects, as everything that people and programs read shows them.

use serde_json::{Value, json};

use super::{evaluate, rules};
use crate::rules::model::rule_set::RuleSet;
use crate::rules::{TraceEntry, diff, trace_lines};

/// One rule that holds an order for some values of a fact.
fn held_for(condition: &str) -> RuleSet {
    rules(&format!(
        "[[rule]]\nid = \"held\"\nmatch.{condition}\naction = \"hold\"\n\
         [[rule]]\nid = \"rest\"\nmatch.numbers.count = \">= 1\"\naction = \"authorize\"\n"
    ))
}

fn wanted_in_json(rules: &RuleSet, facts: &Value) -> Value {
    let verdict = serde_json::to_value(evaluate(rules, facts)).unwrap();
    verdict["trace"][0]["wanted"].clone()
}

#[test]
fn a_text_with_a_comma_stays_one_value() {
    let rules = held_for("end_user = \"Smith, Jones\"");
    let verdict = evaluate(&rules, &json!({ "numbers.count": 1 }));
    assert_eq!(
        verdict.sentence(),
        "undecided: held needs end_user. If \"Smith, Jones\": hold. Otherwise: authorize by rest."
    );
    assert_eq!(
        wanted_in_json(&rules, &json!({ "end_user": "Doe" })),
        json!(["Smith, Jones"])
    );
    let what_if: Vec<String> = verdict
        .what_if()
        .into_iter()
        .flat_map(|fact| fact.answers)
        .map(|answer| answer.values)
        .collect();
    assert_eq!(what_if, ["Smith, Jones", "anything else"]);
}

#[test]
fn values_that_contain_brackets_or_quotes_are_not_cut() {
    for (written, value, rendered) in [
        ("'[Smith]'", "[Smith]", "[Smith]"),
        ("'\"Smith\"'", "\"Smith\"", "\"Smith\""),
        ("\"it's\"", "it's", "it's"),
        ("'Smith or Jones'", "Smith or Jones", "\"Smith or Jones\""),
    ] {
        let rules = held_for(&format!("end_user = {written}"));
        let verdict = evaluate(&rules, &json!({ "numbers.count": 1 }));
        let wanted = format!("undecided: held needs end_user. If {rendered}: hold.");
        assert!(verdict.sentence().starts_with(&wanted), "{}", verdict.sentence());
        assert_eq!(
            wanted_in_json(&rules, &json!({ "end_user": "Doe" })),
            json!([value])
        );
    }
}

#[test]
fn several_values_of_every_kind_are_shown_one_by_one() {
    for (condition, sentence, wanted) in [
        (
            "pin = [\"right\", \"none-on-file\"]",
            "If right or none-on-file: hold.",
            json!(["right", "none-on-file"]),
        ),
        ("numbers.frozen = true", "If true: hold.", json!([true])),
        (
            "times_rejected = [\"1..2\", \"> 5\"]",
            "If 1..2 or > 5: hold.",
            json!(["1..2", "> 5"]),
        ),
    ] {
        let rules = held_for(condition);
        let unknown = json!({ "numbers.count": 1, "times_rejected": null });
        let verdict = evaluate(&rules, &unknown);
        assert!(verdict.sentence().contains(sentence), "{}", verdict.sentence());
        let entry = serde_json::to_value(&verdict).unwrap();
        assert_eq!(entry["trace"][0]["wanted"], wanted);
    }
}

#[test]
fn a_word_in_a_value_does_not_change_the_sentence_around_it() {
    let rendered = |condition: &str| {
        let rules = rules(&format!(
            "[[rule]]\nid = \"a\"\nmatch.{condition}\nmatch.pin = \"wrong\"\naction = \"hold\"\n"
        ));
        rules.prose().remove(0).sentence
    };
    assert_eq!(
        rendered("city = \"This or That\""),
        "If the city is \"This or That\" and the PIN is wrong, hold for a person."
    );
    assert_eq!(
        rendered("city = [\"This\", \"That\"]"),
        "If the city is \"This\" or \"That\", and the PIN is wrong, hold for a person."
    );
}

#[test]
fn an_expression_is_one_for_evaluation_prose_and_differences_alike() {
    let [plain, spaced] = ["/on(voy|ix)/", " /on(voy|ix)/ "].map(|text| {
        rules(&format!(
            "[[rule]]\nid = \"a\"\nmatch.carrier.name = \"{text}\"\naction = \"hold\"\n"
        ))
    });
    for rules in [&plain, &spaced] {
        let sentence = rules.prose().remove(0).sentence;
        assert_eq!(
            sentence,
            "If the carrier's name matches /on(voy|ix)/, hold for a person."
        );
    }
    let diff = diff(&plain, &spaced);
    assert!(diff.is_empty(), "{diff:?}");
}

#[test]
fn conditions_on_the_same_values_are_one_question_however_they_are_written() {
    let rules = rules(
        "[defaults]\nno_match = \"authorize\"\n\
         [[rule]]\nid = \"a\"\nmatch.numbers.any_in = \"+1 312 555 0100\"\nmatch.pin = \"right\"\naction = \"hold\"\n\
         [[rule]]\nid = \"b\"\nmatch.numbers.any_in = \"3125550100\"\nmatch.pin = \"wrong\"\naction = \"hold\"\n\
         [[rule]]\nid = \"c\"\nmatch.numbers.none_in = \"+13125550100\"\nmatch.pin = [\"right\", \"wrong\"]\naction = \"hold\"\n",
    );
    // In the list or not: one of the three rules holds the order, whatever the missing numbers are.
    for pin in ["right", "wrong"] {
        let verdict = evaluate(&rules, &json!({ "pin": pin }));
        assert!(!verdict.is_undecided(), "{}", verdict.sentence());
    }
}

#[test]
fn a_trace_that_an_earlier_version_recorded_is_still_read_and_printed() {
    let recorded = json!([{
        "rule": "a", "mode": "enforce", "action": "hold", "outcome": "no", "condition": "end_user",
        "wanted": "[\"Smith, Jones\", \"Doe\"]", "was": "Roe",
    }]);
    let entries: Vec<TraceEntry> = serde_json::from_value(recorded).unwrap();
    assert_eq!(
        trace_lines(&entries).concat(),
        "no  a  end_user  wanted [\"Smith, Jones\", \"Doe\"]  was Roe"
    );
    let now = evaluate(
        &held_for("end_user = [\"Smith, Jones\", \"Doe\"]"),
        &json!({ "end_user": "Roe" }),
    );
    let entry = now.entries().next().unwrap();
    assert_eq!(
        entry.wanted.as_ref().unwrap().to_string(),
        entries[0].wanted.as_ref().unwrap().to_string()
    );
    let read_back: TraceEntry = serde_json::from_value(serde_json::to_value(&entry).unwrap()).unwrap();
    assert_eq!(read_back, entry);
}

#[test]
fn people_to_notify_who_differ_only_by_a_comma_are_a_difference() {
    let [one, two] = ["[\"a, b\"]", "[\"a\", \"b\"]"].map(|notify| {
        rules(&format!(
            "[[rule]]\nid = \"a\"\nmatch.pin = \"wrong\"\naction = \"hold\"\nnotify = {notify}\n"
        ))
    });
    assert!(!diff(&one, &two).is_empty());
}
