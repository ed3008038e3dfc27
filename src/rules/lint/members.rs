//! The values that a condition lists, directly and through lists.

use std::sync::Arc;

use jiff::Timestamp;

use crate::rules::lists::expiry::Expiry;
use crate::rules::lists::list::{SpidSet, TextSet};
use crate::rules::lists::number_list::{NumberList, Prefix};

/// The values that a condition lists: its own, and those of the lists that it names.
#[derive(Debug, Clone, Copy)]
pub(super) enum Members<'r> {
    Spids(&'r [Arc<SpidSet>]),
    Texts(&'r [Arc<TextSet>]),
    Numbers(&'r [Arc<NumberList>]),
}

/// A period of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life {
    pub(super) now: Timestamp,
    pub(super) end: Expiry,
}

/// Longer lists are not compared entry by entry: they are only recognized as equal if they are the same list.
const MOST_ENTRIES: usize = 10_000;
/// Numbers of a list beyond all digits.
const GREATEST: u64 = u64::MAX;

impl Members<'_> {
    /// Whether everything listed here is also listed there, during the whole period. Returns false if that is not
    /// known.
    pub(super) fn are_within(&self, other: &Self, life: Life) -> bool {
        match (self, other) {
            (Self::Spids(inner), Self::Spids(outer)) => each(inner, outer, |set| spids(set, outer, life)),
            (Self::Texts(inner), Self::Texts(outer)) => each(inner, outer, |set| texts(set, outer, life)),
            (Self::Numbers(inner), Self::Numbers(outer)) => {
                each(inner, outer, |list| numbers(list, outer, life))
            }
            _ => false,
        }
    }

    /// Whether no value is listed in both, now or later. Returns false if that is not known.
    pub(super) fn are_apart_from(&self, other: &Self, now: Timestamp) -> bool {
        match (self, other) {
            (Self::Spids(one), Self::Spids(other)) => one.iter().all(|set| {
                let mut live = set.entries().iter().filter(|entry| entry.1.includes(now));
                is_short(set.entries().len())
                    && live.all(|(spid, _)| !other.iter().any(|other| other.contains(spid, now)))
            }),
            (Self::Texts(one), Self::Texts(other)) => one.iter().all(|set| {
                let mut live = set.entries().iter().filter(|entry| entry.1.includes(now));
                is_short(set.entries().len())
                    && !set.has_patterns(now)
                    && live.all(|(text, _)| !other.iter().any(|other| other.matches(text, now)))
            }),
            (Self::Numbers(one), Self::Numbers(other)) => {
                let apart = |one: &Arc<NumberList>| other.iter().all(|other| are_apart(one, other, now));
                one.iter().all(apart)
            }
            _ => false,
        }
    }

    /// Whether nothing is listed that still counts.
    pub(super) fn are_none(&self, now: Timestamp) -> bool {
        let none = |entries: &[(_, Expiry)]| !entries.iter().any(|entry| entry.1.includes(now));
        match self {
            Self::Spids(sets) => sets.iter().all(|set| none(set.entries())),
            Self::Texts(sets) => sets
                .iter()
                .all(|set| none(set.entries()) && !set.has_patterns(now)),
            Self::Numbers(lists) => lists.iter().all(|list| {
                list.forever().is_empty()
                    && !list.passing().iter().any(|(_, end)| now < *end)
                    && live_prefixes(list, now).next().is_none()
            }),
        }
    }

    /// A key for each of the values, if there are at most `most` of them and each matches only itself.
    pub(super) fn few(&self, most: usize, now: Timestamp) -> Option<Vec<i128>> {
        let mut found = Vec::new();
        match self {
            Self::Spids(sets) => {
                let entries = sets.iter().flat_map(|set| set.entries());
                found.extend(entries.take(most + 1).map(|(spid, _)| i128::from(spid.hash())));
            }
            Self::Texts(sets) if sets.iter().any(|set| set.has_patterns(now)) => return None,
            Self::Texts(sets) => {
                let entries = sets.iter().flat_map(|set| set.entries());
                found.extend(entries.take(most + 1).map(|(text, _)| i128::from(text.hash())));
            }
            Self::Numbers(lists) => {
                if lists.iter().any(|list| live_prefixes(list, now).next().is_some()) {
                    return None;
                }
                let all = lists.iter().flat_map(|list| digits(list));
                found.extend(all.take(most + 1).map(i128::from));
            }
        }
        (found.len() <= most).then_some(found)
    }

    /// The key of one of the values, as in [`Self::few`], if one matches only itself.
    pub(super) fn sample(&self, now: Timestamp) -> Option<i128> {
        let first = |entries: &[(crate::rules::values::text_pattern::Folded, Expiry)]| {
            let live = entries.iter().find(|entry| entry.1.includes(now));
            live.map(|(text, _)| i128::from(text.hash()))
        };
        match self {
            Self::Spids(sets) => sets.iter().find_map(|set| first(set.entries())),
            Self::Texts(sets) => sets.iter().find_map(|set| first(set.entries())),
            Self::Numbers(lists) => lists.iter().find_map(|list| {
                let passing = list.passing().iter().find(|(_, end)| now < *end);
                let forever = || list.forever().within(0, GREATEST).next();
                passing
                    .map(|(number, _)| *number)
                    .or_else(forever)
                    .map(i128::from)
            }),
        }
    }
}

