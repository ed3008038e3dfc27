//! How dates are written.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// How a date is written, for messages.
const HOW_TO_WRITE: &str = "write a date such as 2027-01-31, the last day that counts";
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// How to write what was meant to be a date, in the zone of the rules.
pub(crate) fn how_to_write(text: &str, zone: &TimeZone) -> String {
    let text = text.trim();
    let with_offset = || {
        let time: DateTime = text.parse().ok().filter(|_| text.len() > "2027-01-31".len())?;
        let zoned = time.to_zoned(zone.clone()).ok()?;
        let written = zoned.strftime("%Y-%m-%dT%H:%M:%S%:z");
        Some(format!(
            "a time needs its offset from UTC: write {written}, or a date alone"
        ))
    };
    advice(text)
        .or_else(with_offset)
        .unwrap_or_else(|| HOW_TO_WRITE.to_owned())
}

/// What is wrong with a text that looks like a date but is not valid. `None` if it does not look like a date.
pub(crate) fn advice(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let [first, second, third] = parts.as_slice() else {
        return None;
    };
    let number = |part: &str| part.parse::<i16>().ok().filter(|_| part.len() <= 4);
    let (a, b, c) = (number(first)?, number(second)?, number(third)?);
    if first.len() == 4 {
        return Some(in_order(a, b, c));
    }
    if third.len() != 4 || a.max(b) > 31 || a.min(b) > 12 {
        return None;
    }
    // With dots, the day comes first. With slashes, it depends on the country.
    let day_first = text.contains('.') || a > 12;
    if !day_first && b <= 12 {
        return Some("write the year first, then the month, then the day, such as 2027-01-31".to_owned());
    }
    let (month, day) = if day_first { (b, a) } else { (a, b) };
    Some(in_order(c, month, day))
}

fn in_order(year: i16, month: i16, day: i16) -> String {
    let small = |number: i16| i8::try_from(number).unwrap_or_default();
    if let Ok(date) = Date::new(year, small(month), small(day)) {
        return format!("write {date}: year, month and day, separated by hyphens");
    }
    let name = usize::try_from(month - 1)
        .ok()
        .and_then(|month| MONTHS.get(month));
    let last = Date::new(year, small(month), 1).map(Date::days_in_month);
    match (name, last) {
        (Some(name), Ok(last)) => format!("{name} {year} has {last} days"),
        _ => "a year has 12 months, and the month comes before the day: 2027-01-31".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_date_gets_a_corrected_one_as_help() {
        for (typed, message) in [
            ("2027-02-30", "February 2027 has 28 days"),
            ("2027-31-01", "a year has 12 months"),
            ("2027/1/31", "write 2027-01-31"),
            ("31.01.2027", "write 2027-01-31"),
            ("1/31/2027", "write 2027-01-31"),
            ("31/1/2027", "write 2027-01-31"),
            ("31.02.2027", "February 2027 has 28 days"),
            ("01/02/2027", "write the year first"),
        ] {
            let advice = advice(typed).unwrap();
            assert!(advice.starts_with(message), "{typed}: {advice}");
        }
        for other in ["312-555-0123", "soon", "", "1.2.3", "2027", "+1-312-555"] {
            assert_eq!(advice(other), None, "{other}");
        }
    }

    #[test]
    fn a_time_without_an_offset_gets_the_offset_of_the_rules_as_help() {
        let chicago = TimeZone::get("America/Chicago").unwrap();
        let message = how_to_write("2027-01-31T12:00:00", &chicago);
        assert!(message.contains("write 2027-01-31T12:00:00-06:00"), "{message}");
        assert_eq!(how_to_write("next week", &chicago), HOW_TO_WRITE);
    }
}
