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
        let (text, place) = match fact {
            Fact::CarrierName => (&facts.carrier_name, 0),
            Fact::Country => (&facts.country, 1),
            Fact::State => (&facts.state, 2),
            Fact::City => (&facts.city, 3),
            Fact::EndUser => (&facts.end_user, 4),
            Fact::Pon => (&facts.pon, 5),
            Fact::Vendor => (&facts.vendor, 6),
            _ => return None,
        };
        let text = text.as_ref()?;
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
            Fact::CarrierRequests24h => self.facts.carrier_requests_24h,
            Fact::NumbersCount => self.facts.count_of_numbers(),
            Fact::NumbersWrongPins24h => self.facts.numbers_wrong_pins_24h,
            Fact::TimesRejected => self.facts.times_rejected,
            _ => None,
        }
    }

    /// A fact that is true or false.
    pub(crate) fn flag(&self, fact: Fact) -> Option<bool> {
        match fact {
            Fact::CarrierSeen => self.facts.carrier_seen,
            Fact::NumbersFrozen => self.facts.numbers_frozen,
            Fact::NumbersOtherPending => self.facts.numbers_other_pending,
            Fact::OwnPortIn => self.facts.own_port_in,
            Fact::BusinessHours => self.facts.business_hours.or_else(|| {
                let open = || business_hours::are_open(self.now, self.zone);
                Some(*self.open.get_or_init(open))
            }),
            _ => None,
        }
    }

    /// How a PIN, ZIP, name or address compares.
    pub(crate) fn check(&self, fact: Fact) -> Option<IdentityCheck> {
        match fact {
            Fact::Pin => self.facts.pin,
            Fact::Zip => self.facts.zip,
            Fact::Name => self.facts.name,
            Fact::Address => self.facts.address,
            _ => None,
        }
    }
}

fn folded<'q>(texts: Option<&[String]>, kept: &'q OnceCell<Vec<Folded>>) -> Option<&'q [Folded]> {
    let texts = texts?;
    Some(kept.get_or_init(|| texts.iter().map(|text| Folded::of(text)).collect()))
}
