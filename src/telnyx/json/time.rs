use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Reads a time as Telnyx writes it: with `Z` or an offset, with or without fractions, or a bare date, which is
/// midnight UTC. Cut to microseconds, which is what Postgres keeps.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let time = text.parse::<Timestamp>().ok().or_else(|| without_offset(text))?;
    Timestamp::from_microsecond(time.as_microsecond()).ok()
}

fn without_offset(text: &str) -> Option<Timestamp> {
    let time: DateTime = text.parse().ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}
