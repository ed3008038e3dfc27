//! Service provider IDs (SPIDs) of carriers.

use std::fmt;
use std::str::FromStr;

use super::folding;

/// A service provider ID such as `073H`. It is opaque, compared as [`folding::fold`] returns it, and stored in upper
/// case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Spid(String);

/// The error for an invalid SPID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a valid SPID: expected 1 to 64 letters, digits, `-` or `_`, such as `073H`", folding::shown(.0))]
pub struct InvalidSpid(String);

impl Spid {
    /// Returns the SPID in its canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Spid {
    type Err = InvalidSpid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let folded = folding::fold(text);
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if folded.is_empty() || folded.len() > 64 || !folded.chars().all(allowed) {
            return Err(InvalidSpid(text.to_owned()));
        }
        Ok(Self(folded.to_ascii_uppercase()))
    }
}

impl TryFrom<String> for Spid {
    type Error = InvalidSpid;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Spid> for String {
    fn from(spid: Spid) -> Self {
        spid.0
    }
}

impl fmt::Display for Spid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spellings_of_a_spid_are_one_spid() {
        for spelling in [
            " 073h ",
            "073H\u{a0}",
            "\u{feff}073\u{200b}H",
            "０７３Ｈ",
            "\t073&#72;\n",
        ] {
            assert_eq!(spelling.parse::<Spid>(), "073H".parse::<Spid>(), "{spelling:?}");
        }
        assert_eq!("a–1".parse::<Spid>(), "A-1".parse::<Spid>());
    }

    #[test]
    fn what_is_not_a_spid_is_refused() {
        for text in ["", " ", "\u{200b}", "073 H", "07\u{0}\u{663}", "\u{410}73H"] {
            assert!(text.parse::<Spid>().is_err(), "{text:?}");
        }
        let refused = "a\u{1b}b c".parse::<Spid>().unwrap_err();
        assert!(refused.to_string().contains(r"`a\u{1b}b c`"), "{refused}");
    }
}
