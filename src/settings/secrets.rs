//! Secrets, from files, the environment or systemd's credentials.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::account::AccountSettings;
use super::merged::Merged;
use super::parse;
use super::problem::{Problem, Problems, keep};
use crate::domain::{AccountName, PinKey};

/// The secrets, as far as they could be read.
#[derive(Debug)]
pub(super) struct Secrets {
    database_url: Slot,
    pin_key: Slot,
    accounts: BTreeMap<AccountName, Keys>,
}

#[derive(Debug)]
struct Keys {
    api_key: Slot,
    public_key: Slot,
}

/// An optional secret. `key` and `origin` say where it was set, for messages.
#[derive(Debug)]
enum Slot {
    Unset {
        key: String,
    },
    Held {
        key: String,
        origin: String,
        secret: SecretString,
    },
    Unreadable(Problem),
}

impl Secrets {
    /// Reads the secrets from the settings and from the files that contain them.
    pub(super) fn read(merged: &Merged, read_file: &dyn Fn(&Path) -> io::Result<String>) -> Self {
        let slot = |key: &str| Slot::read(merged, key, read_file);
        let keys = |section: &str| Keys {
            api_key: slot(&format!("{section}.api_key")),
            public_key: slot(&format!("{section}.public_key")),
        };
        let mut accounts = BTreeMap::new();
        for name in merged.account_names() {
            // The names were validated when they were read.
            if let Ok(account) = name.parse() {
                accounts.insert(account, keys(&format!("accounts.{name}")));
            }
        }
        let default = keys("telnyx");
        if accounts.is_empty() || !default.is_unset() {
            accounts.insert(AccountName::default_account(), default);
        }
        Self {
            database_url: slot("database.url"),
            pin_key: slot("pin_key"),
            accounts,
        }
    }

    pub(super) fn database_url(&self) -> Result<&SecretString, Problem> {
        match &self.database_url {
            held @ Slot::Held { secret, .. } => {
                let url = secret.expose_secret();
                if url.starts_with("postgres://") || url.starts_with("postgresql://") {
                    return Ok(secret);
                }
                Err(held.problem(
                    "is not a valid Postgres URL: write one such as `postgres://portoutd@localhost/portoutd`",
                ))
            }
            Slot::Unreadable(problem) => Err(problem.clone()),
            Slot::Unset { key } => Err(Problem::missing(
                key,
                "is not set: set DATABASE_URL to the database's URL, such as \
                 `postgres://portoutd@localhost/portoutd`, or name a file with it in DATABASE_URL_FILE",
            )),
        }
    }

    pub(super) fn pin_key(&self) -> Result<Option<Arc<PinKey>>, Problem> {
        match &self.pin_key {
            Slot::Unset { .. } => Ok(None),
            Slot::Unreadable(problem) => Err(problem.clone()),
            Slot::Held { key, origin, secret } => match PinKey::from_hex(secret.expose_secret()) {
                Ok(key) => Ok(Some(Arc::new(key))),
                Err(error) => Err(Problem::new(
                    key,
                    origin,
                    format!("names a file without a valid PIN key: {error}"),
                )),
            },
        }
    }

    /// Creates a problem with the PIN key, located where the key was set.
    pub(super) fn pin_key_problem(&self, message: String) -> Problem {
        self.pin_key.problem(message)
    }

    pub(super) fn accounts(&self) -> Result<Vec<AccountSettings>, Problems> {
        let mut problems = Vec::new();
        let mut accounts: Vec<AccountSettings> = Vec::new();
        for (name, keys) in &self.accounts {
            let api_key = keep(&mut problems, keys.api_key());
            let public_key = keep(&mut problems, keys.public_key());
            let (Some(api_key), Some(public_key)) = (api_key, public_key) else {
                continue;
            };
            let same_key =
                |other: &&AccountSettings| other.api_key.expose_secret() == api_key.expose_secret();
            if let Some(other) = accounts.iter().find(same_key) {
                problems.push(keys.api_key.problem(format!(
                    "is also the API key of account `{}`: configure each Telnyx account once, or its orders would be answered twice",
                    other.name
                )));
            }
            accounts.push(AccountSettings {
                name: name.clone(),
                api_key: api_key.clone(),
                public_key,
            });
        }
        if problems.is_empty() {
            Ok(accounts)
        } else {
            Err(Problems::new(problems))
        }
    }
}

