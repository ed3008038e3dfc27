//! What-if for counts and spans of time.

use jiff::SignedDuration;
use serde_json::json;

use super::answer::{Answer, verdict_text};
use super::case::Case;
use crate::rules::evaluate::verdict::Verdict;
use crate::rules::facts::known::Facts;
use crate::rules::model::condition::Test;
use crate::rules::values::comparison::Comparison;
use crate::rules::values::duration;

/// Values in a row: between two neighbours of `values` every condition answers as at one of them.
struct Row<T> {
    /// What the conditions compare with.
    bounds: Vec<T>,
    /// Every bound, its neighbors, and both ends.
    values: Vec<T>,
    before: fn(T) -> T,
    format: fn(T) -> String,
}

/// Neighbouring values that do the same.
struct Run<T> {
    low: T,
    high: T,
    verdict: Verdict,
}

/// What a missing count would do.
pub(super) fn counts(case: &Case<'_>) -> Vec<Answer> {
    let wanted = case
        .conditions
        .iter()
        .filter_map(|condition| match &condition.test {
            Test::Count(wanted) => Some(wanted),
            _ => None,
        });
    let bounds: Vec<u64> = wanted.flatten().flat_map(Comparison::bounds).collect();
    let near = |bound: &u64| [bound.saturating_sub(1), *bound, bound.saturating_add(1)];
    let row = Row {
        values: in_order(bounds.iter().flat_map(near), [0, u64::MAX]),
        bounds,
        before: |value| value.saturating_sub(1),
        format: |value| value.to_string(),
    };
    row.answers(case, |value| case.with(&json!(value)))
}

/// What a missing span of time would do.
pub(super) fn spans(case: &Case<'_>) -> Vec<Answer> {
    const LEAST: SignedDuration = SignedDuration::from_nanos(1);
    let wanted = case
        .conditions
        .iter()
        .filter_map(|condition| match &condition.test {
            Test::Span(wanted) => Some(wanted),
            _ => None,
        });
    let bounds: Vec<SignedDuration> = wanted.flatten().flat_map(Comparison::bounds).collect();
    let near = |bound: &SignedDuration| [bound.saturating_sub(LEAST), *bound, bound.saturating_add(LEAST)];
    let row = Row {
        values: in_order(
            bounds.iter().flat_map(near),
            [SignedDuration::MIN, SignedDuration::MAX],
        ),
        bounds,
        before: |value| value.saturating_sub(LEAST),
        format: duration::format,
    };
    row.answers(case, |span| {
        Some(Facts {
            foc_in: Some(span),
            ..case.facts().clone()
        })
    })
}

fn in_order<T: Ord>(values: impl Iterator<Item = T>, ends: [T; 2]) -> Vec<T> {
    let mut values: Vec<T> = values.chain(ends).collect();
    values.sort_unstable();
    values.dedup();
    values
}

impl<T: Copy + Ord> Row<T> {
    fn answers(&self, case: &Case<'_>, with: impl Fn(T) -> Option<Facts>) -> Vec<Answer> {
        let mut answers: Vec<Answer> = Vec::new();
        for run in self.runs(case, with) {
            let words = self.words(&run);
            let verdict_text = verdict_text(&run.verdict);
            match answers
                .iter_mut()
                .find(|answer| answer.verdict_text() == verdict_text)
            {
                Some(same) => same.values = format!("{} or {words}", same.values),
                None => answers.push(Answer {
                    values: words,
                    verdict: run.verdict,
                }),
            }
        }
        answers
    }

    fn runs(&self, case: &Case<'_>, with: impl Fn(T) -> Option<Facts>) -> Vec<Run<T>> {
        let mut runs: Vec<Run<T>> = Vec::new();
        for value in &self.values {
            let Some(facts) = with(*value) else { continue };
            let verdict = case.evaluate(&facts);
            match runs.last_mut() {
                Some(run) if verdict_text(&run.verdict) == verdict_text(&verdict) => run.high = *value,
                _ => runs.push(Run {
                    low: *value,
                    high: *value,
                    verdict,
                }),
            }
        }
        runs
    }

    /// `3`, `> 10`, `10..24`, `> 3 and < 10`: written as comparisons if possible.
    fn words(&self, run: &Run<T>) -> String {
        let (low, high) = (run.low, run.high);
        if low == high {
            return (self.format)(low);
        }
        let is_bound = |value: T| self.bounds.contains(&value);
        let from = (Some(&low) != self.values.first()).then(|| match (self.before)(low) {
            before if is_bound(before) && !is_bound(low) => Comparison::More(before),
            _ => Comparison::AtLeast(low),
        });
        let next = self.values.iter().find(|value| **value > high);
        let to = next.map(|next| {
            if is_bound(*next) && !is_bound(high) {
                Comparison::Less(*next)
            } else {
                Comparison::AtMost(high)
            }
        });
        match (from, to) {
            (None, None) => "anything".to_owned(),
            (Some(one), None) | (None, Some(one)) => one.written(self.format),
            (Some(Comparison::AtLeast(low)), Some(Comparison::AtMost(high))) => {
                Comparison::Between(low, high).written(self.format)
            }
            (Some(from), Some(to)) => {
                format!("{} and {}", from.written(self.format), to.written(self.format))
            }
        }
    }
}
