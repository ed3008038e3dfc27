use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::domain::AccountName;
use crate::telnyx::Client;

/// The configured Telnyx accounts, each with its own client and so its own rate limit.
#[derive(Debug, Default)]
pub struct Accounts {
    clients: BTreeMap<AccountName, Client>,
    paused: Mutex<BTreeMap<AccountName, Timestamp>>,
    key_refused: Notify,
}

impl Accounts {
    /// The client of an account, if it is configured.
    #[must_use]
    pub fn client(&self, account: &AccountName) -> Option<&Client> {
        self.clients.get(account)
    }

    /// Every account with its client, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&AccountName, &Client)> {
        self.clients.iter()
    }

    /// Leaves an account alone until an instant: Telnyx does not accept its key.
    pub(super) fn pause(&self, account: &AccountName, until: Timestamp) {
        self.lock().insert(account.clone(), until);
        self.report_refused_key();
    }

    /// Ends the pause of an account: its key was replaced.
    pub fn resume(&self, account: &AccountName) {
        self.lock().remove(account);
    }

    /// Notifies whoever can read the keys again that Telnyx refused one.
    pub(super) fn report_refused_key(&self) {
        self.key_refused.notify_one();
    }

    /// Waits until Telnyx refuses a key. A refusal that nobody waited for is not lost.
    pub async fn key_refused(&self) {
        self.key_refused.notified().await;
    }

    /// Until when an account is left alone, if it is.
    pub(super) fn paused(&self, account: &AccountName, now: Timestamp) -> Option<Timestamp> {
        self.lock().get(account).copied().filter(|until| *until > now)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<AccountName, Timestamp>> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FromIterator<(AccountName, Client)> for Accounts {
    fn from_iter<I: IntoIterator<Item = (AccountName, Client)>>(accounts: I) -> Self {
        Self {
            clients: accounts.into_iter().collect(),
            paused: Mutex::default(),
            key_refused: Notify::new(),
        }
    }
}
