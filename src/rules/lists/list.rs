//! A list of a rule file, in the form in which it is searched.

use std::sync::Arc;

use crate::domain::words::word_enum;
use jiff::Timestamp;

use super::entry::Entry;
use super::expiry::{Expiry, in_order};
use super::invalid_entry::InvalidEntry;
use super::number_list::{NumberList, NumberListBuilder};
use crate::rules::diagnostics::code::Code;
use crate::rules::model::places::Doubles;
use crate::rules::values::text_pattern::{Folded, TextPattern};

word_enum! {
    /// The type of the entries of a list.
    pub(crate) enum ListType {
        /// Carriers' SPIDs.
        Spid,
        /// Phone numbers and their prefixes.
        Number,
        /// Text patterns.
        Text,
    }
}

impl ListType {
    /// The code of the finding for an entry that is not valid for this type.
    pub(crate) fn code_of_entries(self) -> Code {
        match self {
            Self::Spid => Code::InvalidSpid,
            Self::Number => Code::InvalidNumber,
            Self::Text => Code::InvalidPattern,
        }
    }
}

/// A list of a rule file.
#[derive(Debug, Clone)]
pub(crate) enum List {
    /// Of type `spid`.
    Spids(Arc<SpidSet>),
    /// Of type `number`.
    Numbers(Arc<NumberList>),
    /// Of type `text`.
    Texts(Arc<TextSet>),
}

/// SPIDs, folded as text is.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpidSet(Literals);

/// Literal texts, ascending by hash. The hashes are stored together, so that a list is searched without reading its
/// texts.
#[derive(Debug, Clone, Default)]
struct Literals {
    hashes: Vec<u64>,
    entries: Vec<(Folded, Expiry)>,
}

/// Up to this many hashes, a linear search is faster than a binary search.
const FEW: usize = 8;

/// Text patterns.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextSet {
    literals: Literals,
    patterns: Vec<(TextPattern, Expiry)>,
}

/// Collects the entries of a list or of a condition.
#[derive(Debug)]
pub(crate) enum ListBuilder {
    /// Of type `spid`.
    Spids(Vec<(Folded, Expiry)>),
    /// Of type `number`.
    Numbers(Box<NumberListBuilder>),
    /// Of type `text`.
    Texts {
        literals: Vec<(Folded, Expiry)>,
        patterns: Vec<(TextPattern, Expiry)>,
    },
}

impl SpidSet {
    /// Whether a folded SPID is in the set at an instant.
    pub(crate) fn contains(&self, spid: &Folded, now: Timestamp) -> bool {
        self.0.contain(spid, now)
    }

    /// The number of SPIDs, including expired ones.
    pub(crate) fn len(&self) -> usize {
        self.0.entries.len()
    }

    /// The SPIDs, including expired ones.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Folded> {
        self.0.iter()
    }

    /// The SPIDs with their expiry, including expired ones.
    pub(crate) fn entries(&self) -> &[(Folded, Expiry)] {
        &self.0.entries
    }

    /// The expiry of a folded SPID, if it is in the set.
    pub(crate) fn lasts(&self, spid: &Folded) -> Option<Expiry> {
        self.0.lasts(spid)
    }
}

impl TextSet {
    /// Whether a folded text matches an entry at an instant.
    pub(crate) fn matches(&self, folded: &Folded, now: Timestamp) -> bool {
        let by_pattern =
            |(pattern, until): &(TextPattern, Expiry)| until.includes(now) && pattern.matches(folded);
        self.literals.contain(folded, now) || self.patterns.iter().any(by_pattern)
    }

    /// The literal entries, including expired ones.
    pub(crate) fn literals(&self) -> impl Iterator<Item = &Folded> {
        self.literals.iter()
    }

    /// The literal entries with their expiry.
    pub(crate) fn entries(&self) -> &[(Folded, Expiry)] {
        &self.literals.entries
    }

