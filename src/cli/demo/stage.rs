//! What the demo needs on disk: settings, rules, a key and a register. It lies in the cluster's directory and goes with it.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cli::Failure;
use crate::cli::numbers;
use crate::cli::serve::Parts;
use crate::clock::Clock;
use crate::postgres::{Cluster, DATABASE};
use crate::settings::Settings;
use crate::simulator::{self, Simulator};

const RULES: &str = include_str!("../../../rules.toml");
const FROZEN_NUMBERS: &str = include_str!("../../../lists/frozen-numbers.csv");

/// The demo's files, and the settings that name them.
pub(super) struct Stage {
    settings: Settings,
    settings_file: PathBuf,
    register: String,
}

impl Stage {
    /// Writes the files and reads the settings as the service would.
    pub(super) async fn set(
        cluster: &Cluster,
        telnyx: &Simulator,
        seed: u64,
        register_size: usize,
    ) -> Result<Self, Failure> {
        let folder = cluster.directory().join("demo");
        let settings_file = folder.join("portoutd.toml");
        let text = settings_text(cluster, telnyx, &folder)?;
        write(&folder, &text).with_context(|| format!("writing the demo's files to `{}`", folder.display()))?;
        let read = |path: &Path| fs::read_to_string(path);
        let settings = Settings::from_layers(Some((settings_file.clone(), text)), [], &read).map_err(Failure::config)?;
        let register = simulator::register_csv(seed, register_size);
        Ok(Self { settings, settings_file, register })
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Imports the register over the same path as `portoutd numbers import`.
    pub(super) async fn import_register(&self, parts: &Parts, clock: &dyn Clock) -> Result<(), Failure> {
        let key = self.settings.pin_key().map_err(Failure::config)?;
        numbers::import_text(parts.pool(), &self.register, key.as_deref(), clock.now()).await
    }

    /// Says what runs, before the decisions scroll.
    pub(super) fn introduce(&self, admin: SocketAddr) {
        eprintln!("The service runs in enforce mode; its metrics are at http://{admin}/metrics.");
        eprintln!("Its rules: {}\n", self.settings.rules.display());
    }

    /// What to try next, in another terminal.
    pub(super) fn suggest(&self, order: &str) {
        let program = std::env::args().next().unwrap_or_else(|| "portoutd".to_owned());
        let config = format!("--config {}", self.settings_file.display());
        eprintln!("\nIn another terminal, try:");
        eprintln!("  {program} decisions show {order} {config}");
        eprintln!("  {program} pending {config}");
        eprintln!("  {program} decisions list {config}");
        eprintln!("  {program} reject ORDER --reason \"the owner says no\" {config}    (an order that `pending` shows)");
        eprintln!("  edit {}, and watch the next decisions follow it", self.settings.rules.display());
        eprintln!("Ctrl-C stops the demo and removes everything it made.\n");
    }
}

fn settings_text(cluster: &Cluster, telnyx: &Simulator, folder: &Path) -> Result<String, Failure> {
    let (public, admin) = (free_address()?, free_address()?);
    let key = folder.join("pin.key");
    let mut text = toml::Table::new();
    let mut put = |section: &str, name: &str, value: String| {
        let table = text.entry(section).or_insert_with(|| toml::Table::new().into());
        if let Some(table) = table.as_table_mut() {
            table.insert(name.to_owned(), value.into());
        }
    };
    put("telnyx", "base_url", telnyx.base_url());
    put("telnyx", "api_key", telnyx.api_key());
    put("telnyx", "public_key", telnyx.public_key());
    put("http", "public_listen", public.to_string());
    put("http", "admin_listen", admin.to_string());
    put("database", "url", cluster.url(DATABASE));
    let sections = toml_text(&text);
    Ok(format!(
        "mode = \"enforce\"\nrules = {rules:?}\npin_key_file = {key:?}\n\n{sections}",
        rules = folder.join("rules.toml").display().to_string(),
        key = key.display().to_string(),
    ))
}

/// The tables as TOML; every value is a plain string.
fn toml_text(table: &toml::Table) -> String {
    let section = |(name, values): (&String, &toml::Value)| {
        let lines = values.as_table().into_iter().flatten();
        let lines: String = lines.map(|(key, value)| format!("{key} = {value}\n")).collect();
        format!("[{name}]\n{lines}\n")
    };
    table.iter().map(section).collect()
}

fn write(folder: &Path, settings: &str) -> io::Result<()> {
    fs::create_dir_all(folder.join("lists"))?;
    fs::write(folder.join("portoutd.toml"), settings)?;
    fs::write(folder.join("rules.toml"), RULES)?;
    fs::write(folder.join("lists/frozen-numbers.csv"), FROZEN_NUMBERS)?;
    fs::write(folder.join("pin.key"), crate::cli::keygen::new_key().map_err(io::Error::other)?)
}

/// An address that was free a moment ago.
fn free_address() -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").context("looking for a free port")?;
    Ok(listener.local_addr().context("looking for a free port")?)
}
