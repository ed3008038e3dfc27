//! The list of all settings.

use std::time::Duration;

/// The kind of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Quoted text: a word, a path, an address, a URL or a duration.
    Text,
    /// The path of a file. In a settings file it is relative to the file's folder.
    Path,
    /// A number.
    Number,
    /// `true` or `false`.
    Flag,
    /// Text that is never displayed.
    Secret,
}

/// A setting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// Its dotted name, or the part after `accounts.NAME.` for a setting of a named account.
    pub(super) name: &'static str,
    /// The kind of its value.
    pub(super) kind: Kind,
    /// Its default value.
    pub(super) default: Option<&'static str>,
}

pub(super) const POLL_INTERVAL: (Duration, Duration) = (Duration::from_secs(5), Duration::from_hours(1));
/// In bytes.
pub(super) const LIST_SIZE: (u64, u64) = (1 << 10, 64 << 30);
pub(super) const TIMEOUT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));

/// Every setting, in display order.
pub(super) const KEYS: &[Key] = &[
    key("mode", Kind::Text, Some("shadow")),
    key("rules", Kind::Path, Some("rules.toml")),
    key("shadow_rules", Kind::Path, None),
    key("rules_need_approval", Kind::Flag, Some("false")),
    key("lists.max_size", Kind::Text, Some("512MiB")),
    key("lists.max_shrink", Kind::Text, Some("10%")),
    key("events.keep_unparsable_bodies", Kind::Flag, Some("false")),
    key("telnyx.base_url", Kind::Text, Some("https://api.telnyx.com/v2")),
    key("telnyx.api_key", Kind::Secret, None),
    key("telnyx.api_key_file", Kind::Path, None),
    key("telnyx.public_key", Kind::Text, None),
    key("telnyx.public_key_file", Kind::Path, None),
    key("telnyx.poll_interval", Kind::Text, Some("60s")),
    key("telnyx.requests_per_second", Kind::Number, Some("5")),
    key("telnyx.timeout", Kind::Text, Some("10s")),
    key("telnyx.send_rejection_code", Kind::Flag, Some("true")),
    key("http.public_listen", Kind::Text, Some("127.0.0.1:8080")),
    key("http.admin_listen", Kind::Text, Some("127.0.0.1:8081")),
    key("http.max_connections", Kind::Number, Some("1024")),
    key("http.max_connections_per_address", Kind::Number, Some("512")),
    key("http.webhooks", Kind::Flag, Some("true")),
    key("database.url", Kind::Secret, None),
    key("database.url_file", Kind::Path, None),
    key("database.max_connections", Kind::Number, Some("16")),
    key("pin_key_file", Kind::Path, None),
    key("log.format", Kind::Text, Some("auto")),
];

/// The settings of a named account, after `accounts.NAME.`.
pub(super) const ACCOUNT_KEYS: &[Key] = &[
    key("api_key", Kind::Secret, None),
    key("api_key_file", Kind::Path, None),
    key("public_key", Kind::Text, None),
    key("public_key_file", Kind::Path, None),
];

/// Well-known variable names, each with its setting.
pub(super) const KNOWN_NAMES: &[(&str, &str)] = &[
    ("DATABASE_URL", "database.url"),
    ("DATABASE_URL_FILE", "database.url_file"),
    ("TELNYX_API_KEY", "telnyx.api_key"),
    ("TELNYX_API_KEY_FILE", "telnyx.api_key_file"),
    ("TELNYX_PUBLIC_KEY", "telnyx.public_key"),
    ("TELNYX_PUBLIC_KEY_FILE", "telnyx.public_key_file"),
];

/// The systemd credentials, each with its setting.
pub(super) const CREDENTIALS: &[(&str, &str)] = &[
    ("database_url", "database.url_file"),
    ("telnyx_api_key", "telnyx.api_key_file"),
    ("telnyx_public_key", "telnyx.public_key_file"),
    ("pin_key", "pin_key_file"),
];

const fn key(name: &'static str, kind: Kind, default: Option<&'static str>) -> Key {
    Key { name, kind, default }
}

/// Returns the setting with this name, including settings of accounts.
pub(super) fn find(name: &str) -> Option<Key> {
    let (keys, name) = match name.strip_prefix("accounts.") {
        Some(rest) => (ACCOUNT_KEYS, rest.split_once('.')?.1),
        None => (KEYS, name),
    };
    keys.iter().find(|key| key.name == name).copied()
}

/// Returns whether a name is a table of settings.
pub(super) fn is_section(name: &str) -> bool {
    let inside = |key: &Key| {
        key.name
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('.'))
    };
    match name.strip_prefix("accounts") {
        Some("") => true,
        Some(rest) => rest.starts_with('.') && !rest.trim_start_matches('.').contains('.'),
        None => KEYS.iter().any(inside),
    }
}

/// Returns the name of the other form of a secret: `telnyx.api_key` for `telnyx.api_key_file`, and the reverse.
pub(super) fn twin(name: &str) -> Option<String> {
    let twin = match name.strip_suffix("_file") {
        Some(direct) => direct.to_owned(),
        None => format!("{name}_file"),
    };
    find(&twin).is_some().then_some(twin)
}

/// Returns the setting whose name is most similar to a misspelled one, if any is similar.
pub(super) fn nearest(misspelt: &str) -> Option<String> {
    let (prefix, wanted, keys) = match misspelt
        .strip_prefix("accounts.")
        .and_then(|rest| rest.split_once('.'))
    {
        Some((account, rest)) => (format!("accounts.{account}."), rest, ACCOUNT_KEYS),
        None => (String::new(), misspelt, KEYS),
    };
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let distance = |name: &str| {
        let whole = strsim::damerau_levenshtein(name, wanted);
        // The right word in the wrong section, or without one, counts as similar too.
        if last(name) == last(wanted) {
            whole.min(1)
        } else {
            whole
        }
    };
    let (found, name) = keys
        .iter()
        .map(|key| (distance(key.name), key.name))
        .min_by_key(|(distance, _)| *distance)?;
    (found * 3 <= wanted.len()).then(|| format!("{prefix}{name}"))
}
