//! Numbers to try where the numbers of an order are not known, or some of them could not be read.

use super::case::Case;
use crate::domain::{OrderNumbers, PhoneNumber};
use crate::rules::evaluate::turning_points::of_counts;
use crate::rules::facts::known::Facts;
use crate::rules::model::condition::{NumberMembers, Test};

/// The maximum number of numbers of each list that are tried.
const MOST_OF_A_LIST: usize = 16;
/// More kinds of numbers than this are not put together.
const MOST_KINDS: usize = 12;
/// Unassigned numbers of several countries.
const OTHERS: [&str; 6] = [
    "+12025550100",
    "+14165550100",
    "+442079460123",
    "+353201234567",
    "+81312345678",
    "+99912345678",
];

/// How many numbers an order has, and how many of them are not known.
#[derive(Clone, Copy)]
struct Size {
    count: u64,
    missing: u64,
}

pub(super) fn candidates(case: &Case<'_>) -> Vec<Facts> {
    let kinds = kinds(case);
    let sizes = sizes(case);
    let pairs = kinds.iter().enumerate();
    let pairs = pairs.flat_map(|(at, one)| kinds.iter().skip(at).map(move |other| [*one, *other]));
    let pairs: Vec<[PhoneNumber; 2]> = pairs.collect();
    let of_size = |size: Size| {
        let pairs = pairs
            .iter()
            .filter(move |[one, other]| size.missing > 1 || one == other);
        pairs.map(move |pair| with(case, size, *pair))
    };
    sizes.into_iter().flat_map(of_size).collect()
}

/// The facts with numbers instead of the missing ones. The country is a separate fact and stays the same.
fn with(case: &Case<'_>, size: Size, pair: [PhoneNumber; 2]) -> Facts {
    let mut facts = case.facts().clone();
    let known = facts.phone_numbers.take().unwrap_or_default();
    let put_in = pair.into_iter().take(usize::try_from(size.missing).unwrap_or(2));
    let numbers = OrderNumbers {
        readable: known.readable.into_iter().chain(put_in).collect(),
        unreadable: Vec::new(),
    };
    if facts.numbers_count.is_none() && numbers.count() as u64 != size.count {
        // Two numbers represent any larger count.
        facts.numbers_count = Some(size.count);
    }
    facts.phone_numbers = Some(numbers);
    facts
}

/// One number for each combination of lists that it can be in.
fn kinds(case: &Case<'_>) -> Vec<PhoneNumber> {
    let now = case.verdict.trace.now;
    let lists = || {
        case.conditions
            .iter()
            .filter_map(|condition| match &condition.test {
                Test::Numbers(_, members) => Some(members),
                _ => None,
            })
    };
    let examples = |members: &NumberMembers| {
        let sets = members.sets.iter();
        sets.flat_map(|set| set.examples(now, MOST_OF_A_LIST))
            .collect::<Vec<_>>()
    };
    let others = OTHERS.iter().filter_map(|text| text.parse().ok());
    let context = case.eval_context(case.facts());
    let mut kinds: Vec<(Vec<bool>, PhoneNumber)> = Vec::new();
    for number in others.chain(lists().flat_map(examples)) {
        let inside: Vec<bool> = lists().map(|members| members.contain(number, &context)).collect();
        if kinds.len() < MOST_KINDS && !kinds.iter().any(|(known, _)| *known == inside) {
            kinds.push((inside, number));
        }
    }
    kinds.into_iter().map(|(_, number)| number).collect()
}

fn sizes(case: &Case<'_>) -> Vec<Size> {
    let facts = case.facts();
    if let Some(numbers) = &facts.phone_numbers {
        return vec![Size {
            count: numbers.count() as u64,
            missing: numbers.unreadable.len() as u64,
        }];
    }
    let all_missing = |count: u64| Size {
        count,
        missing: count,
    };
    if let Some(count) = facts.numbers_count {
        return vec![all_missing(count)];
    }
    let points = of_counts(case.conditions.iter().copied());
    let mut counts: Vec<u64> = points.values.into_iter().chain([0, 1, 2]).collect();
    counts.sort_unstable();
    counts.dedup();
    counts.into_iter().map(all_missing).collect()
}
