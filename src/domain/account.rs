//! The name of a configured Telnyx account.

use std::fmt;
use std::str::FromStr;

/// The name that an operator gives a Telnyx account. It appears in `/webhooks/telnyx/{account}` and in every table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountName(String);

/// The error for an invalid account name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid account name: use 1 to 40 of a-z, 0-9, `-` and `_`")]
pub struct InvalidAccountName(String);

impl AccountName {
    /// Returns the account that `TELNYX_API_KEY` and `TELNYX_PUBLIC_KEY` configure, and that `/webhooks/telnyx` without
    /// a name belongs to.
    #[must_use]
    pub fn default_account() -> Self {
        Self("default".to_owned())
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountName {
    type Err = InvalidAccountName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if text.is_empty() || text.len() > 40 || !text.chars().all(allowed) {
            return Err(InvalidAccountName(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for AccountName {
    type Error = InvalidAccountName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AccountName> for String {
    fn from(name: AccountName) -> Self {
        name.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_name_is_safe_in_a_path() {
        assert!("main-2".parse::<AccountName>().is_ok());
        for bad in ["", "Main", "a/b", "a b", "ü"] {
            assert!(bad.parse::<AccountName>().is_err(), "{bad}");
        }
    }
}
