use std::fmt;
use std::str::FromStr;

/// A service provider id such as `073H`: opaque, compared trimmed and case-blind, so kept in upper case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Spid(String);

/// What is wrong with a SPID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no SPID: expected 1 to 64 letters, digits, `-` or `_`, such as `073H`")]
pub struct InvalidSpid(String);

impl Spid {
    /// The SPID in its canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Spid {
    type Err = InvalidSpid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if trimmed.is_empty() || trimmed.len() > 64 || !trimmed.chars().all(allowed) {
            return Err(InvalidSpid(text.to_owned()));
        }
        Ok(Self(trimmed.to_ascii_uppercase()))
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
    fn a_spid_is_compared_trimmed_and_case_blind() {
        assert_eq!(" 073h ".parse::<Spid>(), "073H".parse::<Spid>());
        assert!(" ".parse::<Spid>().is_err());
    }
}
