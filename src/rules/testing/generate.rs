//! A real case as a `[[test]]` block, to be pasted into the rule file.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::{Action, Cause, OrderNumbers, PhoneNumber};
use crate::rules::evaluate::verdict::Verdict;
use crate::rules::facts::fact::Fact;
use crate::rules::facts::known::Facts;
use crate::rules::values::quotes::in_quotes;

/// A test in a rule file. Its text is the TOML block.
#[derive(Debug, Clone)]
pub struct RuleTest {
    /// What the test shows.
    pub name: String,
    /// The known facts of the order. Unknown facts are written if a test would assume a value for them.
    pub facts: Facts,
    /// The time of the evaluation.
    pub now: Timestamp,
    /// The expected action.
    pub expect: Action,
    /// The rule that must decide.
    pub by: Option<String>,
    /// The cause that a rejection must have.
    pub cause: Option<Cause>,
    /// The missing facts that it must depend on.
    pub unknown: Vec<Fact>,
}

/// The facts that identify a subscriber.
const PERSONAL: [Fact; 4] = [Fact::EndUser, Fact::PhoneNumbers, Fact::Pon, Fact::City];

impl Verdict {
    /// The test that expects this verdict of these facts at this time.
    #[must_use]
    pub fn as_test(&self, name: &str) -> RuleTest {
        RuleTest {
            name: name.to_owned(),
            facts: self.trace.facts.clone(),
            now: self.trace.now,
            expect: self.action,
            by: self.rule.clone(),
            cause: self.cause,
            unknown: self.unknown.clone(),
        }
    }

    /// The same verdict with invented values for the facts that identify the subscriber. A value that the verdict
    /// depends on stays, such as a number in a list.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        let mut verdict = self.clone();
        for facts in [
            |facts: &mut Facts| facts.end_user = facts.end_user.as_ref().map(|_| "A. Subscriber".to_owned()),
            |facts: &mut Facts| facts.pon = facts.pon.as_ref().map(|_| "PON-1".to_owned()),
            |facts: &mut Facts| facts.city = facts.city.as_ref().map(|_| "Anytown".to_owned()),
        ] {
            verdict = verdict.unless_changed(facts);
        }
        let numbers = verdict.trace.facts.phone_numbers.clone().unwrap_or_default();
        for place in 0..numbers.readable.len() {
            verdict = verdict.unless_changed(|facts| with_made_up_number(facts, place));
        }
        for place in 0..numbers.unreadable.len() {
            verdict = verdict.unless_changed(|facts| {
                let numbers = facts.phone_numbers.as_mut();
                if let Some(text) = numbers.and_then(|numbers| numbers.unreadable.get_mut(place)) {
                    "no number".clone_into(text);
                }
            });
        }
        verdict
    }

    /// The verdict over other facts if it is the same, else this one.
    fn unless_changed(self, change: impl Fn(&mut Facts)) -> Self {
        let mut facts = self.trace.facts.clone();
        change(&mut facts);
        let other = self.trace.rules.evaluate(&facts, self.trace.now);
        let outcome = |verdict: &Self| {
            (
                verdict.action,
                verdict.rule.clone(),
                verdict.cause,
                verdict.unknown.clone(),
            )
        };
        if outcome(&other) == outcome(&self) {
            other
        } else {
            self
        }
    }
}

/// Replaces a number with an unassigned one of the same area, since rules name areas.
fn with_made_up_number(facts: &mut Facts, place: usize) {
    let Some(numbers) = facts.phone_numbers.as_mut() else {
        return;
    };
    if let Some(number) = numbers.readable.get_mut(place) {
        *number = made_up(*number, place).unwrap_or(*number);
    }
}

fn made_up(number: PhoneNumber, place: usize) -> Option<PhoneNumber> {
    let digits = number.digits().to_string();
    let area = digits.get(..4)?;
    let rest = digits.len().checked_sub(area.len())?;
    // The numbers from 555-0100 on are not assigned in North America.
    let made_up = format!("{:0>rest$}", 5_550_100 + place % 100);
    format!("+{area}{}", made_up.get(made_up.len().checked_sub(rest)?..)?)
        .parse()
        .ok()
}

impl RuleTest {
    /// Its facts that identify the subscriber.
    #[must_use]
    pub fn personal_facts(&self) -> Vec<Fact> {
        let is_known = |fact: &Fact| self.facts.get(*fact).is_some();
        PERSONAL.into_iter().filter(is_known).collect()
    }

    fn given(&self) -> Vec<(String, String)> {
        let fresh = Facts::of_a_fresh_order();
        let brought_along = country_of(self.facts.phone_numbers.as_ref());
        let mut given = vec![("given.now".to_owned(), self.now.to_string())];
        for fact in Fact::all() {
            let value = match (fact, self.facts.get(fact)) {
                (Fact::NumbersCountry, value) if value == brought_along => None,
                (Fact::NumbersCountry, None) => Some(in_quotes(UNKNOWN)),
                (Fact::RequestedFoc, Some(Value::String(instant))) => Some(instant),
                (_, Some(value)) => Some(written(&value)),
                // A test assumes the history of a new order.
                (fact, None) => fresh.get(fact).map(|_| in_quotes(UNKNOWN)),
            };
            given.extend(value.map(|value| (format!("given.{fact}"), value)));
        }
        given
    }
}

/// How a test gives a fact that is not known.
pub(crate) const UNKNOWN: &str = "unknown";

/// The countries that a test takes from the numbers.
fn country_of(numbers: Option<&OrderNumbers>) -> Option<Value> {
    let mut facts = Facts::default();
    facts.set_phone_numbers(numbers?.clone());
    facts.get(Fact::NumbersCountry)
}

fn written(value: &Value) -> String {
    match value {
        Value::String(text) => in_quotes(text),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(written).collect();
            format!("[{}]", values.join(", "))
        }
        other => other.to_string(),
    }
}

impl fmt::Display for RuleTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = vec![("name".to_owned(), in_quotes(&self.name))];
        lines.extend(self.given());
        lines.push(("expect".to_owned(), in_quotes(self.expect.as_ref())));
        lines.extend(self.by.iter().map(|rule| ("by".to_owned(), in_quotes(rule))));
        let cause = self.cause.as_ref();
        lines.extend(cause.map(|cause| ("cause".to_owned(), in_quotes(cause.as_ref()))));
        if !self.unknown.is_empty() {
            let names: Vec<String> = self.unknown.iter().map(|fact| in_quotes(fact.name())).collect();
            lines.push(("unknown".to_owned(), format!("[{}]", names.join(", "))));
        }
        let width = lines.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
        writeln!(f, "[[test]]")?;
        for (key, value) in lines {
            writeln!(f, "{key:<width$} = {value}")?;
        }
        Ok(())
    }
}
