//! One row of a list file, borrowed from its text.

/// One row of a list file, borrowed from its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row<'l> {
    pub(crate) value: &'l str,
    pub(crate) expires: &'l str,
}

/// A line of a `.txt`: a value, and optionally a `#` comment after it. `None` if there is no value.
pub(crate) fn text_row(line: &str) -> Option<Row<'_>> {
    let line = line.trim();
    let starts_comment = |(at, _): &(usize, &str)| {
        line.get(..*at)
            .is_some_and(|head| !head.ends_with(|c: char| !c.is_whitespace()))
    };
    let comment = line.match_indices('#').find(starts_comment);
    let value = comment.map_or(Some(line), |(at, _)| line.get(..at))?.trim();
    (!value.is_empty()).then_some(Row { value, expires: "" })
}

/// The digits of a number written the plain way, `+13125550123` or ten digits: what nearly every line of a long list
/// is, read without a copy. Other ways of writing a number are left to its own parser.
pub(crate) fn plain_number(value: &[u8]) -> Option<u64> {
    let digits = match value {
        [b'+', rest @ ..] if rest.len() == 11 => rest,
        bytes if bytes.len() == 11 || bytes.len() == 10 => bytes,
        _ => return None,
    };
    let mut number: u64 = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + u64::from(digit);
    }
    if digits.len() == 10 {
        number += COUNTRY_ONE;
    }
    // North American numbers only: eleven digits, and no area code that starts with 0 or 1.
    (FIRST_AREA..=LAST_AREA).contains(&number).then_some(number)
}

/// A complete line with only a number and empty fields after it, `+13125550123,,`, with its length. `None` means only
/// that the line has to be parsed completely.
pub(crate) fn plain_line(bytes: &[u8], empty_fields: usize) -> Option<(u64, usize)> {
    let is_value = |byte: &&u8| byte.is_ascii_digit() || **byte == b'+';
    let value = bytes.iter().take(LONGEST_PLAIN + 1).take_while(is_value).count();
    let number = plain_number(bytes.get(..value)?)?;
    let rest = bytes.get(value..)?;
    let fields = rest
        .iter()
        .take(empty_fields)
        .take_while(|byte| **byte == b',')
        .count();
    let end = match rest.get(fields..)? {
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        _ => return None,
    };
    Some((number, value + fields + end))
}

const LONGEST_PLAIN: usize = "+13125550123".len();
const COUNTRY_ONE: u64 = 10_000_000_000;
const FIRST_AREA: u64 = 12_000_000_000;
const LAST_AREA: u64 = 19_999_999_999;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PhoneNumber;
    use proptest::prelude::*;

    #[test]
    fn a_comment_is_not_a_value() {
        assert_eq!(text_row("+13125550123 # lock").unwrap().value, "+13125550123");
        assert_eq!(text_row("a#b").unwrap().value, "a#b");
        assert_eq!(text_row("  # nothing"), None);
        assert_eq!(text_row(""), None);
    }

    #[test]
    fn a_line_that_is_a_number_is_read_to_its_end_and_no_other_is() {
        assert_eq!(plain_line(b"+13125550001,,\n+1", 2), Some((13_125_550_001, 15)));
        assert_eq!(plain_line(b"3125550001\r\n", 0), Some((13_125_550_001, 12)));
        for other in [
            "+13125550001",
            "+13125550001,,,\n",
            "+13125550001,x,\n",
            " 3125550001\n",
            "+131255500012\n",
            "",
        ] {
            assert_eq!(plain_line(other.as_bytes(), 2), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_plain_number_is_what_the_parser_of_numbers_reads(text in "\\+?[0-9]{9,12}|[0-9+. x-]{0,14}") {
            if let Some(number) = plain_number(text.as_bytes()) {
                prop_assert_eq!(text.parse::<PhoneNumber>().map(PhoneNumber::digits), Ok(number));
            }
        }
    }
}
