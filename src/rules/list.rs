use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use strum::{AsRefStr, Display, EnumString, VariantNames};

use super::Code;
use super::number_list::{NumberList, NumberListBuilder};
use super::text_pattern::{Folded, TextPattern};
use crate::domain::Spid;

/// How long an entry counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Until {
    /// Before this instant.
    Instant(Timestamp),
    /// Always.
    Forever,
}

impl Until {
    /// Whether the entry still counts.
    pub(super) fn includes(self, now: Timestamp) -> bool {
        match self {
            Self::Forever => true,
            Self::Instant(instant) => now < instant,
        }
    }

    /// Reads `2027-01-31`, whose day still counts in the zone of the rules, or a time with an offset.
    pub(super) fn read(text: &str, zone: &TimeZone) -> Option<Self> {
        let text = text.trim();
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Some(Self::Instant(instant));
        }
        // The date's own parser would take a time along and drop it.
        if text.len() != "2027-01-31".len() {
            return None;
        }
        let next_day = text.parse::<Date>().ok()?.tomorrow().ok()?;
        let start = next_day.to_zoned(zone.clone()).ok()?;
        Some(Self::Instant(start.timestamp()))
    }
}

/// What the entries of a list are.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Display, AsRefStr, EnumString, VariantNames, strum::EnumMessage,
)]
#[strum(serialize_all = "kebab-case")]
pub(super) enum ListType {
    /// Carriers' SPIDs.
    Spid,
    /// Phone numbers and their prefixes.
    Number,
    /// Text patterns.
    Text,
}

/// A list of a rule file.
#[derive(Debug, Clone)]
pub(super) enum List {
    /// Of type `spid`.
    Spids(Arc<SpidSet>),
    /// Of type `number`.
    Numbers(Arc<NumberList>),
    /// Of type `text`.
    Texts(Arc<TextSet>),
}

/// SPIDs, folded as text is.
#[derive(Debug, Clone, Default)]
pub(super) struct SpidSet(Literals);

/// Texts that stand for themselves, ascending by hash. The hashes lie together, so that a list is searched without
/// touching its texts.
#[derive(Debug, Clone, Default)]
struct Literals {
    hashes: Vec<u64>,
    entries: Vec<(Folded, Until)>,
}

/// So many hashes are faster looked at one after the other than searched.
const FEW: usize = 8;

/// Text patterns.
#[derive(Debug, Clone, Default)]
pub(super) struct TextSet {
    literals: Literals,
    patterns: Vec<(TextPattern, Until)>,
}

/// Collects the entries of a list or of a condition.
#[derive(Debug)]
pub(super) enum ListBuilder {
    /// Of type `spid`.
    Spids(Vec<(Folded, Until)>),
    /// Of type `number`.
    Numbers(Box<NumberListBuilder>),
    /// Of type `text`.
    Texts {
        literals: Vec<(Folded, Until)>,
        patterns: Vec<(TextPattern, Until)>,
    },
}

/// Why an entry could not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InvalidEntry {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) help: String,
}

impl SpidSet {
    /// Whether a folded SPID is in the set at an instant.
    pub(super) fn contains(&self, spid: &Folded, now: Timestamp) -> bool {
        self.0.contain(spid, now)
    }

    /// Every SPID once, expired ones included, in ascending order of [`Folded`].
    pub(super) fn entries(&self) -> impl Iterator<Item = (&Folded, Until)> {
        self.0.entries()
    }

    /// The SPIDs, expired ones included.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Folded> {
        self.0.iter()
    }
}

impl TextSet {
    /// Whether a folded text matches an entry at an instant.
    pub(super) fn matches(&self, folded: &Folded, now: Timestamp) -> bool {
        let by_pattern =
            |(pattern, until): &(TextPattern, Until)| until.includes(now) && pattern.matches(folded);
        self.literals.contain(folded, now) || self.patterns.iter().any(by_pattern)
    }

    /// The entries that stand for themselves only, expired ones included.
    pub(super) fn literals(&self) -> impl Iterator<Item = &Folded> {
        self.literals.iter()
    }

    /// Every text that stands for itself, expired ones included, in ascending order of [`Folded`].
    pub(super) fn literal_entries(&self) -> impl Iterator<Item = (&Folded, Until)> {
        self.literals.entries()
    }

    /// Every pattern once, as it is written, in ascending order.
    pub(super) fn pattern_entries(&self) -> Vec<(String, Until)> {
        let entries = self.patterns.iter();
        in_order(entries.map(|(pattern, until)| (pattern.written(), *until)))
    }

    /// Whether an entry can match texts that are not listed.
    pub(super) fn has_patterns(&self, now: Timestamp) -> bool {
        self.patterns.iter().any(|(_, until)| until.includes(now))
    }
}

