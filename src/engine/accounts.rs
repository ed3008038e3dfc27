//! The configured Telnyx accounts.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::domain::AccountName;
use crate::telnyx::Client;

/// The configured Telnyx accounts, each with its own client and so its own rate limit.
#[derive(Debug, Default)]
pub struct Accounts {
    clients: BTreeMap<AccountName, Client>,
    /// Until which uptime of the clock each account is left alone.
    paused: Mutex<BTreeMap<AccountName, Duration>>,
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

    /// Leaves an account alone until an uptime of the clock: Telnyx does not accept its key.
    pub(super) fn pause(&self, account: &AccountName, until: Duration) {
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

    /// How much longer an account is left alone at an uptime of the clock, if it is.
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
