//! Finds the settings file and loads all settings.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::layer::Layer;
use super::merged::Merged;
use super::problem::{Problem, Problems};
use super::secrets::Secrets;
use super::{HttpSettings, ListSettings, Settings, TelnyxSettings, environment, file, keys, parse};

/// Where a settings file is looked for by default. The first one that exists is read.
const PLACES: [&str; 2] = ["portoutd.toml", "/etc/portoutd/portoutd.toml"];

impl Settings {
    /// Reads the settings of this process from the given file, or else `portoutd.toml` in the working directory, or
    /// else `/etc/portoutd/portoutd.toml`, or no file; from systemd's credentials; and from the environment.
    ///
    /// # Errors
    /// All problems together.
    pub fn load(config: Option<&Path>) -> Result<Self, Problems> {
        let file = match config {
            Some(path) => Some((path.to_owned(), read_named(path)?)),
            None => find_file()?,
        };
        let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let variables = std::env::vars_os().map(|(name, value)| (lossy(name), lossy(value)));
        Self::from_layers(file, variables, &|path| std::fs::read_to_string(path))
    }

    /// Builds the settings from the path and text of a settings file, environment variables, and a function that reads
    /// the files with secrets.
    ///
    /// # Errors
    /// All problems together.
    pub fn from_layers(
        file: Option<(PathBuf, String)>,
        environment: impl IntoIterator<Item = (String, String)>,
        read_file: &dyn Fn(&Path) -> io::Result<String>,
    ) -> Result<Self, Problems> {
        let variables: BTreeMap<String, String> = environment.into_iter().collect();
        let mut problems = Vec::new();
        let exists =
            |path: &Path| !matches!(read_file(path), Err(error) if error.kind() == io::ErrorKind::NotFound);
        let mut layers = match file {
            None => vec![Layer::defaults(Path::new(""))],
            Some((path, text)) => vec![
                Layer::defaults(path.parent().unwrap_or(Path::new(""))),
                file::read(&path, &text, &mut problems),
            ],
        };
        layers.push(environment::read_credentials(&variables, exists, &mut problems));
        layers.push(environment::read(&variables, &mut problems));
        let merged = Merged::from_layers(layers)?;
        let settings = typed(&merged, &mut problems, read_file);
        match settings {
            Some(settings) if problems.is_empty() => Ok(settings),
            _ => Err(Problems::new(problems)),
        }
    }
}

fn typed(
    merged: &Merged,
    problems: &mut Vec<Problem>,
    read_file: &dyn Fn(&Path) -> io::Result<String>,
) -> Option<Settings> {
    let mode = merged.read(problems, "mode", parse::word);
    let rules = merged.read(problems, "rules", parse::path);
    let shadow_rules = merged
        .get("shadow_rules")
        .map(|_| merged.read(problems, "shadow_rules", parse::path));
    let rules_need_approval = merged.read(problems, "rules_need_approval", parse::flag);
    let lists = lists(merged, problems);
    let keep_unparsable_bodies = merged.read(problems, "events.keep_unparsable_bodies", parse::flag);
    let telnyx = telnyx(merged, problems);
    let http = http(merged, problems);
    let connections = merged.read(problems, "database.max_connections", |text| {
        parse::count(text, 2..=1000)
    });
    let log_format = merged.read(problems, "log.format", parse::word);
    Some(Settings {
        mode: mode?,
        rules: rules?,
        shadow_rules: shadow_rules.flatten(),
        rules_need_approval: rules_need_approval?,
        lists: lists?,
        keep_unparsable_bodies: keep_unparsable_bodies?,
        telnyx: telnyx?,
        http: http?,
        database_connections: connections?,
        log_format: log_format?,
        secrets: Secrets::read(merged, read_file),
        entries: merged.entries(),
    })
}

fn lists(merged: &Merged, problems: &mut Vec<Problem>) -> Option<ListSettings> {
    let max_size = merged.read(problems, "lists.max_size", |text| {
        parse::size(text, keys::LIST_SIZE)
    });
    let max_shrink = merged.read(problems, "lists.max_shrink", parse::percent);
    Some(ListSettings {
        max_size: max_size?,
        max_shrink_percent: max_shrink?,
    })
}

fn telnyx(merged: &Merged, problems: &mut Vec<Problem>) -> Option<TelnyxSettings> {
    let base_url = merged.read(problems, "telnyx.base_url", parse::base_url);
    let poll_interval = merged.read(problems, "telnyx.poll_interval", |text| {
        parse::duration(text, keys::POLL_INTERVAL)
    });
    let requests_per_second = merged.read(problems, "telnyx.requests_per_second", parse::rate);
    let timeout = merged.read(problems, "telnyx.timeout", |text| {
        parse::duration(text, keys::TIMEOUT)
    });
    let send_rejection_code = merged.read(problems, "telnyx.send_rejection_code", parse::flag);
    Some(TelnyxSettings {
        base_url: base_url?,
        poll_interval: poll_interval?,
        requests_per_second: requests_per_second?,
        timeout: timeout?,
        send_rejection_code: send_rejection_code?,
    })
}

fn http(merged: &Merged, problems: &mut Vec<Problem>) -> Option<HttpSettings> {
    let public_listen = merged.read(problems, "http.public_listen", parse::address);
    let admin_listen = merged.read(problems, "http.admin_listen", |text| {
        let admin = parse::address(text)?;
        match public_listen.filter(|public| parse::clash(*public, admin)) {
            Some(public) => Err(format!(
                "cannot be `{admin}`: `http.public_listen` is `{public}`, and each listener needs its own port"
            )),
            None => Ok(admin),
        }
    });
    let connections = merged.read(problems, "http.max_connections", |text| {
        parse::count(text, 1..=65_535)
    });
    let per_address = merged.read(problems, "http.max_connections_per_address", |text| {
        parse::count(text, 1..=65_535)
    });
    let webhooks = merged.read(problems, "http.webhooks", parse::flag);
    Some(HttpSettings {
        public_listen: public_listen?,
        admin_listen: admin_listen?,
        max_connections: usize::try_from(connections?).ok()?,
        max_connections_per_address: usize::try_from(per_address?).ok()?,
        webhooks: webhooks?,
    })
}

fn read_named(path: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

fn find_file() -> Result<Option<(PathBuf, String)>, Problem> {
    for place in PLACES.map(PathBuf::from) {
        match std::fs::read_to_string(&place) {
            Ok(text) => return Ok(Some((place, text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(&place, &error)),
        }
    }
    Ok(None)
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    let message = format!("the settings file cannot be read: {error}");
    Problem::of_place(&path.display().to_string(), message)
}
