//! The settings merged from all sources, each with its origin.

use std::collections::BTreeMap;
use std::fmt;

use config::{Config, Map, Source as _, Value, ValueKind};

use super::keys::{self, ACCOUNT_KEYS, KEYS, Kind};
use super::layer::Layer;
use super::problem::Problem;

/// A merged setting: its name, its value unless that is a secret, and its origin.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Entry {
    /// The dotted name.
    pub key: String,
    /// The value as text, `(hidden)` for a secret, `None` if it is not set.
    pub value: Option<String>,
    /// Where it was set, such as `portoutd.toml:3`; `None` if it is not set.
    pub origin: Option<String>,
    #[serde(skip)]
    kind: Kind,
}

/// The merged layers, each value with its origin.
pub(super) struct Merged(BTreeMap<String, (String, String)>);

impl Merged {
    /// Merges the layers. Later layers override earlier ones.
    pub(super) fn from_layers(layers: impl IntoIterator<Item = Layer>) -> Result<Self, Problem> {
        let mut builder = Config::builder();
        for layer in layers {
            builder = builder.add_source(layer);
        }
        let map = builder.build().and_then(|config| config.collect());
        let map = map.map_err(|error| Problem::of_place("settings", error.to_string()))?;
        let mut values = BTreeMap::new();
        flatten("", map, &mut values);
        Ok(Self(values))
    }

    /// Returns the text and origin of a setting.
    pub(super) fn get(&self, key: &str) -> Option<(&str, &str)> {
        self.0
            .get(key)
            .map(|(value, origin)| (value.as_str(), origin.as_str()))
    }

    /// Reads a setting that has a default, or records the problem.
    pub(super) fn read<T>(
        &self,
        problems: &mut Vec<Problem>,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let (value, origin) = self.get(key).unwrap_or(("", "default"));
        parse(value)
            .map_err(|message| problems.push(Problem::new(key, origin, message)))
            .ok()
    }

    /// Returns the names of the accounts with their own sections.
    pub(super) fn account_names(&self) -> impl Iterator<Item = &str> {
        let mut names: Vec<&str> = self
            .0
            .keys()
            .filter_map(|key| key.strip_prefix("accounts.")?.split_once('.'))
            .map(|(name, _)| name)
            .collect();
        names.dedup();
        names.into_iter()
    }

    /// Returns every setting, set or not, for display.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let plain = KEYS.iter().map(|key| (key.name.to_owned(), key.kind));
        let accounts = self.account_names().flat_map(|account| {
            ACCOUNT_KEYS
                .iter()
                .map(move |key| (format!("accounts.{account}.{}", key.name), key.kind))
        });
        plain
            .chain(accounts)
            .filter_map(|(key, kind)| {
                let (value, origin) = self.get(&key).unzip();
                // A secret that is not set is listed once, without its `_file` form.
                let other_form = keys::twin(&key);
                if value.is_none()
                    && other_form.is_some_and(|twin| key.ends_with("_file") || self.get(&twin).is_some())
                {
                    return None;
                }
                let value = value.map(|value| if kind == Kind::Secret { "(hidden)" } else { value });
                Some(Entry {
                    value: value.map(str::to_owned),
                    origin: origin.map(str::to_owned),
                    key,
                    kind,
                })
            })
            .collect()
    }
}

fn flatten(prefix: &str, map: Map<String, Value>, into: &mut BTreeMap<String, (String, String)>) {
    for (key, value) in map {
        let origin = value.origin().unwrap_or_default().to_owned();
        match value.kind {
            ValueKind::Table(table) => flatten(&format!("{prefix}{key}."), table, into),
            ValueKind::String(text) => {
                into.insert(format!("{prefix}{key}"), (text, origin));
            }
            // The other form of a secret, which a later layer removed.
            _ => {}
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, value, kind, .. } = self;
        match (value, kind) {
            (None, _) => write!(f, "# {key} is not set"),
            (Some(value), Kind::Number | Kind::Flag) => write!(f, "{key} = {value}"),
            (Some(value), Kind::Text | Kind::Path | Kind::Secret) => write!(f, "{key} = {value:?}"),
        }
    }
}
