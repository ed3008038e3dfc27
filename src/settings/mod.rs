//! What an operator configures.
//!
//! Four layers, the later over the earlier: what is built in; a settings file; systemd credentials; the
//! environment. Every value keeps the place it came from, and every problem is told at once. An empty
//! environment variable counts as unset.
//!
//! Secrets may stand in a file of their own (`…_file`). A file that cannot be read is a problem only for who
//! needs the secret, so that a person without the service's rights can still use the verbs that do without.

mod account;
mod environment;
mod file;
mod keys;
mod layer;
mod load;
mod merged;
mod parse;
mod problem;
mod secrets;
#[cfg(test)]
mod shipped_file;
#[cfg(test)]
mod tests;

pub use account::AccountSettings;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::words::word_enum;
use secrecy::SecretString;

use crate::domain::{AccountName, Mode, PinKey};

pub use merged::Entry;
pub use problem::{Problem, Problems};

/// Everything an operator can configure, checked.
#[derive(Debug)]
pub struct Settings {
    /// Whether verdicts are acted on.
    pub mode: Mode,
    /// The rule file.
    pub rules: PathBuf,
    /// A whole rule file that judges beside it in shadow.
    pub shadow_rules: Option<PathBuf>,
    /// Whether one person proposes rules and another puts them in force.
    pub rules_need_approval: bool,
    /// The bounds of list files.
    pub lists: ListSettings,
    /// Whether the redacted bodies of unparsable events are stored.
    pub keep_unparsable_bodies: bool,
    /// How Telnyx is spoken to.
    pub telnyx: TelnyxSettings,
    /// Where we listen.
    pub http: HttpSettings,
    /// The most connections kept open to Postgres.
    pub database_connections: u32,
    /// How log lines look.
    pub log_format: LogFormat,
    secrets: secrets::Secrets,
    entries: Vec<Entry>,
}

/// The bounds of list files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListSettings {
    /// The most bytes that one list file may have.
    pub max_size: u64,
    /// How much of a list may be lost in one reload without a person's confirmation, in percent of its entries.
    pub max_shrink_percent: u8,
}

/// How Telnyx is spoken to.
#[derive(Debug, Clone, PartialEq)]
pub struct TelnyxSettings {
    /// The API's address, without a slash at its end.
    pub base_url: String,
    /// The longest time between two looks for pending orders.
    pub poll_interval: Duration,
    /// The most requests a second, per account.
    pub requests_per_second: f64,
    /// The longest time one call may take.
    pub timeout: Duration,
    /// Whether a rejection is first sent with its code, which Telnyx's guide asks for and its contract lacks.
    pub send_rejection_code: bool,
}

/// Where we listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// For webhooks.
    pub public_listen: std::net::SocketAddr,
    /// For API, pages, health and metrics.
    pub admin_listen: std::net::SocketAddr,
    /// The most connections served at once, per listener.
    pub max_connections: usize,
    /// The most of them that one address may hold.
    pub max_connections_per_address: usize,
    /// Whether webhooks are taken. Without them, polling alone finds the orders.
    pub webhooks: bool,
}

word_enum! {
    /// How log lines look.
    pub enum LogFormat {
        /// For people on a terminal, JSON elsewhere.
        Auto,
        /// For people.
        Text,
        /// One JSON object a line.
        Json,
    }
}

/// What the running service needs beside the plain settings: all of it there, all of it read.
#[derive(Debug, Clone)]
pub struct Serving {
    /// The database's URL, which may hold a password.
    pub database_url: SecretString,
    /// The accounts, by name; at least one.
    pub accounts: Vec<AccountSettings>,
    /// The key for PINs on file; without it no PIN can be compared.
    pub pin_key: Option<Arc<PinKey>>,
}

impl Settings {
    /// Every setting with its value, secrets hidden, and where it came from.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What the service needs to run.
    ///
    /// # Errors
    /// Everything that is missing or cannot be read, at once.
    pub fn for_serve(&self) -> Result<Serving, Problems> {
        let mut problems = Vec::new();
        let database_url = problem::keep(&mut problems, self.database_url());
        let pin_key = problem::keep(&mut problems, self.pin_key());
        let accounts = problem::keep_all(&mut problems, self.accounts());
        if self.http.webhooks {
            problems.extend(self.secrets.missing_public_keys());
        }
        match (database_url, accounts, pin_key) {
            (Some(database_url), Some(accounts), Some(pin_key)) if problems.is_empty() => Ok(Serving {
                database_url: database_url.clone(),
                accounts,
                pin_key,
            }),
            _ => Err(Problems::new(problems)),
        }
    }

    /// The database's URL.
    ///
    /// # Errors
    /// It is not set, or the file that holds it cannot be read.
    pub fn database_url(&self) -> Result<&SecretString, Problem> {
        self.secrets.database_url()
    }

    /// The Telnyx accounts, by name; at least one.
    ///
    /// # Errors
    /// There is none, or a file that holds one of their keys cannot be read.
    pub fn accounts(&self) -> Result<Vec<AccountSettings>, Problems> {
        self.secrets.accounts()
    }

    /// The names of the accounts, whether or not their keys can be read; `default` where none is configured.
    pub fn account_names(&self) -> impl Iterator<Item = &AccountName> {
        self.secrets.account_names()
    }

    /// The key for PINs on file, if one is configured.
    ///
    /// # Errors
    /// Its file cannot be read, or holds no key.
    pub fn pin_key(&self) -> Result<Option<Arc<PinKey>>, Problem> {
        self.secrets.pin_key()
    }

    /// A problem with the key for PINs on file that its text alone does not show, said of the place where it was set.
    #[must_use]
    pub fn pin_key_problem(&self, message: impl Into<String>) -> Problem {
        self.secrets.pin_key_problem(message.into())
    }
}

impl fmt::Display for Settings {
    /// As a settings file that would give the same, secrets hidden.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries.iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}
