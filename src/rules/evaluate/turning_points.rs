//! The values at which the answers of conditions can change. Both that follow missing facts go by them: what a verdict
//! hangs on, and what each value would do.

use jiff::SignedDuration;

use crate::rules::lists::list::{SpidSet, TextSet};
use crate::rules::model::condition::{AnyOf, Condition, Test};
use crate::rules::values::comparison::Comparison;

/// Longer lists are not gone through value by value.
pub(crate) const MOST_VALUES: usize = 4_096;
/// The shortest span of time.
pub(crate) const LEAST_SPAN: SignedDuration = SignedDuration::from_nanos(1);

/// The values that comparisons name, and in ascending order all at which an answer can change: those, what lies beside
/// them, and both ends. Between two neighbors every condition answers as at one of them.
pub(crate) struct TurningPoints<T> {
    pub(crate) bounds: Vec<T>,
    pub(crate) values: Vec<T>,
}

impl<T: Copy + Ord> TurningPoints<T> {
    fn of(bounds: Vec<T>, beside: impl Fn(T) -> [T; 2], ends: [T; 2]) -> Self {
        let near = bounds.iter().flat_map(|bound| beside(*bound));
        let mut values: Vec<T> = near.chain(bounds.iter().copied()).chain(ends).collect();
        values.sort_unstable();
        values.dedup();
        Self { bounds, values }
    }
}

/// Of counts.
pub(crate) fn of_counts<'c>(conditions: impl Iterator<Item = &'c Condition>) -> TurningPoints<u64> {
    let wanted = conditions.filter_map(|condition| match &condition.test {
        Test::Count(wanted) => Some(wanted),
        _ => None,
    });
    let bounds = wanted.flatten().flat_map(Comparison::bounds).collect();
    let beside = |bound: u64| [bound.saturating_sub(1), bound.saturating_add(1)];
    TurningPoints::of(bounds, beside, [0, u64::MAX])
}

/// Of spans of time.
pub(crate) fn of_spans<'c>(conditions: impl Iterator<Item = &'c Condition>) -> TurningPoints<SignedDuration> {
    let wanted = conditions.filter_map(|condition| match &condition.test {
        Test::Span(wanted) => Some(wanted),
        _ => None,
    });
    let bounds = wanted.flatten().flat_map(Comparison::bounds).collect();
    let beside = |bound: SignedDuration| [bound.saturating_sub(LEAST_SPAN), bound.saturating_add(LEAST_SPAN)];
    TurningPoints::of(bounds, beside, [SignedDuration::MIN, SignedDuration::MAX])
}

/// The sets of texts that a condition names.
pub(crate) fn text_sets(test: &Test) -> impl Iterator<Item = &TextSet> {
    let sets: &[_] = match test {
        Test::Text(AnyOf(sets)) | Test::Countries(AnyOf(sets)) | Test::Tags(AnyOf(sets)) => sets,
        _ => &[],
    };
    sets.iter().map(AsRef::as_ref)
}

/// The sets of SPIDs that a condition names.
pub(crate) fn spid_sets(test: &Test) -> impl Iterator<Item = &SpidSet> {
    let sets: &[_] = match test {
        Test::Spid(AnyOf(sets)) => sets,
        _ => &[],
    };
    sets.iter().map(AsRef::as_ref)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::facts::fact::Fact;
    use crate::rules::model::expected::Expected;
    use crate::rules::values::comparison::whole_number;
    use proptest::prelude::*;

    fn counted(texts: &[String]) -> Condition {
        let read = |text: &String| Comparison::read(text, whole_number).unwrap();
        Condition {
            key: "times_rejected",
            fact: Fact::TimesRejected,
            test: Test::Count(texts.iter().map(read).collect()),
            expected: Expected::of(Vec::new()),
        }
    }

    proptest! {
        #[test]
        fn every_count_is_answered_as_one_of_the_turning_points(
            texts in proptest::collection::vec("(<|>|<=|>=|!=|=) [0-9]{1,2}|[0-9]\\.\\.[1-9][0-9]", 1..5),
            count in 0_u64..200,
        ) {
            let condition = counted(&texts);
            let Test::Count(wanted) = &condition.test else { unreachable!() };
            let answers = |count: u64| -> Vec<bool> { wanted.iter().map(|one| one.holds(count)).collect() };
            let points = of_counts(std::iter::once(&condition));
            prop_assert!(points.values.iter().any(|point| answers(*point) == answers(count)));
        }
    }
}
