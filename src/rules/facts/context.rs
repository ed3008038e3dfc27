//! One evaluation: facts, time, and what is derived from them once.

use std::cell::OnceCell;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::business_hours;
use super::fact::Fact;
use super::known::Facts;
use crate::domain::IdentityCheck;
use crate::rules::values::text_pattern::Folded;

/// The facts and the time of one evaluation, and values derived from them that many conditions need. Each is computed
/// once, when it is first needed.
#[derive(Debug)]
pub(crate) struct EvalContext<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) now: Timestamp,
    zone: &'a TimeZone,
    folded: [OnceCell<Folded>; 8],
    countries: OnceCell<Vec<Folded>>,
    tags: OnceCell<Vec<Folded>>,
    open: OnceCell<bool>,
}

impl<'a> EvalContext<'a> {
    pub(crate) fn new(facts: &'a Facts, now: Timestamp, zone: &'a TimeZone) -> Self {
        Self {
            facts,
            now,
            zone,
            folded: Default::default(),
            countries: OnceCell::new(),
            tags: OnceCell::new(),
            open: OnceCell::new(),
        }
    }

    /// A text fact, folded.
    pub(crate) fn text(&self, fact: Fact) -> Option<&Folded> {
        let facts = self.facts;
        let text = fact.text(facts)?;
        // Space for the folded text of each. It is small, because every evaluation allocates it again.
        let place = match fact {
            Fact::CarrierName => 0,
            Fact::Country => 1,
            Fact::State => 2,
            Fact::City => 3,
            Fact::EndUser => 4,
            Fact::Pon => 5,
            _ => 6,
        };
        Some(self.folded.get(place)?.get_or_init(|| Folded::of(text)))
    }

    /// The gaining carrier's SPID, folded.
    pub(crate) fn spid(&self) -> Option<&Folded> {
        let spid = self.facts.carrier_spid.as_ref()?;
        let [.., kept] = &self.folded;
        Some(kept.get_or_init(|| Folded::of(spid.as_str())))
    }

    /// The countries of the numbers, folded.
    pub(crate) fn countries(&self) -> Option<&[Folded]> {
        folded(self.facts.numbers_country.as_deref(), &self.countries)
    }

    /// The tags of the numbers, folded.
    pub(crate) fn tags(&self) -> Option<&[Folded]> {
        folded(self.facts.numbers_tags.as_deref(), &self.tags)
    }

    /// A count.
    pub(crate) fn count(&self, fact: Fact) -> Option<u64> {
        match fact {
            Fact::NumbersCount => self.facts.count_of_numbers(),
            fact => fact.count(self.facts),
        }
    }

    /// A fact that is true or false.
    pub(crate) fn flag(&self, fact: Fact) -> Option<bool> {
        fact.flag(self.facts).or_else(|| {
            let open = || business_hours::are_open(self.now, self.zone);
            (fact == Fact::BusinessHours).then(|| *self.open.get_or_init(open))
        })
    }

    /// How a PIN, ZIP, name or address compares.
    pub(crate) fn check(&self, fact: Fact) -> Option<IdentityCheck> {
        fact.check(self.facts)
    }
}

fn folded<'q>(texts: Option<&[String]>, kept: &'q OnceCell<Vec<Folded>>) -> Option<&'q [Folded]> {
    let texts = texts?;
    Some(kept.get_or_init(|| texts.iter().map(|text| Folded::of(text)).collect()))
}
