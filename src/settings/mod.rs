//! The settings of the service.
//!
//! `config` merges the layers. The rest is our own, because `config` alone ignores unknown keys and does not say where a
//! value came from.
//!
//! There are four layers, and later ones override earlier ones: the defaults, a settings file, systemd credentials, and
//! the environment. Every value keeps its origin, and all problems are reported together. An empty environment variable
//! counts as unset.
//!
//! A secret may be in a separate file (`…_file`). A file that cannot be read is a problem only for commands that need
//! the secret, so that a person without the service's permissions can still use the others.

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

/// All settings, validated.
#[derive(Debug)]
pub struct Settings {
    /// Whether verdicts are acted on.
    pub mode: Mode,
    /// The rule file.
    pub rules: PathBuf,
    /// A complete rule file that is evaluated in shadow mode.
    pub shadow_rules: Option<PathBuf>,
    /// Whether one person proposes rules and another activates them.
    pub rules_need_approval: bool,
    /// The bounds of list files.
    pub lists: ListSettings,
    /// Whether the redacted bodies of unparsable events are stored.
    pub keep_unparsable_bodies: bool,
    /// How Telnyx is called.
    pub telnyx: TelnyxSettings,
    /// The listen addresses.
    pub http: HttpSettings,
    /// The maximum number of open connections to Postgres.
    pub database_connections: u32,
    /// The format of log lines.
    pub log_format: LogFormat,
    secrets: secrets::Secrets,
    entries: Vec<Entry>,
}

/// The bounds of list files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListSettings {
    /// The maximum size of one list file, in bytes.
    pub max_size: u64,
    /// How much of a list one reload may remove without a person's confirmation, in percent of its entries.
    pub max_shrink_percent: u8,
}

/// How Telnyx is called.
#[derive(Debug, Clone, PartialEq)]
pub struct TelnyxSettings {
    /// The API's address, without a trailing slash.
    pub base_url: String,
    /// The maximum time between two polls for pending orders.
    pub poll_interval: Duration,
    /// The maximum number of requests per second, per account.
    pub requests_per_second: f64,
    /// The maximum duration of one call.
    pub timeout: Duration,
    /// Whether the first attempt of a rejection contains its code, which Telnyx's guide requires and its API contract
    /// does not list.
    pub send_rejection_code: bool,
}

/// The listen addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// For webhooks.
    pub public_listen: std::net::SocketAddr,
    /// For the API, health and metrics.
    pub admin_listen: std::net::SocketAddr,
    /// The maximum number of connections, per listener.
    pub max_connections: usize,
    /// The maximum number of connections per address.
    pub max_connections_per_address: usize,
    /// Whether webhooks are accepted. Without them only polling finds the orders.
    pub webhooks: bool,
}

word_enum! {
    /// The format of log lines.
    pub enum LogFormat {
        /// Text on a terminal, JSON elsewhere.
        Auto,
        /// Text for people.
        Text,
        /// One JSON object per line.
        Json,
    }
}

/// What the running service needs beyond the plain settings, complete and read.
#[derive(Debug, Clone)]
pub struct Serving {
    /// The database URL, which may contain a password.
    pub database_url: SecretString,
    /// The accounts, by name. There is at least one.
    pub accounts: Vec<AccountSettings>,
    /// The key for the PINs on file. Without it no PIN can be compared.
    pub pin_key: Option<Arc<PinKey>>,
}

impl Settings {
    /// Returns every setting with its value and origin. Secrets are hidden.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns what the service needs to run.
    ///
    /// # Errors
    /// Everything that is missing or cannot be read.
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

    /// Returns the database URL.
    ///
    /// # Errors
    /// It is not set, or the file that contains it cannot be read.
    pub fn database_url(&self) -> Result<&SecretString, Problem> {
        self.secrets.database_url()
    }

    /// Returns the Telnyx accounts, by name. There is at least one.
    ///
    /// # Errors
    /// No account is configured, or a file with one of their keys cannot be read.
    pub fn accounts(&self) -> Result<Vec<AccountSettings>, Problems> {
        self.secrets.accounts()
    }

    /// Returns the names of the accounts, whether or not their keys can be read, or `default` if none is configured.
    pub fn account_names(&self) -> impl Iterator<Item = &AccountName> {
        self.secrets.account_names()
    }

    /// Returns the key for the PINs on file, if one is configured.
    ///
    /// # Errors
    /// Its file cannot be read or does not contain a key.
    pub fn pin_key(&self) -> Result<Option<Arc<PinKey>>, Problem> {
        self.secrets.pin_key()
    }

    /// Creates a problem with the PIN key that its text alone does not show, located where the key was set.
    #[must_use]
    pub fn pin_key_problem(&self, message: impl Into<String>) -> Problem {
        self.secrets.pin_key_problem(message.into())
    }
}

impl fmt::Display for Settings {
    /// Writes an equivalent settings file with the secrets hidden.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries.iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}
