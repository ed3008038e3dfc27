//! The demo's files: settings, rules, a key and a register. They are in the cluster's directory and are removed with it.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::Context;
use sha2::{Digest, Sha256};

use crate::cli::failure::Failure;
use crate::cli::keygen;
use crate::cli::serve::App;
use crate::cli::session::actor;
use crate::cli::terminal::output::message;
use crate::clock::Clock;
use crate::engine::intake::register_import;
use crate::engine::intake::register_import::{ImportSource, PinKeyChange};
use crate::postgres::{Cluster, DATABASE};
use crate::register;
use crate::settings::Settings;
use crate::simulator::{self, Simulator};

const RULES: &str = include_str!("../../../rules.toml");
/// The list files that the shipped rules name.
const LISTS: [(&str, &str); 2] = [
    (
        "lists/frozen-numbers.csv",
        include_str!("../../../lists/frozen-numbers.csv"),
    ),
    (
        "lists/known-attackers.txt",
        include_str!("../../../lists/known-attackers.txt"),
    ),
];

/// The demo's files and settings.
pub(super) struct DemoFiles {
    settings: Settings,
    settings_file: PathBuf,
    register: String,
}

impl DemoFiles {
    /// Writes the files and reads the settings like the service.
    pub(super) fn set(
        cluster: &Cluster,
        telnyx: &Simulator,
        seed: u64,
        register_size: usize,
    ) -> Result<Self, Failure> {
        let folder = cluster.directory().join("demo");
        let settings_file = folder.join("portoutd.toml");
        let text = settings_text(cluster, telnyx, &folder)?;
        let key = keygen::new_key()?;
        write(&folder, &text, &key)
            .with_context(|| format!("writing the demo's files to `{}`", folder.display()))?;
        let read = |path: &Path| fs::read_to_string(path);
        let settings =
            Settings::from_layers(Some((settings_file.clone(), text)), [], &read).map_err(Failure::config)?;
        let register = simulator::register_csv(seed, register_size);
        Ok(Self {
            settings,
            settings_file,
            register,
        })
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Imports the register in the same way as `portoutd numbers import`.
    pub(super) async fn import_register(&self, parts: &App, clock: &dyn Clock) -> Result<(), Failure> {
        let key = self.settings.pin_key().map_err(Failure::config)?;
        let entries = register::read_csv(self.register.as_bytes()).map_err(Failure::not_good)?;
        let rows = register_import::under_key(entries, key.as_deref()).map_err(Failure::not_good)?;
        let sha256 = hex::encode(Sha256::digest(self.register.as_bytes()));
        let source = ImportSource {
            name: "demo".to_owned(),
            sha256,
            actor: actor::actor(),
            pin_key_change: PinKeyChange::Keep,
        };
        register_import::keep(parts.pool(), &rows, &source, clock.now(), |_| ())
            .await
            .map_err(|error| crate::cli::numbers::import_failed(&self.settings, error))?;
        Ok(())
    }

    /// Prints what is running, before the first decision.
    pub(super) fn introduce(&self, admin: SocketAddr) {
        message!("The service runs in enforce mode. Metrics: http://{admin}/metrics");
        message!("Rules: {}\n", self.settings.rules.display());
    }

    /// Prints the next commands to try, in another terminal.
    pub(super) fn suggest(&self, order: &str) {
        let program = std::env::args().next().unwrap_or_else(|| "portoutd".to_owned());
        let config = format!("--config {}", self.settings_file.display());
        // The environment overrides the file: with such a variable set, the command would use another database.
        let set = ["DATABASE_URL", "TELNYX_API_KEY", "TELNYX_PUBLIC_KEY"]
            .into_iter()
            .filter(|name| std::env::var_os(name).is_some());
        let program = set.fold(program, |program, name| format!("{name}= {program}"));
        message!("\nIn another terminal, try:");
        message!("  {program} decisions show {order} {config}");
        message!("  {program} pending {config}");
        message!("  {program} decisions list {config}");
        message!(
            "  {program} reject ORDER --reason \"the owner did not request it\" {config}    (ORDER is one that `pending` lists)"
        );
        message!(
            "  edit {} and watch the next decisions change",
            self.settings.rules.display()
        );
        message!("Ctrl-C stops the demo and removes everything it created.\n");
    }
}

/// Every value is an address, a path or a key, which Rust and TOML quote in the same way.
fn settings_text(cluster: &Cluster, telnyx: &Simulator, folder: &Path) -> Result<String, Failure> {
    let (public, admin) = (free_address()?, free_address()?);
    let file = |name: &str| folder.join(name).display().to_string();
    Ok(format!(
        r#"mode = "enforce"
rules = {rules:?}
pin_key_file = {key:?}

[telnyx]
base_url = {base_url:?}
api_key = {api_key:?}
public_key = {public_key:?}
requests_per_second = 50

[http]
public_listen = "{public}"
admin_listen = "{admin}"

[database]
url = {url:?}
"#,
        rules = file("rules.toml"),
        key = file("pin.key"),
        base_url = telnyx.base_url(),
        api_key = telnyx.api_key(),
        public_key = telnyx.public_key(),
        url = cluster.url(DATABASE),
    ))
}

fn write(folder: &Path, settings: &str, key: &str) -> io::Result<()> {
    fs::create_dir_all(folder.join("lists"))?;
    fs::write(folder.join("portoutd.toml"), settings)?;
    fs::write(folder.join("rules.toml"), RULES)?;
    for (name, text) in LISTS {
        fs::write(folder.join(name), text)?;
    }
    fs::write(folder.join("pin.key"), key)
}

/// An address that was free a moment ago.
fn free_address() -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").context("looking for a free port")?;
    Ok(listener.local_addr().context("looking for a free port")?)
}
