//! Until when an entry of a list or a rule counts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// How long an entry counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Expiry {
    /// Before this instant.
    Instant(Timestamp),
    /// Always.
    Forever,
}

impl Expiry {
    /// Whether the entry still counts.
    pub(crate) fn includes(self, now: Timestamp) -> bool {
        match self {
            Self::Forever => true,
            Self::Instant(instant) => now < instant,
        }
    }

    /// Reads `2027-01-31`, whose day still counts in the zone of the rules, or a time with an offset.
    pub(crate) fn read(text: &str, zone: &TimeZone) -> Option<Self> {
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

/// Each entry once, with the longest time that it counts.
pub(crate) fn in_order(entries: impl Iterator<Item = (String, Expiry)>) -> Vec<(String, Expiry)> {
    let mut longest = BTreeMap::new();
    for (text, until) in entries {
        let kept = longest.entry(text).or_insert(until);
        *kept = until.max(*kept);
    }
    longest.into_iter().collect()
}
