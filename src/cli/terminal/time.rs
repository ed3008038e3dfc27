//! How times are shown to people: in their time zone, and relative to now.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

/// `2026-11-21 14:05:09 CST`, in the time zone of the reader.
pub(crate) fn local(instant: Timestamp) -> String {
    instant
        .to_zoned(TimeZone::system())
        .strftime("%Y-%m-%d %H:%M:%S %Z")
        .to_string()
}

/// `in 3h 20m`, `12m ago`, `30s ago`, `now`.
pub(crate) fn from_now(instant: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_until(instant).as_secs();
    let (left, past) = (seconds.unsigned_abs(), seconds < 0);
    let text = match left {
        0 => return "now".to_owned(),
        1..=59 => format!("{left}s"),
        60..=3_599 => format!("{}m", left / 60),
        3_600..=172_799 => format!("{}h {}m", left / 3_600, left % 3_600 / 60),
        _ => format!("{}d {}h", left / 86_400, left % 86_400 / 3_600),
    };
    if past {
        format!("{text} ago")
    } else {
        format!("in {text}")
    }
}

/// Parses a duration before now such as `90m`, `24h` or `7d`, the beginning of a day such as `2026-11-20` in the reader's
/// time zone, or a time such as `2026-11-20T08:00:00Z`. The result is never before 1970, because no row is older.
pub(crate) fn since(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let instant = text.parse().ok().or_else(|| beginning_of(text));
    instant
        .map_or_else(|| before(text, now), Ok)
        .map(|instant| instant.max(Timestamp::UNIX_EPOCH))
}

fn beginning_of(day: &str) -> Option<Timestamp> {
    let day: jiff::civil::Date = day.parse().ok()?;
    Some(day.to_zoned(TimeZone::system()).ok()?.timestamp())
}

fn before(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let wrong = || {
        format!(
            "`{text}` is not a valid time. Write a duration such as `24h` or `7d`, a date such as `2026-11-20`, or a time such as `2026-11-20T08:00:00Z`"
        )
    };
    let span: jiff::Span = text.parse().map_err(|_| wrong())?;
    let seconds = span
        .total((Unit::Second, jiff::SpanRelativeTo::days_are_24_hours()))
        .map_err(|_| wrong())?;
    let span = jiff::SignedDuration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
    now.checked_sub(span).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_time_is_shown_relative_to_now() {
        for (instant, expected) in [
            ("2026-11-21T12:00:30Z", "in 30s"),
            ("2026-11-21T15:20:10Z", "in 3h 20m"),
            ("2026-11-21T11:48:00Z", "12m ago"),
            ("2026-11-18T10:00:00Z", "3d 2h ago"),
        ] {
            assert_eq!(from_now(instant.parse().unwrap(), now()), expected);
        }
    }

    #[test]
    fn since_accepts_a_duration_a_date_or_a_time() {
        assert_eq!(since("24h", now()), Ok("2026-11-20T12:00:00Z".parse().unwrap()));
        assert_eq!(since("7d", now()), Ok("2026-11-14T12:00:00Z".parse().unwrap()));
        assert_eq!(
            since("2026-11-20T08:00:00Z", now()),
            Ok("2026-11-20T08:00:00Z".parse().unwrap())
        );
        let midnight = jiff::civil::date(2026, 11, 20)
            .to_zoned(TimeZone::system())
            .unwrap();
        assert_eq!(since("2026-11-20", now()), Ok(midnight.timestamp()));
        assert!(since("yesterday", now()).unwrap_err().contains("`yesterday`"));
    }

    #[test]
    fn since_is_never_before_1970() {
        assert_eq!(since("0001-01-01T00:00:00Z", now()), Ok(Timestamp::UNIX_EPOCH));
    }
}
