//! Business hours. Ten lines over jiff: a crate for calendars of work would bring holidays, which rules do not have.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

const OPENS: i8 = 8;
const CLOSES: i8 = 17;

/// Whether an instant is within business hours: Monday to Friday, 08:00 to 17:00 in the time zone of the rules.
pub(crate) fn are_open(now: Timestamp, zone: &TimeZone) -> bool {
    let local = zone.to_datetime(now);
    let weekend = matches!(local.weekday(), Weekday::Saturday | Weekday::Sunday);
    !weekend && (OPENS..CLOSES).contains(&local.hour())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn business_hours_are_those_of_the_zone_of_the_rules() {
        let chicago = TimeZone::get("America/Chicago").unwrap();
        let open = |text: &str| are_open(text.parse().unwrap(), &chicago);
        assert!(open("2026-11-23T08:00:00-06:00"));
        assert!(open("2026-11-23T16:59:59-06:00"));
        assert!(!open("2026-11-23T17:00:00-06:00"));
        assert!(!open("2026-11-23T08:00:00Z"));
        assert!(!open("2026-11-22T12:00:00-06:00"));
    }
}
