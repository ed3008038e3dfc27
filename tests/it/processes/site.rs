//! A place where `portoutd` is installed: a database, a Telnyx, files, and the settings by which every process runs.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::{Value, json};
use sqlx::{ConnectOptions, PgPool};
use tempfile::TempDir;

use super::program::{Ended, Program, portoutd};
use super::service::Service;
use super::stand_in::StandIn;
use crate::test_service::{PIN_KEY, RULES};

/// The PIN of every number in the register. With letters, so that it stands in no id and no digest by chance.
pub(crate) const PIN: &str = "Zulu77";

pub(crate) struct Site {
    pub(crate) telnyx: StandIn,
    pub(crate) pool: PgPool,
    folder: TempDir,
    settings: BTreeMap<String, String>,
}

impl Site {
    /// A site whose register has the numbers +1 312 555 0100 to 0199 with one PIN, and whose webhooks arrive.
    pub(crate) async fn new(pool: PgPool) -> Self {
        let mut site = Self::bare(pool).await;
        let (public, admin) = (free_port(), free_port());
        site.set("PORTOUTD__HTTP__PUBLIC_LISTEN", &format!("127.0.0.1:{public}"));
        site.set("PORTOUTD__HTTP__ADMIN_LISTEN", &format!("127.0.0.1:{admin}"));
        let hook = format!("http://127.0.0.1:{public}/webhooks/telnyx");
        site.telnyx.post_to(&hook).await;
        site.write("register.csv", &register());
        site.run(&["numbers", "import", "register.csv"])
            .await
            .assert(0, &[]);
        site
    }

    /// Without a register, and with any free ports.
    pub(crate) async fn bare(pool: PgPool) -> Self {
        let telnyx = StandIn::start().await;
        let url = pool.connect_options().to_url_lossy().to_string();
        let settings = [
            ("DATABASE_URL", url.as_str()),
            ("TELNYX_API_KEY", &telnyx.api_key),
            ("TELNYX_PUBLIC_KEY", &telnyx.public_key),
            ("PORTOUTD__TELNYX__BASE_URL", &telnyx.base_url),
            ("PORTOUTD__TELNYX__REQUESTS_PER_SECOND", "200"),
            ("PORTOUTD__TELNYX__TIMEOUT", "2s"),
            ("PORTOUTD__HTTP__PUBLIC_LISTEN", "127.0.0.1:0"),
            ("PORTOUTD__HTTP__ADMIN_LISTEN", "127.0.0.1:0"),
            ("PORTOUTD__DATABASE__MAX_CONNECTIONS", "8"),
            ("PORTOUTD__PIN_KEY_FILE", "pin.key"),
            ("PORTOUTD__MODE", "enforce"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let site = Self {
            settings: BTreeMap::from(settings),
            telnyx,
            pool,
            folder: tempfile::tempdir().unwrap(),
        };
        site.write("pin.key", PIN_KEY);
        site.write("rules.toml", RULES);
        site
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.settings.remove(name);
    }

    pub(crate) fn setting(&self, name: &str) -> &str {
        &self.settings[name]
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        // As editors do: whoever reads sees the old file or the new one, never half of it.
        let draft = self.path("draft");
        fs::write(&draft, text).unwrap();
        fs::rename(draft, self.path(name)).unwrap();
    }

    /// Starts a verb in the site's folder, under its settings.
    pub(crate) fn start(&self, arguments: &[&str]) -> Program {
        self.start_with(arguments, &[])
    }

    /// As [`Site::start`], with further environment variables.
    pub(crate) fn start_with(&self, arguments: &[&str], variables: &[(&str, &Path)]) -> Program {
        let mut command = portoutd();
        command.args(arguments);
        self.furnish(&mut command);
        command.envs(variables.iter().copied());
        Program::start(command)
    }

    /// Lets a command run in the site's folder, under its settings.
    pub(crate) fn furnish(&self, command: &mut Command) {
        command.current_dir(self.folder.path()).envs(&self.settings);
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).ended().await
    }

    /// The JSON document that a verb prints.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--output", "json"]);
        let ended = self.run(&arguments).await;
        ended.assert(0, &[]).json()
    }

    /// Starts the service and waits until it runs.
    pub(crate) async fn serve(&self) -> Service {
        Service::running(self.start(&["serve"])).await
    }

    /// The last decision about an order, as `decisions list` tells it; null before there is one.
    pub(crate) async fn decision(&self, order: &str) -> Value {
        let mut decisions = self.json(&["decisions", "list", "--order", order]).await;
        decisions.get_mut(0).map(Value::take).unwrap_or_default()
    }

    /// A number of the database, such as a count.
    pub(crate) async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.pool).await.unwrap()
    }
}

/// An order for one of the register's numbers, by a carrier that the rules trust, with the right PIN.
pub(crate) fn clean_order() -> Value {
    json!({ "spid": "073H", "numbers": ["+13125550100"], "zip": "60601", "pin": PIN })
}

/// An order that no rule decides.
pub(crate) fn strange_order() -> Value {
    let mut order = clean_order();
    order["spid"] = "999X".into();
    order
}

fn register() -> String {
    let line = |number: u32| format!("+13125550{number},default,{PIN},60601,Ada Example,1 Main Street,,\n");
    let header = "number,account,pin,zip,name,address,frozen,tags\n".to_owned();
    std::iter::once(header).chain((100..200).map(line)).collect()
}

/// A port that is free now and stays so: it lies below those that the system gives to whoever asks for any.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 100).unwrap() * 100;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
