//! Times as Telnyx writes them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Parses a time as Telnyx writes it: with `Z` or an offset, with or without fractions, or a bare date, which is
/// midnight UTC. The result is truncated to microseconds, the precision of Postgres.
///
/// A time before year 1 counts as missing: Postgres stores nothing before 4714 BC, and no port-out is that old.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let time = text.parse::<Timestamp>().ok().or_else(|| without_offset(text))?;
    let time = Timestamp::from_microsecond(time.as_microsecond()).ok()?;
    (time.as_second() >= OLDEST_SECOND).then_some(time)
}

/// The first second of year 1.
const OLDEST_SECOND: i64 = -62_135_596_800;

fn without_offset(text: &str) -> Option<Timestamp> {
    let time: DateTime = text.parse().ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}