impl Life {
    /// Whether something that lasts so long is there whenever an entry of this date is.
    fn is_lived_through(self, lasts: Option<Expiry>, entry: Expiry) -> bool {
        !entry.includes(self.now) || lasts.is_some_and(|lasts| lasts >= entry.min(self.end))
    }
}

/// Whether every set is one of the others, or passes.
fn each<S>(inner: &[Arc<S>], outer: &[Arc<S>], is_within: impl Fn(&S) -> bool) -> bool {
    let is_same = |set: &Arc<S>| outer.iter().any(|other| Arc::ptr_eq(set, other));
    inner.iter().all(|set| is_same(set) || is_within(set))
}

fn is_short(entries: usize) -> bool {
    entries <= MOST_ENTRIES
}

fn spids(inner: &SpidSet, outer: &[Arc<SpidSet>], life: Life) -> bool {
    let lasts = |spid| outer.iter().filter_map(|set| set.lasts(spid)).max();
    let mut entries = inner.entries().iter();
    is_short(inner.entries().len()) && entries.all(|(spid, until)| life.is_lived_through(lasts(spid), *until))
}

fn texts(inner: &TextSet, outer: &[Arc<TextSet>], life: Life) -> bool {
    let lasts = |text| outer.iter().filter_map(|set| set.lasts(text)).max();
    let covered = |pattern: &crate::rules::values::text_pattern::TextPattern| {
        let patterns = outer.iter().flat_map(|set| set.patterns());
        let covering = patterns.filter(|(other, _)| other.covers(pattern));
        covering.map(|(_, until)| *until).max()
    };
    let is_short = is_short(inner.entries().len() + inner.patterns().len());
    let mut entries = inner.entries().iter();
    let mut patterns = inner.patterns().iter();
    is_short
        && entries.all(|(text, until)| life.is_lived_through(lasts(text), *until))
        && patterns.all(|(pattern, until)| life.is_lived_through(covered(pattern), *until))
}

fn numbers(inner: &NumberList, outer: &[Arc<NumberList>], life: Life) -> bool {
    let lasts = |digits| outer.iter().filter_map(|list| lasts(list, digits)).max();
    let covered = |prefix: Prefix| {
        let prefixes = outer.iter().flat_map(|list| list.prefixes());
        let covering = prefixes.filter(|other| is_start(**other, prefix));
        covering.map(|other| other.until).max()
    };
    let mut passing = inner.passing().iter();
    let mut prefixes = inner.prefixes().iter();
    is_short(inner.forever().len() + inner.passing().len() + inner.prefixes().len())
        && inner
            .forever()
            .within(0, GREATEST)
            .all(|digits| life.is_lived_through(lasts(digits), Expiry::Forever))
        && passing.all(|(digits, end)| life.is_lived_through(lasts(*digits), Expiry::Instant(*end)))
        && prefixes.all(|prefix| life.is_lived_through(covered(*prefix), prefix.until))
}

/// How long a number is in a list, if it is at all.
pub(super) fn lasts(list: &NumberList, digits: u64) -> Option<Expiry> {
    if list.forever().contains(digits) {
        return Some(Expiry::Forever);
    }
    let passing = list.passing();
    let at = passing.binary_search_by_key(&digits, |(number, _)| *number).ok();
    let by_number = at
        .and_then(|at| passing.get(at))
        .map(|(_, end)| Expiry::Instant(*end));
    let starting = list.prefixes().iter().filter(|prefix| prefix.starts(digits));
    by_number.max(starting.map(|prefix| prefix.until).max())
}

/// Whether the numbers of one prefix are among those of the other.
pub(super) fn is_start(shorter: Prefix, longer: Prefix) -> bool {
    shorter.length <= longer.length && shorter.starts(longer.digits)
}

fn live_prefixes(list: &NumberList, now: Timestamp) -> impl Iterator<Item = &Prefix> {
    list.prefixes()
        .iter()
        .filter(move |prefix| prefix.until.includes(now))
}

/// The keys of the entries of a list that match only themselves.
fn digits(list: &NumberList) -> impl Iterator<Item = u64> {
    let passing = list.passing().iter().map(|(digits, _)| *digits);
    passing.chain(list.forever().within(0, GREATEST))
}

fn are_apart(one: &NumberList, other: &NumberList, now: Timestamp) -> bool {
    let in_other = |digits: u64| lasts(other, digits).is_some_and(|until| until.includes(now));
    let numbers = one.forever().len() + one.passing().len();
    is_short(numbers)
        && !digits(one).any(in_other)
        && live_prefixes(one, now).all(|prefix| is_apart(*prefix, other, now))
}

fn is_apart(prefix: Prefix, list: &NumberList, now: Timestamp) -> bool {
    let mut ranges = prefix.ranges();
    let mut passing = list.passing().iter().filter(|(_, end)| now < *end);
    !live_prefixes(list, now).any(|other| is_start(*other, prefix) || is_start(prefix, *other))
        && !passing.any(|(digits, _)| prefix.starts(*digits))
        && ranges.all(|(low, high)| list.forever().within(low, high).next().is_none())
}
