use std::fmt;
use std::str::FromStr;

/// A phone number in E.164, kept as its digits: eight bytes, ordered by value.
///
/// E.164 allows at most fifteen digits and no leading zero, so no information is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(u64);

/// What is wrong with a phone number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no phone number: expected E.164 such as `+13125550123`, or ten North American digits")]
pub struct InvalidPhoneNumber(String);

const FEWEST_DIGITS: usize = 8;
const MOST_DIGITS: usize = 15;

impl PhoneNumber {
    /// The digits as a number, without the plus sign.
    #[must_use]
    pub fn digits(self) -> u64 {
        self.0
    }

    /// The number with its middle hidden, for logs: `+1312***0123`.
    #[must_use]
    pub fn masked(self) -> String {
        let text = self.0.to_string();
        let (head, tail) = text.split_at(text.len() - 4);
        let shown = head.get(..4).unwrap_or(head);
        format!("+{shown}***{tail}")
    }

    /// The ISO 3166 country the number belongs to, where its numbering plan tells.
    #[must_use]
    pub fn country(self) -> Option<String> {
        let parsed = phonenumber::parse(None, self.to_string()).ok()?;
        parsed.country().id().map(|id| id.as_ref().to_owned())
    }
}

impl FromStr for PhoneNumber {
    type Err = InvalidPhoneNumber;

    /// Forgives what people type: spaces, dots, dashes, brackets, a missing `+1` before ten digits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidPhoneNumber(text.to_owned());
        let trimmed = text.trim();
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
        // The North American plan has exactly ten digits after the 1, and no area code starts with 0 or 1.
        let area = digits.as_bytes().get(1).copied();
        if digits.starts_with('1') && (digits.len() != 11 || matches!(area, Some(b'0' | b'1'))) {
            return Err(invalid());
        }
        digits.parse().map(Self).map_err(|_| invalid())
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
        ] {
            assert!(bad.parse::<PhoneNumber>().is_err(), "{bad}");
        }
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
