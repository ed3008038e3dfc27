//! The configured Telnyx accounts.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::domain::AccountName;
use crate::telnyx::Client;

/// The configured Telnyx accounts. Each has its own client and therefore its own rate limit.
#[derive(Debug, Default)]
pub struct Accounts {
    clients: BTreeMap<AccountName, Client>,
    /// The clock uptime until which calls to each account are paused.
    paused: Mutex<BTreeMap<AccountName, Duration>>,
    key_refused: Notify,
}

impl Accounts {
    /// Returns the client of an account, or `None` if the account is not configured.
    #[must_use]
    pub fn client(&self, account: &AccountName) -> Option<&Client> {
        self.clients.get(account)
    }

    /// Iterates over the accounts and their clients, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&AccountName, &Client)> {
        self.clients.iter()
    }

    /// Pauses calls to an account until the given clock uptime because Telnyx rejects its key.
    pub(super) fn pause(&self, account: &AccountName, until: Duration) {
        self.lock().insert(account.clone(), until);
        self.report_refused_key();
    }

    /// Ends the pause of an account after its key was replaced.
    pub fn resume(&self, account: &AccountName) {
        self.lock().remove(account);
    }

    /// Notifies the task that can reload the keys that Telnyx rejected one.
    pub(super) fn report_refused_key(&self) {
        self.key_refused.notify_one();
    }

    /// Waits until Telnyx rejects a key. A rejection is not lost if nobody is waiting when it happens.
    pub async fn key_refused(&self) {
        self.key_refused.notified().await;
    }

    /// Returns how much longer calls to an account are paused, given the clock uptime, or `None` if they are not
    /// paused.
    pub(super) fn paused(&self, account: &AccountName, uptime: Duration) -> Option<Duration> {
        let until = self.lock().get(account).copied()?;
        until.checked_sub(uptime).filter(|left| !left.is_zero())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<AccountName, Duration>> {
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
