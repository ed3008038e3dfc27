//! Phone numbers in E.164.

use std::fmt;
use std::str::FromStr;

use super::{ExportArtifact, typed_digits};

/// A phone number in E.164, stored as its digits in eight bytes and ordered by value.
///
/// E.164 allows at most fifteen digits and no leading zero, so no information is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(u64);

/// The error for an invalid phone number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPhoneNumber {
    /// It is the result of an export.
    #[error("`{text}` {}", artifact.sentence())]
    Artifact {
        /// The text.
        text: String,
        /// What the export did.
        artifact: ExportArtifact,
    },
    /// It is not written as a phone number.
    #[error(
        "`{0}` is not a valid phone number: expected E.164 such as `+13125550123`, or ten North American digits"
    )]
    Format(String),
}

const FEWEST_DIGITS: usize = 8;
const MOST_DIGITS: usize = 15;

impl PhoneNumber {
    /// Returns the digits as an integer, without the plus sign.
    #[must_use]
    pub fn digits(self) -> u64 {
        self.0
    }

    /// Returns the number with its middle masked, for logs: `+1312***0123`.
    #[must_use]
    pub fn masked(self) -> String {
        let text = self.0.to_string();
        let (head, tail) = text.split_at(text.len() - 4);
        let shown = head.get(..4).unwrap_or(head);
        format!("+{shown}***{tail}")
    }

    /// Returns the ISO 3166 country of the number, if its numbering plan determines it.
    #[must_use]
    pub fn country(self) -> Option<String> {
        let parsed = phonenumber::parse(None, self.to_string()).ok()?;
        parsed.country().id().map(|id| id.as_ref().to_owned())
    }
}

impl FromStr for PhoneNumber {
    type Err = InvalidPhoneNumber;

    /// Accepts what people type and copy: spaces, dots, dashes and parentheses in all their Unicode forms, invisible
    /// characters, full-width digits, and a missing `+1` before ten digits. Refuses `1234.0`, whose zero is not a digit
    /// of the number, and `+44 (0)20`, whose zero is dialed only without the country code.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || invalid(text);
        let plain: String = text.chars().filter_map(typed_digits::plain).collect();
        let trimmed = plain.trim();
        if trimmed.contains("(0)") || ExportArtifact::find(trimmed) == Some(ExportArtifact::Decimal) {
            return Err(invalid());
        }
        let (international, rest) = match trimmed.strip_prefix('+') {
            Some(rest) => (true, rest),
            None => (false, trimmed),
        };
        let mut digits = String::with_capacity(MOST_DIGITS);
        for c in rest.chars() {
            match c {
                '0'..='9' => digits.push(c),
                ' ' | '.' | '-' | '(' | ')' => {}
                _ => return Err(invalid()),
            }
        }
        let north_american = !international && digits.len() == 10;
        if north_american {
            digits.insert(0, '1');
        } else if !(international || digits.len() == 11 && digits.starts_with('1')) {
            return Err(invalid());
        }
        if digits.starts_with('0') || !(FEWEST_DIGITS..=MOST_DIGITS).contains(&digits.len()) {
            return Err(invalid());
        }
        // The North American Numbering Plan has exactly ten digits after the 1, and no area code starts with 0 or 1.
        let area = digits.as_bytes().get(1).copied();
        if digits.starts_with('1') && (digits.len() != 11 || matches!(area, Some(b'0' | b'1'))) {
            return Err(invalid());
        }
        digits.parse().map(Self).map_err(|_| invalid())
    }
}

fn invalid(text: &str) -> InvalidPhoneNumber {
    match ExportArtifact::find(text) {
        Some(artifact) => InvalidPhoneNumber::Artifact {
            text: text.to_owned(),
            artifact,
        },
        None => InvalidPhoneNumber::Format(text.to_owned()),
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = InvalidPhoneNumber;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.to_string()
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_people_type_a_number_are_one_number() {
        let wanted = "+13125550123".parse::<PhoneNumber>().unwrap();
        for typed in [
            "3125550123",
            "(312) 555-0123",
            "+1 312.555.0123",
            "1-312-555-0123",
            "+1\u{a0}312\u{2011}555\u{2013}0123",
            "\u{202a}+1 312 555 0123\u{202c}",
            "\u{ff0b}\u{ff11}312\u{200b}555\u{ff10}123",
        ] {
            assert_eq!(typed.parse::<PhoneNumber>().unwrap(), wanted, "{typed}");
        }
        assert_eq!(wanted.to_string(), "+13125550123");
    }

    #[test]
    fn what_is_no_number_is_refused_by_name() {
        for bad in [
            "",
            "{{phone_number}}",
            "+1312555012",
            "+131255501234",
            "555-0123",
            "+0123456789",
            "+11125550123",
            "+4930123456.0",
            "3125550123.0",
            "1.31256E+10",
            "+44 (0)20 7946 0958",
        ] {
            assert!(bad.parse::<PhoneNumber>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_a_spreadsheet_did_to_a_number_is_named() {
        let told = |text: &str| text.parse::<PhoneNumber>().unwrap_err().to_string();
        assert!(told("1.31256E+10").starts_with("`1.31256E+10` is a number that a spreadsheet has rounded"));
        assert!(told("+13125550123.0").contains("format the column as Text"));
        assert!(told("NULL").contains("which databases write"));
    }

    #[test]
    fn a_masked_number_keeps_its_ends() {
        assert_eq!(
            "+13125550123".parse::<PhoneNumber>().unwrap().masked(),
            "+1312***0123"
        );
        assert_eq!(
            "+35312345678".parse::<PhoneNumber>().unwrap().masked(),
            "+3531***5678"
        );
    }

    #[test]
    fn the_country_is_read_from_the_numbering_plan() {
        let country = |text: &str| text.parse::<PhoneNumber>().unwrap().country();
        assert_eq!(country("+13125550123").as_deref(), Some("US"));
        assert_eq!(country("+14165550123").as_deref(), Some("CA"));
        assert_eq!(country("+35312345678").as_deref(), Some("IE"));
    }
}