    /// The patterns with their expiry.
    pub(crate) fn patterns(&self) -> &[(TextPattern, Expiry)] {
        &self.patterns
    }

    /// How long a folded text matches an entry, if it does at all.
    pub(crate) fn lasts(&self, folded: &Folded) -> Option<Expiry> {
        let matching = self
            .patterns
            .iter()
            .filter(|(pattern, _)| pattern.matches(folded));
        let by_pattern = matching.map(|(_, until)| *until).max();
        self.literals.lasts(folded).max(by_pattern)
    }

    /// Every pattern once, as it is written, in ascending order.
    pub(crate) fn pattern_entries(&self) -> Vec<(String, Expiry)> {
        let entries = self.patterns.iter();
        in_order(entries.map(|(pattern, until)| (pattern.written(), *until)))
    }

    /// How many entries the list has, expired ones included.
    pub(crate) fn len(&self) -> usize {
        self.literals.entries.len() + self.patterns.len()
    }

    /// Texts that match its patterns, one for each that counts at an instant and of which one was found.
    pub(crate) fn examples(&self, now: Timestamp) -> impl Iterator<Item = String> {
        let counting = self.patterns.iter().filter(move |(_, until)| until.includes(now));
        counting.filter_map(|(pattern, _)| pattern.example())
    }

    /// Whether an entry can match texts that are not listed.
    pub(crate) fn has_patterns(&self, now: Timestamp) -> bool {
        self.patterns.iter().any(|(_, until)| until.includes(now))
    }
}

impl Literals {
    /// Sorts, and of equal entries keeps the one that counts longest.
    fn of(mut entries: Vec<(Folded, Expiry)>, doubles: &mut Doubles) -> Self {
        entries.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(&a.1)));
        entries.dedup_by(|later, kept| {
            let is_double = later.0 == kept.0;
            if is_double && later.1 != kept.1 {
                doubles.note(|| kept.0.as_str().to_owned());
            }
            is_double
        });
        let hashes = entries.iter().map(|(entry, _)| entry.hash()).collect();
        Self { hashes, entries }
    }

    fn contain(&self, folded: &Folded, now: Timestamp) -> bool {
        self.lasts(folded).is_some_and(|until| until.includes(now))
    }

    fn lasts(&self, folded: &Folded) -> Option<Expiry> {
        let hash = folded.hash();
        let first = match self.hashes.len() {
            0..=FEW => self.hashes.iter().position(|kept| *kept == hash),
            _ => Some(self.hashes.partition_point(|kept| *kept < hash)),
        };
        let same_hash = first
            .and_then(|first| self.entries.get(first..))
            .unwrap_or_default();
        same_hash
            .iter()
            .take_while(|(entry, _)| entry.hash() == hash)
            .find(|(entry, _)| entry == folded)
            .map(|(_, until)| *until)
    }

    fn iter(&self) -> impl Iterator<Item = &Folded> {
        self.entries.iter().map(|(entry, _)| entry)
    }
}

impl ListBuilder {
    /// An empty list of the type.
    pub(crate) fn of(kind: ListType) -> Self {
        match kind {
            ListType::Spid => Self::Spids(Vec::new()),
            ListType::Number => Self::Numbers(Box::default()),
            ListType::Text => Self::Texts {
                literals: Vec::new(),
                patterns: Vec::new(),
            },
        }
    }

    /// Adds an entry as people write it.
    pub(crate) fn read(&mut self, text: &str, until: Expiry) -> Result<(), InvalidEntry> {
        self.push(Entry::read(text, self.kind())?, until);
        Ok(())
    }