impl Secrets {
    pub(super) fn account_names(&self) -> impl Iterator<Item = &AccountName> {
        self.accounts.keys()
    }

    /// Reports accounts whose webhooks could not be distinguished from forged ones.
    pub(super) fn missing_public_keys(&self) -> impl Iterator<Item = Problem> {
        let unset = |keys: &Keys| matches!(keys.public_key, Slot::Unset { .. });
        self.accounts
            .iter()
            .filter(move |(_, keys)| unset(keys))
            .map(|(name, _)| missing_public_key(name))
    }
}

impl Keys {
    fn is_unset(&self) -> bool {
        matches!(
            (&self.api_key, &self.public_key),
            (Slot::Unset { .. }, Slot::Unset { .. })
        )
    }

    fn api_key(&self) -> Result<&SecretString, Problem> {
        match &self.api_key {
            // Other characters cannot be sent in a header.
            Slot::Held { secret, .. }
                if secret.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Ok(secret)
            }
            held @ Slot::Held { .. } => Err(held.problem(
                "is not a valid API key: remove spaces and other characters that keys do not contain",
            )),
            Slot::Unreadable(problem) => Err(problem.clone()),
            Slot::Unset { key } => {
                let variable = if key == "telnyx.api_key" {
                    ", or set TELNYX_API_KEY,"
                } else {
                    ""
                };
                Err(Problem::missing(
                    key,
                    format!(
                        "is not set: set it{variable} or name a file with it in `{key}_file` \
                         (portal: Account Settings, Keys & Credentials, API Keys)"
                    ),
                ))
            }
        }
    }

    fn public_key(&self) -> Result<Option<String>, Problem> {
        match &self.public_key {
            Slot::Unset { .. } => Ok(None),
            Slot::Unreadable(problem) => Err(problem.clone()),
            held @ Slot::Held { secret, .. } => parse::public_key(secret.expose_secret())
                .map(Some)
                .map_err(|message| held.problem(message)),
        }
    }
}

impl Slot {
    fn read(merged: &Merged, key: &str, read_file: &dyn Fn(&Path) -> io::Result<String>) -> Self {
        if let Some((value, origin)) = merged.get(key) {
            if value.trim().is_empty() {
                return Self::Unreadable(Problem::new(
                    key,
                    origin,
                    "is empty: give it a value, or remove it",
                ));
            }
            return Self::Held {
                key: key.to_owned(),
                origin: origin.to_owned(),
                secret: SecretString::from(value.trim()),
            };
        }
        let key_of_file = format!("{key}_file");
        let Some((path, origin)) = merged.get(&key_of_file) else {
            return Self::Unset { key: key.to_owned() };
        };
        let problem =
            |what: String| Problem::new(&key_of_file, origin, format!("names `{path}`, which {what}"));
        match read_file(Path::new(path)) {
            Err(error) => Self::Unreadable(problem(format!("cannot be read: {error}"))),
            Ok(text) if text.trim().is_empty() => Self::Unreadable(problem("is empty".to_owned())),
            Ok(text) => Self::Held {
                secret: SecretString::from(text.trim()),
                origin: origin.to_owned(),
                key: key_of_file,
            },
        }
    }

    fn problem(&self, message: impl Into<String>) -> Problem {
        match self {
            Self::Held { key, origin, .. } => Problem::new(key, origin, message),
            Self::Unset { key } => Problem::missing(key, message),
            Self::Unreadable(problem) => problem.clone(),
        }
    }
}

fn missing_public_key(account: &AccountName) -> Problem {
    let default = *account == AccountName::default_account();
    let (key, variable) = if default {
        ("telnyx.public_key".to_owned(), ", or set TELNYX_PUBLIC_KEY")
    } else {
        (format!("accounts.{account}.public_key"), "")
    };
    Problem::missing(
        &key,
        format!(
            "is not set, and webhooks cannot be verified without it: set it{variable} (portal: Account \
             Settings, Keys & Credentials, Public Key), or set `http.webhooks = false` to find orders by polling alone"
        ),
    )
}
