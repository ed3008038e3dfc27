//! What each value of a missing fact would do to a verdict that hangs on it.
//!
//! Of the values that all open conditions answer alike one is put in, and the rules are asked again: what is told here
//! is what the rules then say, by construction. The kinds of values are those by which [`super::resolve`] follows
//! what could be.

mod classes;
mod numbers;
mod ordered;
mod texts;
mod words;

use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::{Value, json};
use strum::IntoEnumIterator;

use crate::domain::IdentityCheck;
use crate::rules::evaluate::open_conditions::open_conditions;
use crate::rules::evaluate::trace::Outcome;
use crate::rules::evaluate::verdict::Verdict;
use crate::rules::facts::context::Question;
use crate::rules::facts::fact::{Fact, Ours};
use crate::rules::facts::known::Facts;
use crate::rules::facts::words::named;
use crate::rules::model::condition::{Condition, Test, Truth};

/// A missing fact, and what each of its values would do while all else stays as it is.
#[derive(Debug, Clone, serde::Serialize)]
pub struct WhatIf {
    /// The fact to find.
    pub fact: Fact,
    /// Its values; those that do the same are told together.
    pub answers: Vec<Answer>,
}

/// Some values of a missing fact and the verdict that they lead to.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The values: `wrong`, `in @trusted-carriers`, `> 10`, `anything else`.
    pub values: String,
    /// What the rules say when the fact is one of them.
    pub verdict: Verdict,
}

/// In the order in which people ask for them.
const CHECKS: [IdentityCheck; 4] = [
    IdentityCheck::Right,
    IdentityCheck::Wrong,
    IdentityCheck::NotGiven,
    IdentityCheck::NoneOnFile,
];

/// A verdict, one of the facts that it hangs on, and what is asked of that.
struct Case<'v> {
    verdict: &'v Verdict,
    fact: Fact,
    conditions: Vec<&'v Condition>,
}

impl Verdict {
    /// For each missing fact that could change the action, what its values would do. Nothing where none could.
    #[must_use]
    pub fn what_if(&self) -> Vec<WhatIf> {
        let of_fact = |fact: &Fact| WhatIf {
            fact: *fact,
            answers: Case::new(self, *fact).answers(),
        };
        self.unknown.iter().map(of_fact).collect()
    }
}

impl WhatIf {
    /// The answers for people, a line each: `wrong  → reject by wrong-pin (pin-invalid)`.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let width = |answer: &Answer| answer.values.chars().count();
        let width = self.answers.iter().map(width).max().unwrap_or(0);
        let line = |answer: &Answer| format!("{:<width$}  → {}", answer.values, answer.told());
        self.answers.iter().map(line).collect()
    }
}

impl Answer {
    /// The verdict in words: `authorize by clean-port`, or which facts it would still leave open.
    #[must_use]
    pub fn told(&self) -> String {
        told(&self.verdict)
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut record = serializer.serialize_struct("Answer", 6)?;
        record.serialize_field("values", &self.values)?;
        record.serialize_field("action", &self.verdict.action)?;
        record.serialize_field("rule", &self.verdict.rule)?;
        record.serialize_field("cause", &self.verdict.cause)?;
        record.serialize_field("unknown", &self.verdict.unknown)?;
        record.serialize_field("sentence", &self.told())?;
        record.end()
    }
}

impl<'v> Case<'v> {
    fn new(verdict: &'v Verdict, fact: Fact) -> Self {
        let trace = &verdict.trace;
        let question = trace.rules.question(&trace.facts, trace.now);
        let steps = trace.rules.rules().iter().zip(&trace.steps);
        let open = steps.filter(|(_, step)| step.outcome == Outcome::Unknown);
        let mut conditions: Vec<&Condition> = Vec::new();
        for (rule, _) in open {
            let (matching, unless) = open_conditions(rule, &question);
            for condition in matching.into_iter().chain(unless) {
                let known = conditions.iter().any(|known| known.asks_the_same(condition));
                if condition.missing_fact() == fact && !known {
                    conditions.push(condition);
                }
            }
        }
        Self {
            verdict,
            fact,
            conditions,
        }
    }

    fn answers(&self) -> Vec<Answer> {
        match self.conditions.first().map(|condition| &condition.test) {
            None => Vec::new(),
            Some(Test::Check(_)) => self.each(CHECKS),
            Some(Test::Ours(_)) => self.each(Ours::iter()),
            Some(Test::Flag(_)) => self.each([true, false]),
            Some(Test::Span(_)) => ordered::spans(self),
            Some(Test::Count(_)) if self.fact != Fact::PhoneNumbers => ordered::counts(self),
            Some(Test::Count(_) | Test::Numbers(..)) => classes::answers(self, numbers::candidates(self)),
            Some(Test::Spid(_)) => classes::answers(self, texts::spids(self)),
            Some(Test::Text(_)) => classes::answers(self, texts::texts(self)),
            Some(Test::Tags(_)) => classes::answers(self, texts::tags(self)),
            Some(Test::Countries(_)) => classes::answers(self, texts::countries(self)),
        }
    }

    /// A line for each of a few values.
    fn each<T: std::fmt::Display + serde::Serialize>(
        &self,
        values: impl IntoIterator<Item = T>,
    ) -> Vec<Answer> {
        let answer = |value: T| {
            Some(Answer {
                values: value.to_string(),
                verdict: self.judge(&self.with(&json!(value))?),
            })
        };
        values.into_iter().filter_map(answer).collect()
    }

    /// The facts with a value for the missing one; `None` where it takes no such value.
    fn with(&self, value: &Value) -> Option<Facts> {
        let mut facts = self.facts().clone();
        facts.set(self.fact, value).ok()?;
        Some(facts)
    }

    fn facts(&self) -> &'v Facts {
        &self.verdict.trace.facts
    }

    fn judge(&self, facts: &Facts) -> Verdict {
        self.verdict.trace.rules.evaluate(facts, self.verdict.trace.now)
    }

    /// For each condition whether it holds for these facts.
    fn holding(&self, facts: &Facts) -> Vec<bool> {
        let question = self.question(facts);
        let conditions = self.conditions.iter();
        conditions
            .map(|condition| condition.holds(&question) == Truth::Yes)
            .collect()
    }

    fn question<'f>(&self, facts: &'f Facts) -> Question<'f>
    where
        'v: 'f,
    {
        self.verdict.trace.rules.question(facts, self.verdict.trace.now)
    }
}

fn told(verdict: &Verdict) -> String {
    if verdict.is_undecided() {
        format!("leaves {} open", named(&verdict.unknown))
    } else {
        verdict.sentence()
    }
}
