use std::collections::BTreeMap;

use crate::domain::AccountName;
use crate::telnyx::Client;

/// The configured Telnyx accounts, each with its own client and so its own rate limit.
#[derive(Debug, Default)]
pub struct Accounts(BTreeMap<AccountName, Client>);

impl Accounts {
    /// The client of an account, if it is configured.
    #[must_use]
    pub fn client(&self, account: &AccountName) -> Option<&Client> {
        self.0.get(account)
    }

    /// Every account with its client, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&AccountName, &Client)> {
        self.0.iter()
    }
}

impl FromIterator<(AccountName, Client)> for Accounts {
    fn from_iter<I: IntoIterator<Item = (AccountName, Client)>>(accounts: I) -> Self {
        Self(accounts.into_iter().collect())
    }
}
