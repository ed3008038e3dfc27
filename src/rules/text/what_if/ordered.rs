//! What-if for counts and spans of time.

use serde_json::json;

use super::answer::{Answer, verdict_text};
use super::case::Case;
use crate::rules::evaluate::turning_points::{LEAST_SPAN, TurningPoints, of_counts, of_spans};
use crate::rules::evaluate::verdict::Verdict;
use crate::rules::facts::known::Facts;
use crate::rules::values::comparison::Comparison;
use crate::rules::values::duration;

/// Values in a row, with how to step back from one and how to write it.
struct Row<T> {
    points: TurningPoints<T>,
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
    let row = Row {
        points: of_counts(case.conditions.iter().copied()),
        before: |value| value.saturating_sub(1),
        format: |value| value.to_string(),
    };
    row.answers(case, |value| case.with(&json!(value)))
}

/// What a missing span of time would do.
pub(super) fn spans(case: &Case<'_>) -> Vec<Answer> {
    let row = Row {
        points: of_spans(case.conditions.iter().copied()),
        before: |value| value.saturating_sub(LEAST_SPAN),
        format: duration::format,
    };
    row.answers(case, |span| {
        Some(Facts {
            foc_in: Some(span),
            ..case.facts().clone()
        })
    })
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
        for value in &self.points.values {
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
        let is_bound = |value: T| self.points.bounds.contains(&value);
        let from = (Some(&low) != self.points.values.first()).then(|| match (self.before)(low) {
            before if is_bound(before) && !is_bound(low) => Comparison::More(before),
            _ => Comparison::AtLeast(low),
        });
        let next = self.points.values.iter().find(|value| **value > high);
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
