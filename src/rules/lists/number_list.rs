//! Lists of phone numbers and prefixes.

use jiff::Timestamp;

use super::expiry::{Expiry, in_order};
use super::number_set::{NumberSet, NumberSetBuilder};
use crate::domain::PhoneNumber;
use crate::rules::model::places::Doubles;

/// Phone numbers and prefixes of phone numbers, some of them for a time only.
#[derive(Debug, Clone, Default)]
pub(crate) struct NumberList {
    forever: NumberSet,
    /// Ascending by number; of doubles the one that lasts longest.
    passing: Vec<(u64, Timestamp)>,
    prefixes: Vec<Prefix>,
}

/// Collects the entries of a [`NumberList`].
#[derive(Debug, Default)]
pub(crate) struct NumberListBuilder {
    forever: NumberSetBuilder,
    passing: Vec<(u64, Timestamp)>,
    prefixes: Vec<Prefix>,
}

/// The first digits of numbers, from `+1312*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prefix {
    pub(crate) digits: u64,
    /// How many digits these are.
    pub(crate) length: u32,
    pub(crate) until: Expiry,
}

/// No number has fewer digits.
const FEWEST_DIGITS: u32 = 8;
const MOST_DIGITS: u32 = 15;
/// The digits that complete a prefix to a number that is not assigned.
const EXAMPLE: &str = "12025550100";

impl NumberList {
    /// Whether a number is in the list at an instant.
    pub(crate) fn contains(&self, number: PhoneNumber, now: Timestamp) -> bool {
        let digits = number.digits();
        self.forever.contains(digits)
            || self.is_passing(digits, now)
            || self
                .prefixes
                .iter()
                .any(|prefix| prefix.until.includes(now) && prefix.starts(digits))
    }

    /// The numbers that do not expire.
    pub(crate) fn forever(&self) -> &NumberSet {
        &self.forever
    }

    /// The numbers that count up to an instant, ascending.
    pub(crate) fn passing(&self) -> &[(u64, Timestamp)] {
        &self.passing
    }

    /// The prefixes.
    pub(crate) fn prefixes(&self) -> &[Prefix] {
        &self.prefixes
    }

    /// How many entries there are, and how many of them count at an instant.
    pub(crate) fn counts(&self, now: Timestamp) -> (usize, usize) {
        let forever = self.forever.len();
        let passing = self.passing.iter().filter(|(_, end)| now < *end);
        let prefixes = self.prefixes.iter().filter(|prefix| prefix.until.includes(now));
        (
            forever + self.passing.len() + self.prefixes.len(),
            forever + passing.count() + prefixes.count(),
        )
    }

    /// Every number once, expired ones included, in ascending order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u64, Expiry)> {
        let mut passing = self.passing.iter().copied().peekable();
        let mut forever = self.forever.iter().peekable();
        std::iter::from_fn(move || {
            let next = match (forever.peek(), passing.peek()) {
                (Some(number), Some((other, _))) if number > other => None,
                (Some(number), _) => Some(*number),
                (None, _) => None,
            };
            let Some(number) = next else {
                return passing
                    .next()
                    .map(|(number, until)| (number, Expiry::Instant(until)));
            };
            forever.next();
            passing.next_if(|(other, _)| *other == number);
            Some((number, Expiry::Forever))
        })
    }

    /// Every prefix once, such as `+1312*`, in ascending order.
    pub(crate) fn prefix_entries(&self) -> Vec<(String, Expiry)> {
        let entries = self.prefixes.iter();
        in_order(entries.map(|prefix| (prefix.written(), prefix.until)))
    }

    /// How many entries the list has, expired ones included.
    pub(crate) fn len(&self) -> usize {
        self.forever.len() + self.passing.len() + self.prefixes.len()
    }

    /// Some numbers that are in the list at an instant, at most `most` for each kind of entry.
    pub(crate) fn examples(&self, now: Timestamp, most: usize) -> Vec<PhoneNumber> {
        let passing = self.passing.iter().filter(|(_, until)| now < *until);
        let prefixes = self.prefixes.iter().filter(|prefix| prefix.until.includes(now));
        let digits = self
            .forever
            .within(0, u64::MAX)
            .take(most)
            .map(|digits| digits.to_string());
        let digits = digits.chain(passing.take(most).map(|(digits, _)| digits.to_string()));
        let digits = digits.chain(prefixes.take(most).map(|prefix| prefix.example()));
        digits
            .filter_map(|digits| format!("+{digits}").parse().ok())
            .collect()
    }

    fn is_passing(&self, digits: u64, now: Timestamp) -> bool {
        !self.passing.is_empty()
            && self
                .passing
                .binary_search_by_key(&digits, |(number, _)| *number)
                .ok()
                .and_then(|at| self.passing.get(at))
                .is_some_and(|(_, until)| now < *until)
    }
}

impl Prefix {
    /// The digits of a number that starts with it.
    fn example(self) -> String {
        let digits = self.digits.to_string();
        let missing = EXAMPLE.len().saturating_sub(digits.len());
        let end = EXAMPLE.get(EXAMPLE.len() - missing..).unwrap_or_default();
        format!("{digits}{end}")
    }

    /// The least and the greatest number that start with it, for each length of numbers.
    pub(crate) fn ranges(self) -> impl Iterator<Item = (u64, u64)> {
        (self.length.max(FEWEST_DIGITS)..=MOST_DIGITS).map(move |length| {
            let numbers = 10_u64.pow(length - self.length);
            (self.digits * numbers, self.digits * numbers + (numbers - 1))
        })
    }