    /// Adds an entry of the list's type. One of another type is not added: [`Entry::read`] makes none.
    pub(crate) fn push(&mut self, entry: Entry, until: Expiry) {
        match (self, entry) {
            (Self::Spids(spids), Entry::Spid(spid)) => spids.push((Folded::of(spid.as_str()), until)),
            (Self::Numbers(numbers), Entry::Number(number)) => numbers.insert(number.digits(), until),
            (Self::Numbers(numbers), Entry::Prefix(prefix)) => numbers.insert_prefix(prefix, until),
            (Self::Texts { literals, .. }, Entry::Text(TextPattern::Literal(text))) => {
                literals.push((text, until));
            }
            (Self::Texts { patterns, .. }, Entry::Text(pattern)) => patterns.push((pattern, until)),
            (Self::Spids(_) | Self::Numbers(_) | Self::Texts { .. }, _) => {}
        }
    }

    fn kind(&self) -> ListType {
        match self {
            Self::Spids(_) => ListType::Spid,
            Self::Numbers(_) => ListType::Number,
            Self::Texts { .. } => ListType::Text,
        }
    }

    /// The list of all that was added, and what was added twice with different dates.
    pub(crate) fn finish(self) -> (List, Doubles) {
        let mut doubles = Doubles::default();
        let list = match self {
            Self::Spids(spids) => {
                let spids = Literals::of(spids, &mut doubles);
                // The set is folded, and people know SPIDs as [`Entry::key`] writes them.
                doubles.example = doubles.example.map(|spid| spid.to_uppercase());
                List::Spids(Arc::new(SpidSet(spids)))
            }
            Self::Numbers(numbers) => List::Numbers(Arc::new(numbers.finish(&mut doubles))),
            Self::Texts { literals, patterns } => {
                let literals = Literals::of(literals, &mut doubles);
                List::Texts(Arc::new(TextSet { literals, patterns }))
            }
        };
        (list, doubles)
    }
}

impl List {
    /// How many entries it has, expired ones included.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Spids(set) => set.len(),
            Self::Texts(set) => set.len(),
            Self::Numbers(list) => list.len(),
        }
    }

    /// How many entries it has, and how many of them count at an instant.
    pub(crate) fn counts(&self, now: Timestamp) -> (usize, usize) {
        let counted = |entries: &[(Folded, Expiry)]| {
            let live = entries.iter().filter(|(_, until)| until.includes(now));
            (entries.len(), live.count())
        };
        match self {
            Self::Spids(set) => counted(set.entries()),
            Self::Texts(set) => {
                let (all, live) = counted(set.entries());
                let live_patterns = set.patterns.iter().filter(|(_, until)| until.includes(now));
                (all + set.patterns.len(), live + live_patterns.count())
            }
            Self::Numbers(list) => list.counts(now),
        }
    }

    /// What its entries are.
    pub(crate) fn kind(&self) -> ListType {
        match self {
            Self::Spids(_) => ListType::Spid,
            Self::Numbers(_) => ListType::Number,
            Self::Texts(_) => ListType::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn the_day_an_entry_expires_still_counts_where_the_rules_are() {
        let chicago = TimeZone::get("America/Chicago").unwrap();
        let until = Expiry::read("2027-01-31", &chicago).unwrap();
        assert!(until.includes("2027-01-31T23:59:59-06:00".parse().unwrap()));
        assert!(!until.includes("2027-02-01T00:00:00-06:00".parse().unwrap()));
        for bad in ["2027-02-30", "31.01.2027", "soon", "", "2027-01-31T12:00:00"] {
            assert_eq!(Expiry::read(bad, &chicago), None, "{bad}");
        }
    }

    #[test]
    fn of_two_equal_entries_the_longer_one_counts() {
        let mut builder = ListBuilder::of(ListType::Spid);
        builder
            .read("073H", Expiry::Instant(Timestamp::UNIX_EPOCH))
            .unwrap();
        builder.read("073h", Expiry::Forever).unwrap();
        let (List::Spids(spids), doubles) = builder.finish() else {
            panic!("asked for SPIDs")
        };
        assert_eq!(spids.iter().count(), 1);
        assert_eq!(doubles.count, 1);
        assert!(spids.contains(&Folded::of("073H"), Timestamp::UNIX_EPOCH));
    }
}
