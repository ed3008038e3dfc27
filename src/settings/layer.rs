//! The settings from one source.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use config::{ConfigError, Map, Source, Value, ValueKind};

use super::Problem;
use super::keys::{self, Key, Kind};

/// The settings from one source before they are merged with the others. `Debug` shows no values, because some are
/// secret.
#[derive(Clone, Default)]
pub(super) struct Layer {
    values: BTreeMap<String, (String, String)>,
}

impl Layer {
    /// Returns the defaults. Paths are relative to the settings file's folder.
    pub(super) fn defaults(folder: &Path) -> Self {
        let mut layer = Self::default();
        for Key { name, kind, default } in keys::KEYS {
            let value = match (default, kind) {
                (None, _) => continue,
                (Some(path), Kind::Path) => folder.join(path).to_string_lossy().into_owned(),
                (Some(value), _) => (*value).to_owned(),
            };
            layer
                .values
                .insert((*name).to_owned(), (value, "default".to_owned()));
        }
        layer
    }

    /// Sets a value. Two values for one setting, or for both forms of one secret, are a problem, because nobody could
    /// tell which was meant.
    pub(super) fn set(&mut self, name: &str, value: String, origin: String) -> Result<(), Problem> {
        let twin = keys::twin(name);
        let other = [Some(name), twin.as_deref()]
            .into_iter()
            .flatten()
            .find_map(|name| self.values.get(name));
        if let Some((_, earlier)) = other {
            let message = format!("is set twice, here and by {earlier}: remove one of them");
            return Err(Problem::new(name, &origin, message));
        }
        self.values.insert(name.to_owned(), (value, origin));
        Ok(())
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let mut map = Map::new();
        for (name, (value, origin)) in &self.values {
            // A layer that sets one form of a secret removes the other form from lower layers.
            if let Some(twin) = keys::twin(name) {
                map.insert(twin, Value::new(Some(origin), ValueKind::Nil));
            }
            map.insert(name.clone(), Value::new(Some(origin), value.as_str()));
        }
        Ok(map)
    }
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}