    /// Reads a prefix such as `+1 (312)*`. `None` if the text is not a prefix.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (digits, length) = prefix_digits(text.trim().strip_suffix('*')?)?;
        Some(Self {
            digits,
            length,
            until: Expiry::Forever,
        })
    }

    /// What its numbers start with: `+1312`.
    pub(crate) fn start(self) -> String {
        format!("+{}", self.digits)
    }

    /// The prefix as people write it: `+1312*`.
    pub(crate) fn written(self) -> String {
        format!("{}*", self.start())
    }

    /// Whether digits start with it: those of a number, or those of a longer prefix.
    pub(crate) fn starts(self, digits: u64) -> bool {
        let length = digits.checked_ilog10().unwrap_or_default() + 1;
        length >= self.length && digits / 10_u64.pow(length - self.length) == self.digits
    }
}

impl NumberListBuilder {
    /// Adds a number of which the digits are known.
    pub(crate) fn insert(&mut self, digits: u64, until: Expiry) {
        match until {
            Expiry::Forever => self.forever.insert(digits),
            Expiry::Instant(instant) => self.passing.push((digits, instant)),
        }
    }

    /// Adds a prefix.
    pub(crate) fn insert_prefix(&mut self, prefix: Prefix, until: Expiry) {
        self.prefixes.push(Prefix { until, ..prefix });
    }

    /// The list of all that was added.
    pub(crate) fn finish(mut self, doubles: &mut Doubles) -> NumberList {
        self.passing.sort_unstable();
        // Equal numbers are adjacent, the one that lasts longest at the end: keep that one.
        self.passing.reverse();
        self.passing.dedup_by(|shorter, kept| {
            let is_double = shorter.0 == kept.0;
            if is_double && shorter.1 != kept.1 {
                doubles.note(|| format!("+{}", kept.0));
            }
            is_double
        });
        self.passing.reverse();
        self.passing.shrink_to_fit();
        NumberList {
            forever: self.forever.finish(),
            passing: self.passing,
            prefixes: self.prefixes,
        }
    }
}

/// The digits of `+1 312`. A prefix needs a country code, because otherwise it would be ambiguous.
fn prefix_digits(text: &str) -> Option<(u64, u32)> {
    let digits: String = text
        .trim()
        .strip_prefix('+')?
        .chars()
        .filter(|c| !matches!(c, ' ' | '.' | '-' | '(' | ')'))
        .collect();
    let length = u32::try_from(digits.len()).ok()?;
    let well_formed = !digits.starts_with('0') && digits.chars().all(|c| c.is_ascii_digit());
    if !well_formed || !(1..=MOST_DIGITS).contains(&length) {
        return None;
    }
    Some((digits.parse().ok()?, length))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::rules::lists::entry::Entry;
    use crate::rules::lists::list::{List, ListBuilder, ListType};

    fn list(entries: &[(&str, Expiry)]) -> NumberList {
        let mut builder = ListBuilder::of(ListType::Number);
        for (text, until) in entries {
            builder.read(text, *until).unwrap();
        }
        match builder.finish().0 {
            List::Numbers(list) => Arc::unwrap_or_clone(list),
            _ => panic!("asked for numbers"),
        }
    }

    fn contains(list: &NumberList, number: &str, now: &str) -> bool {
        list.contains(number.parse().unwrap(), now.parse().unwrap())
    }

    const BEFORE: &str = "2026-11-21T12:00:00Z";
    const AFTER: &str = "2027-11-21T12:00:00Z";

    fn new_year() -> Expiry {
        Expiry::Instant("2027-01-01T00:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_prefix_contains_the_numbers_that_start_with_it() {
        let list = list(&[("+1 312*", Expiry::Forever)]);
        assert!(contains(&list, "+13125550123", AFTER));
        assert!(!contains(&list, "+13135550123", AFTER));
        assert!(!contains(&list, "+3131255501", AFTER));
    }

    #[test]
    fn examples_are_in_the_list_now() {
        let list = list(&[
            ("+1312*", Expiry::Forever),
            ("+4420*", new_year()),
            ("+13135550123", Expiry::Forever),
            ("+13135550124", new_year()),
        ]);
        assert_eq!(list.len(), 4);
        for (now, count) in [(BEFORE, 4), (AFTER, 2)] {
            let now: Timestamp = now.parse().unwrap();
            let examples = list.examples(now, 3);
            assert_eq!(examples.len(), count, "{examples:?}");
            assert!(
                examples.iter().all(|number| list.contains(*number, now)),
                "{examples:?}"
            );
        }
    }

    #[test]
    fn an_expired_entry_is_ignored() {
        let list = list(&[("+13125550123", new_year()), ("+1416*", new_year())]);
        for number in ["+13125550123", "+14165550123"] {
            assert!(contains(&list, number, BEFORE), "{number}");
            assert!(!contains(&list, number, AFTER), "{number}");
        }
    }

    #[test]
    fn of_two_entries_for_one_number_the_longer_one_counts() {
        let sooner = Expiry::Instant("2026-12-01T00:00:00Z".parse().unwrap());
        let december = "2026-12-15T00:00:00Z";
        for entries in [[sooner, new_year()], [new_year(), sooner]] {
            let list = list(&entries.map(|until| ("+13125550123", until)));
            assert!(contains(&list, "+13125550123", december));
        }
        let list = list(&[("+13125550123", sooner), ("3125550123", Expiry::Forever)]);
        assert!(contains(&list, "+13125550123", AFTER));
    }

    #[test]
    fn what_is_neither_number_nor_prefix_is_refused() {
        for bad in ["+1312555012", "312*", "*", "+*", "+0*", "+13x*", "+1*312"] {
            assert!(Entry::read(bad, ListType::Number).is_err(), "{bad}");
        }
    }
}
