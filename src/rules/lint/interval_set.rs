//! Sets of values of an ordered fact, as intervals.

use crate::domain::IdentityCheck;
use crate::domain::words::Word;
use crate::rules::facts::fact::Ours;
use crate::rules::model::condition::Test;
use crate::rules::values::comparison::Comparison;

/// The values of a fact that has an order, such as a count, a span of time or one of a few words: runs of them, both
/// ends included, ascending and apart from each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IntervalSet(Vec<(i128, i128)>);

type Run = (i128, i128);

impl IntervalSet {
    /// The values that pass a test, and all values there are. `None` where the values of the fact have no order.
    pub(super) fn of(test: &Test) -> Option<(Self, Self)> {
        let all = match test {
            Test::Count(_) => (0, i128::from(u64::MAX)),
            Test::Span(_) => (
                jiff::SignedDuration::MIN.as_nanos(),
                jiff::SignedDuration::MAX.as_nanos(),
            ),
            Test::Flag(_) => (0, 1),
            Test::Ours(_) => (0, Ours::ALL.len() as i128 - 1),
            Test::Check(_) => (0, IdentityCheck::ALL.len() as i128 - 1),
            Test::Spid(_) | Test::Text(_) | Test::Countries(_) | Test::Tags(_) | Test::Numbers(..) => {
                return None;
            }
        };
        let point = |value: i128| (value, value);
        let passing: Vec<Run> = match test {
            Test::Count(wanted) => runs(wanted, all, i128::from),
            Test::Span(wanted) => runs(wanted, all, |span| span.as_nanos()),
            Test::Flag(wanted) => wanted.iter().map(|flag| point(i128::from(*flag))).collect(),
            Test::Ours(wanted) => wanted.iter().map(|ours| point(*ours as i128)).collect(),
            Test::Check(wanted) => wanted.iter().map(|check| point(*check as i128)).collect(),
            _ => Vec::new(),
        };
        Some((Self::joined(passing), Self(vec![all])))
    }

    /// All values from `least` on.
    pub(super) fn from(least: i128) -> Self {
        Self(vec![(least, i128::MAX)])
    }

    /// The values in both.
    pub(super) fn and(&self, other: &Self) -> Self {
        let pairs = self
            .0
            .iter()
            .flat_map(|one| other.0.iter().map(move |other| (one, other)));
        let shared = pairs.map(|(one, other)| (one.0.max(other.0), one.1.min(other.1)));
        Self::joined(shared.filter(|(low, high)| low <= high).collect())
    }

    /// The values that the other one has not.
    pub(super) fn without(&self, other: &Self) -> Self {
        let mut gaps = Vec::new();
        let mut low = i128::MIN;
        for run in &other.0 {
            if low < run.0 {
                gaps.push((low, run.0 - 1));
            }
            low = run.1.saturating_add(1);
        }
        gaps.push((low, i128::MAX));
        self.and(&Self(gaps))
    }

    /// Whether it has every value of the other one.
    pub(super) fn covers(&self, other: &Self) -> bool {
        // Adjacent intervals are merged, so that an interval is either contained in one other interval or not at all.
        let is_within = |run: &Run| self.0.iter().any(|wider| wider.0 <= run.0 && run.1 <= wider.1);
        other.0.iter().all(is_within)
    }

    /// Whether it has no value.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The least value.
    pub(super) fn first(&self) -> Option<i128> {
        self.0.first().map(|run| run.0)
    }

    /// The values, if there are at most `most` of them.
    pub(super) fn few(&self, most: usize) -> Option<Vec<i128>> {
        let mut values = Vec::new();
        for (low, high) in &self.0 {
            if high - low >= most as i128 {
                return None;
            }
            values.extend(*low..=*high);
        }
        (values.len() <= most).then_some(values)
    }

    /// Sorts runs and joins those that touch.
    fn joined(mut runs: Vec<Run>) -> Self {
        runs.sort_unstable();
        let mut joined: Vec<Run> = Vec::with_capacity(runs.len());
        for run in runs {
            match joined.last_mut() {
                Some(last) if run.0 <= last.1.saturating_add(1) => last.1 = last.1.max(run.1),
                _ => joined.push(run),
            }
        }
        Self(joined)
    }
}

fn runs<T: Copy + PartialOrd>(
    wanted: &[Comparison<T>],
    (least, most): Run,
    value: impl Fn(T) -> i128,
) -> Vec<Run> {
    let of_one = |comparison: &Comparison<T>| {
        let (one, other) = match *comparison {
            Comparison::Equal(at) => ((value(at), value(at)), None),
            Comparison::NotEqual(at) => ((least, value(at) - 1), Some((value(at) + 1, most))),
            Comparison::Less(bound) => ((least, value(bound) - 1), None),
            Comparison::AtMost(bound) => ((least, value(bound)), None),
            Comparison::More(bound) => ((value(bound) + 1, most), None),
            Comparison::AtLeast(bound) => ((value(bound), most), None),
            Comparison::Between(low, high) => ((value(low), value(high)), None),
        };
        std::iter::once(one).chain(other)
    };
    let runs = wanted.iter().flat_map(of_one);
    runs.filter(|(low, high)| low <= high).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::values::comparison::whole_number;
    use proptest::prelude::*;

    fn counts(texts: &[&str]) -> IntervalSet {
        let read = |text: &&str| Comparison::read(text, whole_number).unwrap();
        IntervalSet::of(&Test::Count(texts.iter().map(read).collect()))
            .unwrap()
            .0
    }

    #[test]
    fn comparisons_cover_each_other_as_their_values_do() {
        let covers = |one: &[&str], other: &[&str]| counts(one).covers(&counts(other));
        assert!(covers(&[">= 3"], &["> 2"]));
        assert!(covers(&["0..4", ">= 5"], &["!= 3"]));
        assert!(!covers(&["!= 3"], &["<= 3"]));
        assert!(covers(&["< 3", "3", "> 3"], &[">= 0"]));
        assert!(counts(&["< 0"]).is_empty());
    }

    proptest! {
        #[test]
        fn a_region_has_the_values_that_pass(
            one in proptest::collection::vec("(<|>|<=|>=|!=|=) [0-9]|[0-3]\\.\\.[4-9]", 1..4),
            other in proptest::collection::vec("(<|>|<=|>=|!=|=) [0-9]", 1..3),
            value in 0_u64..12,
        ) {
            let holds = |texts: &[String]| {
                texts.iter().any(|text| Comparison::read(text, whole_number).unwrap().holds(value))
            };
            let intervals = |texts: &[String]| counts(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            let has = |intervals: &IntervalSet| intervals.covers(&counts(&[&value.to_string()]));
            let (left, right) = (intervals(&one), intervals(&other));
            prop_assert_eq!(has(&left), holds(&one));
            prop_assert_eq!(has(&left.and(&right)), holds(&one) && holds(&other));
            prop_assert_eq!(has(&left.without(&right)), holds(&one) && !holds(&other));
            if left.covers(&right) && holds(&other) {
                prop_assert!(holds(&one));
            }
        }
    }
}