impl Literals {
    /// Sorts, and of equal entries keeps the one that counts longest.
    fn of(mut entries: Vec<(Folded, Until)>) -> Self {
        entries.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(&a.1)));
        entries.dedup_by(|later, kept| later.0 == kept.0);
        let hashes = entries.iter().map(|(entry, _)| entry.hash()).collect();
        Self { hashes, entries }
    }

    fn contain(&self, folded: &Folded, now: Timestamp) -> bool {
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
            .any(|(entry, until)| entry == folded && until.includes(now))
    }

    fn entries(&self) -> impl Iterator<Item = (&Folded, Until)> {
        self.entries.iter().map(|(entry, until)| (entry, *until))
    }

    fn iter(&self) -> impl Iterator<Item = &Folded> {
        self.entries.iter().map(|(entry, _)| entry)
    }
}

impl ListBuilder {
    /// An empty list of the type.
    pub(super) fn of(kind: ListType) -> Self {
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
    pub(super) fn read(&mut self, text: &str, until: Until) -> Result<(), InvalidEntry> {
        match self {
            Self::Spids(spids) => {
                let spid: Spid = text.parse().map_err(|_| invalid_spid(text))?;
                spids.push((Folded::of(spid.as_str()), until));
            }
            Self::Numbers(numbers) => {
                numbers.read(text, until).ok_or_else(|| invalid_number(text))?;
            }
            Self::Texts { literals, patterns } => {
                match TextPattern::read(text).map_err(|why| invalid_pattern(text, &why))? {
                    TextPattern::Literal(literal) => literals.push((literal, until)),
                    pattern => patterns.push((pattern, until)),
                }
            }
        }
        Ok(())
    }

    /// The list of all that was added.
    pub(super) fn finish(self) -> List {
        match self {
            Self::Spids(spids) => List::Spids(Arc::new(SpidSet(Literals::of(spids)))),
            Self::Numbers(numbers) => List::Numbers(Arc::new(numbers.finish())),
            Self::Texts { literals, patterns } => {
                let literals = Literals::of(literals);
                List::Texts(Arc::new(TextSet { literals, patterns }))
            }
        }
    }
}

impl List {
    /// How many different entries it has, those past their day included.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Spids(set) => set.0.entries.len(),
            Self::Numbers(set) => set.len(),
            Self::Texts(set) => set.literals.entries.len() + set.pattern_entries().len(),
        }
    }

    /// What its entries are.
    pub(super) fn kind(&self) -> ListType {
        match self {
            Self::Spids(_) => ListType::Spid,
            Self::Numbers(_) => ListType::Number,
            Self::Texts(_) => ListType::Text,
        }
    }
}

/// Each entry once, with the longest time that it counts.
pub(super) fn in_order(entries: impl Iterator<Item = (String, Until)>) -> Vec<(String, Until)> {
    let mut longest = BTreeMap::new();
    for (text, until) in entries {
        let kept = longest.entry(text).or_insert(until);
        *kept = until.max(*kept);
    }
    longest.into_iter().collect()
}

fn invalid_spid(text: &str) -> InvalidEntry {
    InvalidEntry {
        code: Code::InvalidSpid,
        message: format!("`{text}` is no SPID"),
        help: "a SPID is 1 to 64 letters, digits, `-` or `_`, such as \"073H\"".to_owned(),
    }
}

fn invalid_number(text: &str) -> InvalidEntry {
    InvalidEntry {
        code: Code::InvalidNumber,
        message: format!("`{text}` is no phone number and no prefix of some"),
        help: match text.trim().strip_suffix('*') {
            Some(_) => "a prefix starts with `+` and the country code and ends in `*`, such as \"+1312*\"",
            None => "write the whole number, such as \"+13125550123\", or a prefix such as \"+1312*\"",
        }
        .to_owned(),
    }
}

fn invalid_pattern(text: &str, why: &str) -> InvalidEntry {
    InvalidEntry {
        code: Code::InvalidPattern,
        message: format!("the regular expression `{text}` cannot be read: {why}"),
        help: "mend the expression between the slashes, or write text with `*` for any run of signs"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_an_entry_expires_still_counts_where_the_rules_are() {
        let chicago = TimeZone::get("America/Chicago").unwrap();
        let until = Until::read("2027-01-31", &chicago).unwrap();
        assert!(until.includes("2027-01-31T23:59:59-06:00".parse().unwrap()));
        assert!(!until.includes("2027-02-01T00:00:00-06:00".parse().unwrap()));
        for bad in ["2027-02-30", "31.01.2027", "soon", "", "2027-01-31T12:00:00"] {
            assert_eq!(Until::read(bad, &chicago), None, "{bad}");
        }
    }

    #[test]
    fn of_two_equal_entries_the_longer_one_counts() {
        let mut builder = ListBuilder::of(ListType::Spid);
        builder
            .read("073H", Until::Instant(Timestamp::UNIX_EPOCH))
            .unwrap();
        builder.read("073h", Until::Forever).unwrap();
        let List::Spids(spids) = builder.finish() else {
            panic!("asked for SPIDs")
        };
        assert_eq!(spids.iter().count(), 1);
        assert!(spids.contains(&Folded::of("073H"), Timestamp::UNIX_EPOCH));
    }
}
