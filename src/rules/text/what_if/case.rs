//! An undecided verdict, one of its missing facts, and the conditions on that fact.

use serde_json::{Value, json};

use super::answer::Answer;
use crate::rules::evaluate::open_conditions::open_conditions;
use crate::rules::evaluate::trace::Outcome;
use crate::rules::evaluate::verdict::Verdict;
use crate::rules::facts::context::EvalContext;
use crate::rules::facts::fact::Fact;
use crate::rules::facts::known::Facts;
use crate::rules::model::condition::{Condition, Truth};

/// A verdict, one of the facts that it depends on, and the conditions on that fact.
pub(super) struct Case<'v> {
    pub(super) verdict: &'v Verdict,
    pub(super) fact: Fact,
    pub(super) conditions: Vec<&'v Condition>,
}

impl<'v> Case<'v> {
    pub(super) fn new(verdict: &'v Verdict, fact: Fact) -> Self {
        let trace = &verdict.trace;
        let context = trace.rules.eval_context(&trace.facts, trace.now);
        let steps = trace.rules.rules().iter().zip(&trace.steps);
        let open = steps.filter(|(_, step)| step.outcome == Outcome::Unknown);
        let mut conditions: Vec<&Condition> = Vec::new();
        for (rule, _) in open {
            let (matching, unless) = open_conditions(rule, &context);
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

    /// A line for each of a few values.
    pub(super) fn each<T: std::fmt::Display + serde::Serialize>(
        &self,
        values: impl IntoIterator<Item = T>,
    ) -> Vec<Answer> {
        let answer = |value: T| {
            Some(Answer {
                values: value.to_string(),
                verdict: self.evaluate(&self.with(&json!(value))?),
            })
        };
        values.into_iter().filter_map(answer).collect()
    }

    /// The facts with a value for the missing one; `None` if the value is not valid for it.
    pub(super) fn with(&self, value: &Value) -> Option<Facts> {
        let mut facts = self.facts().clone();
        facts.set(self.fact, value).ok()?;
        Some(facts)
    }

    pub(super) fn facts(&self) -> &'v Facts {
        &self.verdict.trace.facts
    }

    pub(super) fn evaluate(&self, facts: &Facts) -> Verdict {
        self.verdict.trace.rules.evaluate(facts, self.verdict.trace.now)
    }

    /// For each condition whether it holds for these facts.
    pub(super) fn holding(&self, facts: &Facts) -> Vec<bool> {
        let context = self.eval_context(facts);
        let conditions = self.conditions.iter();
        conditions
            .map(|condition| condition.holds(&context) == Truth::Yes)
            .collect()
    }

    pub(super) fn eval_context<'f>(&self, facts: &'f Facts) -> EvalContext<'f>
    where
        'v: 'f,
    {
        self.verdict
            .trace
            .rules
            .eval_context(facts, self.verdict.trace.now)
    }
}
