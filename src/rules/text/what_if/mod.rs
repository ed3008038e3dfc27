//! How each value of a missing fact would change a verdict that depends on it.
//!
//! One value is tried for each group of values for which the open conditions have the same results, and the rules are
//! evaluated again, so the result is correct by construction. The groups are those that [`super::resolve`] uses to
//! follow the possibilities.

mod answer;
mod case;
mod classes;
mod numbers;
mod ordered;
mod texts;
mod words;

use crate::domain::IdentityCheck;
use crate::domain::words::Word;
use crate::rules::evaluate::verdict::Verdict;
use crate::rules::facts::fact::{Fact, Ours};
use crate::rules::model::condition::Test;
use case::Case;

pub use answer::Answer;

/// A missing fact, and the verdict for each of its values while all other facts stay the same.
#[derive(Debug, Clone, serde::Serialize)]
pub struct WhatIf {
    /// The fact to find.
    pub fact: Fact,
    /// Its values; values with the same verdict are grouped.
    pub answers: Vec<Answer>,
}

/// Every result of a comparison, in the order in which people ask for them.
fn checks() -> Vec<IdentityCheck> {
    let mut checks = IdentityCheck::ALL.to_vec();
    checks.sort_by_key(|check| match check {
        IdentityCheck::Right => 0,
        IdentityCheck::Wrong => 1,
        IdentityCheck::NotGiven => 2,
        IdentityCheck::NoneOnFile => 3,
    });
    checks
}

impl Verdict {
    /// The effects of each missing fact that could change the action. Empty if there is none.
    #[must_use]
    pub fn what_if(&self) -> Vec<WhatIf> {
        let of_fact = |fact: &Fact| WhatIf {
            fact: *fact,
            answers: answers(&Case::new(self, *fact)),
        };
        self.unknown.iter().map(of_fact).collect()
    }
}

impl WhatIf {
    /// The answers for people, one line each: `wrong  → reject by wrong-pin (pin-invalid)`.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let width = |answer: &Answer| answer.values.chars().count();
        let width = self.answers.iter().map(width).max().unwrap_or(0);
        let line = |answer: &Answer| format!("{:<width$}  → {}", answer.values, answer.verdict_text());
        self.answers.iter().map(line).collect()
    }
}

/// What each value of the missing fact would lead to.
fn answers(case: &Case<'_>) -> Vec<Answer> {
    match case.conditions.first().map(|condition| &condition.test) {
        None => Vec::new(),
        Some(Test::Check(_)) => case.each(checks()),
        Some(Test::Ours(_)) => case.each(Ours::ALL.iter().copied()),
        Some(Test::Flag(_)) => case.each([true, false]),
        Some(Test::Span(_)) => ordered::spans(case),
        Some(Test::Count(_)) if case.fact != Fact::PhoneNumbers => ordered::counts(case),
        Some(Test::Count(_) | Test::Numbers(..)) => classes::answers(case, numbers::candidates(case)),
        Some(Test::Spid(_)) => classes::answers(case, texts::spids(case)),
        Some(Test::Text(_)) => classes::answers(case, texts::texts(case)),
        Some(Test::Tags(_)) => classes::answers(case, texts::tags(case)),
        Some(Test::Countries(_)) => classes::answers(case, texts::countries(case)),
    }
}
