//! Finds entries of one list that contradict each other.

use std::collections::HashMap;

use crate::rules::lists::expiry::Expiry;
use crate::rules::lists::list::{List, TextSet};
use crate::rules::lists::number_list::{NumberList, Prefix};
use crate::rules::model::places::Doubles;

/// Entries of one list that contradict each other: the first of them, and how many there are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Clash {
    /// One value that appears several times with different dates.
    Repeated { value: String, count: usize },
    /// A value that has no effect, because a broader one covers it for at least as long.
    Covered { value: String, by: String, count: usize },
}

impl Clash {
    /// The value that has the conflict.
    pub(super) fn value(&self) -> &str {
        match self {
            Self::Repeated { value, .. } | Self::Covered { value, .. } => value,
        }
    }
}

/// The covered entries: the first one, the entry that covers it, and their number.
#[derive(Default)]
struct Covered {
    first: Option<(String, String)>,
    count: usize,
}

/// Longer lists of patterns are not compared with each other.
const MOST_PATTERNS: usize = 1_000;
/// The maximum number of comparisons of texts with patterns.
const MOST_COMPARISONS: usize = 5_000_000;

/// The conflicts in a list, at most one of each kind. `doubles` are the ones that were found when the list was read.
pub(super) fn clashes(list: &List, doubles: &Doubles) -> Vec<Clash> {
    let mut doubles = doubles.clone();
    let mut covered = Covered::default();
    match list {
        List::Spids(_) => {}
        List::Numbers(numbers) => {
            for (number, _) in numbers.passing() {
                if numbers.forever().contains(*number) {
                    doubles.note(|| format!("+{number}"));
                }
            }
            let prefixes = longest_prefixes(numbers, &mut doubles);
            cover_numbers(numbers, &prefixes, &mut covered);
        }
        List::Texts(texts) => cover_texts(texts, &mut covered),
    }
    let twice = doubles.example.map(|value| Clash::Repeated {
        value,
        count: doubles.count,
    });
    let covered = covered.first.map(|(value, by)| Clash::Covered {
        value,
        by,
        count: covered.count,
    });
    twice.into_iter().chain(covered).collect()
}

impl Covered {
    fn note(&mut self, count: usize, names: impl FnOnce() -> (String, String)) {
        if count > 0 {
            self.count += count;
            self.first.get_or_insert_with(names);
        }
    }
}

/// The prefixes by their digits; of equal prefixes, the one that lasts longest.
fn longest_prefixes(list: &NumberList, doubles: &mut Doubles) -> HashMap<u64, Prefix> {
    let mut by_digits: HashMap<u64, Prefix> = HashMap::new();
    for prefix in list.prefixes() {
        let kept = by_digits.entry(prefix.digits).or_insert(*prefix);
        if kept.until != prefix.until {
            doubles.note(|| prefix.written());
            kept.until = kept.until.max(prefix.until);
        }
    }
    by_digits
}

fn cover_numbers(list: &NumberList, by_digits: &HashMap<u64, Prefix>, covered: &mut Covered) {
    let wider_than = |digits: u64, until: Expiry| {
        let mut starts = std::iter::successors(Some(digits / 10), |digits| Some(digits / 10));
        starts
            .by_ref()
            .take_while(|digits| *digits > 0)
            .filter_map(|digits| by_digits.get(&digits))
            .find(|prefix| prefix.until >= until)
    };
    for prefix in list.prefixes() {
        if let Some(by) = wider_than(prefix.digits, prefix.until) {
            covered.note(1, || (prefix.written(), by.written()));
        }
    }
    for (number, end) in list.passing() {
        let exact = by_digits.get(number);
        let until = Expiry::Instant(*end);
        let by = exact.filter(|prefix| prefix.until >= until);
        if let Some(by) = by.or_else(|| wider_than(*number, until)) {
            covered.note(1, || (format!("+{number}"), by.written()));
        }
    }
    let forever = by_digits
        .values()
        .filter(|prefix| prefix.until == Expiry::Forever);
    let mut forever: Vec<&Prefix> = forever.collect();
    forever.sort_unstable_by_key(|prefix| (prefix.length, prefix.digits));
    for prefix in forever {
        // Entries that a broader prefix covers have been counted with that prefix.
        if wider_than(prefix.digits, Expiry::Forever).is_some() {
            continue;
        }
        for (low, high) in prefix.ranges() {
            let mut within = list.forever().within(low, high);
            if let Some(number) = within.next() {
                covered.note(1 + within.count(), || (format!("+{number}"), prefix.written()));
            }
        }
    }
}

fn cover_texts(list: &TextSet, covered: &mut Covered) {
    let patterns = list.patterns();
    let looked_at = MOST_COMPARISONS / patterns.len().max(1);
    for (text, until) in list.entries().iter().take(looked_at) {
        let mut covering = patterns
            .iter()
            .filter(|(pattern, lasts)| lasts >= until && pattern.matches(text));
        if let Some((pattern, _)) = covering.next() {
            covered.note(1, || (text.as_str().to_owned(), pattern.written()));
        }
    }
    for (at, (inner, until)) in patterns.iter().enumerate().take(MOST_PATTERNS) {
        let mut others = patterns.iter().enumerate().take(MOST_PATTERNS);
        let covers = |(other_at, (other, lasts)): &(
            usize,
            &(crate::rules::values::text_pattern::TextPattern, Expiry),
        )| {
            // Of two equal patterns, the later one is redundant.
            let is_other = *other_at != at && (*other_at < at || lasts > until || !inner.covers(other));
            is_other && lasts >= until && other.covers(inner)
        };
        if let Some((_, (by, _))) = others.find(covers) {
            covered.note(1, || (inner.written(), by.written()));
        }
    }
}
