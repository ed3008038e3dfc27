//! Spans of time such as `48h` and `1d12h`.

use jiff::SignedDuration;

pub(crate) const UNITS: [(char, i64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// How a span of time is written, for messages.
pub(crate) const HOW_TO_WRITE: &str =
    "a duration is a whole number and a unit, `s`, `m`, `h` or `d`, such as `90m` or `1d12h`";

/// Reads `48h`, `1d12h`, `-30m`: whole numbers of seconds, minutes, hours and days of 24 hours.
///
/// Not jiff's parser: that one takes fractions, long unit names, commas and `ago`, which the messages and the JSON
/// Schema do not, and refuses `5s1h`, which is accepted here. A test holds that both read the same where both read.
pub(crate) fn parse(text: &str) -> Option<SignedDuration> {
    let text = text.trim();
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    if rest.is_empty() {
        return None;
    }
    let mut seconds: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (count, tail) = rest.split_at(digits);
        let unit = tail.chars().next()?;
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
        seconds = seconds.checked_add(count.parse::<i64>().ok()?.checked_mul(*factor)?)?;
        rest = tail.get(unit.len_utf8()..)?.trim_start();
    }
    Some(SignedDuration::from_secs(sign * seconds))
}

/// Writes a span as [`parse`] reads it; parts of a second are dropped.
pub(crate) fn format(span: SignedDuration) -> String {
    let mut rest = span.as_secs().unsigned_abs();
    let mut text = String::from(if span.is_negative() { "-" } else { "" });
    let mut parts = 0;
    for (unit, factor) in UNITS {
        let factor = factor.unsigned_abs();
        // Two days are easier to compare with "48h" if they are shown in hours.
        if unit == 'd' && rest < 3 * factor {
            continue;
        }
        if rest >= factor {
            text += &(rest / factor).to_string();
            text.push(unit);
            rest %= factor;
            parts += 1;
        }
    }
    if parts == 0 {
        text.push_str("0s");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_read_as_people_write_them() {
        for (text, seconds) in [
            ("48h", 172_800),
            ("1d12h", 129_600),
            ("-30m", -1_800),
            ("1h 5s", 3_605),
        ] {
            assert_eq!(parse(text), Some(SignedDuration::from_secs(seconds)), "{text}");
        }
        for bad in [
            "",
            "-",
            "48",
            "h",
            "48 hours",
            "1.5h",
            "99999999999999999999h",
            "9223372036854775807d",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    /// What jiff reads, days of 24 hours.
    fn by_jiff(text: &str) -> Option<SignedDuration> {
        let span: jiff::Span = jiff::fmt::friendly::SpanParser::new().parse_span(text).ok()?;
        span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()
    }

    #[test]
    fn jiff_reads_another_language_of_spans() {
        for ours_only in ["5s1h", "1h 1h"] {
            assert!(
                parse(ours_only).is_some() && by_jiff(ours_only).is_none(),
                "{ours_only}"
            );
        }
        for jiffs_only in ["1.5h", "48 hours", "1h, 5s", "2h ago", "2w"] {
            assert!(
                parse(jiffs_only).is_none() && by_jiff(jiffs_only).is_some(),
                "{jiffs_only}"
            );
        }
    }

    proptest! {
        #[test]
        fn jiff_reads_a_span_that_it_takes_as_we_do(text in "-?([0-9]{1,4}d)?( ?[0-9]{1,4}h)?( ?[0-9]{1,4}m)?( ?[0-9]{1,4}s)?") {
            if let (Some(ours), Some(jiffs)) = (parse(&text), by_jiff(&text)) {
                prop_assert_eq!(ours, jiffs);
            }
        }

        #[test]
        fn a_written_span_reads_back(seconds in -10_000_000_i64..10_000_000) {
            let span = SignedDuration::from_secs(seconds);
            prop_assert_eq!(parse(&format(span)), Some(span));
        }
    }
}
