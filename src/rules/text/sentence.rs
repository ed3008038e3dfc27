//! A verdict in one sentence.

use std::fmt::Write as _;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::domain::Action;
use crate::rules::evaluate::open_conditions::open_conditions;
use crate::rules::evaluate::trace::Outcome;
use crate::rules::evaluate::verdict::Verdict;
use crate::rules::model::condition::{Condition, Quantifier, Test};
use crate::rules::model::expected::ExpectedValue;
use crate::rules::model::rule::Rule;
use crate::rules::model::rule_set::RuleSet;

/// The maximum number of rules in one sentence.
const MOST_RULES: usize = 4;

impl Verdict {
    /// The verdict as one sentence, such as `reject by wrong-pin (pin-invalid)`.
    #[must_use]
    pub fn sentence(&self) -> String {
        sentence(self)
    }

    /// The verdict for a reader who sees its action beside it: `no rule decides`, not `hold: no rule decides`.
    #[must_use]
    pub fn sentence_beside_action(&self) -> String {
        match without_rule(self) {
            Some(why) => why.to_owned(),
            None => sentence(self),
        }
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut record = serializer.serialize_struct("Verdict", 10)?;
        record.serialize_field("action", &self.action)?;
        record.serialize_field("rule", &self.rule)?;
        record.serialize_field("cause", &self.cause)?;
        record.serialize_field("reason", &self.reason)?;
        record.serialize_field("host_messaging", &self.host_messaging)?;
        record.serialize_field("notify", &self.notify)?;
        record.serialize_field("sentence", &self.sentence())?;
        record.serialize_field("unknown", &self.unknown)?;
        record.serialize_field("shadow", &self.shadow)?;
        record.serialize_field("trace", &self.trace)?;
        record.end()
    }
}

fn sentence(verdict: &Verdict) -> String {
    if verdict.is_undecided() {
        return undecided(verdict);
    }
    let cause = verdict
        .cause
        .map(|cause| format!(" ({cause})"))
        .unwrap_or_default();
    let action = verdict.action;
    match (&verdict.rule, without_rule(verdict)) {
        (_, Some(why)) => format!("{action}{cause}: {why}"),
        (rule, None) => format!("{action} by {}{cause}", rule.as_deref().unwrap_or_default()),
    }
}

/// Why a verdict is certain although no single rule decides.
fn without_rule(verdict: &Verdict) -> Option<&'static str> {
    if verdict.rule.is_some() || verdict.is_undecided() {
        return None;
    }
    let mut steps = verdict.trace.steps.iter();
    Some(if steps.any(|step| step.outcome == Outcome::Unknown) {
        "every possible value of the missing facts leads to the same result"
    } else {
        "no rule decides"
    })
}

/// `undecided: wrong-pin needs pin. If wrong: reject. Otherwise: authorize by clean-port.`
fn undecided(verdict: &Verdict) -> String {
    let trace = &verdict.trace;
    let rules = &trace.rules;
    let context = rules.eval_context(&trace.facts, trace.now);
    let with_steps = || rules.rules().iter().zip(&trace.steps);
    let open: Vec<&Rule> = with_steps()
        .filter(|(_, step)| step.outcome == Outcome::Unknown)
        .map(|(rule, _)| rule)
        .collect();
    let mut text = String::from("undecided:");
    for rule in open.iter().take(MOST_RULES) {
        let (matching, unless) = open_conditions(rule, &context);
        text.push_str(&need(rule, &matching, &unless));
    }
    if open.len() > MOST_RULES {
        let more = open.len() - MOST_RULES;
        let _ = write!(text, " {more} more rules need missing facts.");
    }
    let decided = with_steps()
        .find(|(_, step)| step.outcome == Outcome::Yes)
        .map(|(rule, _)| rule);
    text.push_str(&otherwise(rules, decided));
    text
}

/// ` wrong-pin needs pin. If wrong: reject.`
fn need(rule: &Rule, matching: &[&Condition], unless: &[&Condition]) -> String {
    let mut facts: Vec<&str> = Vec::new();
    for condition in matching.iter().chain(unless) {
        let fact = condition.missing_fact().name();
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    }
    // A single condition needs no name: "if wrong"; several do: "if pin is wrong and zip is right".
    let alone = matching.len() + unless.len() == 1;
    let positive = matching
        .iter()
        .map(|condition| condition_text(condition, alone, ""));
    let negative = unless
        .iter()
        .map(|condition| condition_text(condition, alone, "not "));
    let conditions: Vec<String> = positive.chain(negative).collect();
    format!(
        " {} needs {}. If {}: {}.",
        rule.id(),
        facts.join(" and "),
        conditions.join(" and "),
        rule.action()
    )
}

/// A condition in words, when its fact has just been named.
fn condition_text(condition: &Condition, alone: bool, not: &str) -> String {
    let values: Vec<String> = condition
        .expected
        .values()
        .iter()
        .map(ExpectedValue::in_words)
        .collect();
    let wanted = values.join(" or ");
    match &condition.test {
        Test::Numbers(Quantifier::Any, _) => format!("{not}any in {wanted}"),
        Test::Numbers(Quantifier::All, _) => format!("{not}all in {wanted}"),
        Test::Numbers(Quantifier::None, _) => format!("{not}none in {wanted}"),
        _ if alone => format!("{not}{wanted}"),
        _ => format!("{} is {not}{wanted}", condition.key),
    }
}

fn otherwise(rules: &RuleSet, decided: Option<&Rule>) -> String {
    match decided {
        Some(rule) => format!(" Otherwise: {} by {}.", rule.action(), rule.id()),
        None => match rules.defaults().no_match {
            Action::Hold => " Otherwise: hold.".to_owned(),
            action => format!(" Otherwise: {action}, since no rule decides."),
        },
    }
}
