//! Runs the complete service in one process, with a simulated Telnyx over real HTTP and a clock that the test advances.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use portoutd::clock::{Clock, ManualClock, SharedClock};
use portoutd::domain::{AccountName, Mode, OrderId, PinKey};
use portoutd::engine::intake::ingest::UnparsableBodies;
use portoutd::engine::intake::register_import;
use portoutd::engine::intake::register_import::{ImportSource, PinKeyChange};
use portoutd::engine::{
    Accounts, Approval, AskedBy, Components, Engine, ListBounds, PinKeyInUse, Polling, Reloaded, RuleFiles,
    RulesInForce, Tasks,
};
use portoutd::http::public::Public;
use portoutd::http::{Limits, Listener};
use portoutd::lifecycle::Lifecycle;
use portoutd::register;
use portoutd::simulator::{NewOrder, Simulator, SimulatorConfig};
use portoutd::store::reports;
use portoutd::telnyx::signature::PublicKey;
use portoutd::telnyx::{Client, ClientSettings};
use sqlx::PgPool;
use tempfile::TempDir;

/// The rules of most tests: a trusted carrier, PINs, and everything else is held.
pub const RULES: &str = r#"
version = 1
timezone = "America/Chicago"

[defaults]
no_match = "hold"
on_unknown = "hold"
decide_within = "20h"
at_decide_by = "notify"

[[rule]]
id = "frozen"
match.numbers.frozen = true
action = "reject"
reject.because = "number-locked"
reject.reason = "The subscriber has placed a port-out lock on this number."

[[rule]]
id = "wrong-pin"
match.pin = "wrong"
action = "reject"
reject.because = "pin-invalid"

[[rule]]
id = "clean-port"
match.carrier.spid = ["073H", "6529"]
match.pin = ["right", "none-on-file"]
match.numbers.ours = "all"
action = "authorize"
"#;

const HEADER: &str = "number,account,pin,zip,name,address,frozen,tags\n";

/// The subscribers: one with a PIN, one without, one locked.
const REGISTER: &str = "+13125550100,default,4711,60601,Ada Example,1 Main Street,,
+13125550101,default,,60601,Bob Example,2 Main Street,,
+13125550102,default,4712,60601,Cy Example,3 Main Street,true,
";

/// How long a condition may take in real time before a test fails.
const TIMEOUT: Duration = Duration::from_secs(30);

pub const PIN_KEY: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

/// The configuration of a test service.
pub struct TestConfig {
    pub mode: Mode,
    pub rules: String,
    /// Whether `candidate.toml` is evaluated in shadow mode.
    pub candidate: bool,
    pub approval: Approval,
    pub webhooks: bool,
    pub poll_interval: Duration,
    pub requests_per_second: f64,
    pub at_once: usize,
    /// The URL of Telnyx, if it is not the simulator.
    pub telnyx_url: Option<String>,
}

impl Default for TestConfig {
    fn default() -> Self {
        Self {
            mode: Mode::Enforce,
            rules: RULES.to_owned(),
            candidate: false,
            approval: Approval::NotNeeded,
            webhooks: true,
            poll_interval: Duration::from_mins(1),
            requests_per_second: 1_000.0,
            at_once: 8,
            telnyx_url: None,
        }
    }
}

/// The service and its simulated Telnyx.
pub struct TestService {
    pub telnyx: Arc<Simulator>,
    pub engine: Arc<Engine>,
    pub clock: ManualClock,
    pub pool: PgPool,
    pub folder: Arc<TempDir>,
    lifecycle: Lifecycle,
}

impl TestService {
    pub async fn open(pool: PgPool) -> Self {
        Self::with_config(pool, TestConfig::default()).await
    }

    pub async fn with_config(pool: PgPool, config: TestConfig) -> Self {
        let clock = ManualClock::at("2026-11-23T15:00:00Z".parse().unwrap());
        let telnyx_lifecycle = Lifecycle::new();
        let simulator_config = SimulatorConfig::new(Arc::new(clock.clone()));
        let telnyx = Simulator::start(
            simulator_config,
            telnyx_lifecycle.tracker(),
            telnyx_lifecycle.stop().clone(),
        )
        .await
        .unwrap();
        import(&pool, &format!("{HEADER}{REGISTER}"), clock.now()).await;
        let folder = Arc::new(tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("rules.toml"), &config.rules).unwrap();
        Box::pin(Self::replica(pool, Arc::new(telnyx), clock, folder, config)).await
    }

    /// Another replica with the same database and the same Telnyx, or the same service after a restart.
    pub async fn replica(
        pool: PgPool,
        telnyx: Arc<Simulator>,
        clock: ManualClock,
        folder: Arc<TempDir>,
        config: TestConfig,
    ) -> Self {
        let lifecycle = Lifecycle::new();
        let key = Arc::new(PinKey::from_hex(PIN_KEY).unwrap());
        let pin_key = Some(Arc::new(PinKeyInUse::new(key)));
        let rules = rules_in_force(&pool, folder.path().join("rules.toml"), &config, clock.now()).await;
        let shared: SharedClock = Arc::new(clock.clone());
        let url = config.telnyx_url.unwrap_or_else(|| telnyx.base_url());
        let components = Components {
            pool: pool.clone(),
            clock: shared.clone(),
            mode: config.mode,
            accounts: accounts(&telnyx, url, shared.clone(), config.requests_per_second),
            rules,
            pin_key,
            send_rejection_code: true,
            unparsable_bodies: UnparsableBodies::Digested,
        };
        let engine = Engine::assemble(components, &lifecycle);
        if config.candidate {
            engine.read_first_candidate("test").await;
        }
        let tasks = Tasks {
            at_once: config.at_once,
            polling: Polling {
                interval: config.poll_interval,
            },
        };
        engine.start_tasks(tasks, &lifecycle);
        if config.webhooks {
            let key = PublicKey::from_base64(&telnyx.public_key()).unwrap();
            let pages = Public::new(
                [(AccountName::default_account(), key)],
                engine.ingest.clone(),
                shared,
            )
            .router();
            let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), "http.public_listen", "public")
                .await
                .unwrap();
            telnyx.set_webhook_url(Some(format!(
                "http://{}/webhooks/telnyx",
                listener.local_addr().unwrap()
            )));
            listener.start(pages, Limits::default(), &lifecycle);
        }
        Self {
            telnyx,
            engine,
            clock,
            pool,
            folder,
            lifecycle,
        }
    }

    /// Writes the rule file and has the service read it, as a person.
    pub async fn reload(&self, rules: &str) -> Reloaded {
        std::fs::write(self.folder.path().join("rules.toml"), rules).unwrap();
        let ann = AskedBy::Person {
            name: "ann",
            because: None,
        };
        self.engine.reload(ann).await.unwrap()
    }

    /// Stops the service and waits for its tasks; Telnyx goes on.
    pub async fn close(&self) {
        assert!(self.lifecycle.drain().await, "every task ends");
    }

    /// Adds rows to the register.
    pub async fn import(&self, rows: &str) {
        import(&self.pool, &format!("{HEADER}{rows}"), self.clock.now()).await;
        self.engine.wake.notify_one();
    }

    /// A request for the number with PIN 4711 by a trusted carrier, with the right PIN.
    pub fn clean_order() -> NewOrder {
        NewOrder::default()
            .spid("073H")
            .numbers(["+13125550100"])
            .zip("60601")
            .pin(Some("4711"))
    }

    /// The same with a wrong PIN.
    pub fn wrong_pin_order() -> NewOrder {
        Self::clean_order().pin(Some("0000"))
    }

    /// A request that no rule decides.
    pub fn strange_order() -> NewOrder {
        Self::clean_order().spid("999X")
    }

    /// Moves time, in steps short enough for whatever waits in between, and lets the service come to rest after each.
    pub async fn pass(&self, span: SignedDuration) {
        let mut left = span;
        while left > SignedDuration::ZERO {
            let step = left.min(SignedDuration::from_secs(1).max(span / 40));
            self.clock.advance(step);
            left -= step;
            self.rest().await;
        }
    }

    /// Waits until no webhook is under way, no order is due and no look goes on.
    pub async fn rest(&self) {
        let resting = async {
            loop {
                self.telnyx.webhooks_at_rest().await;
                if self.busy().await == 0 && self.busy().await == 0 {
                    return;
                }
                self.tick().await;
            }
        };
        let rested = tokio::time::timeout(TIMEOUT, resting).await;
        assert!(
            rested.is_ok(),
            "the service does not come to rest at {}: {}",
            self.clock.now(),
            self.state().await
        );
    }

    async fn state(&self) -> String {
        let orders = "select coalesce(string_agg(format('%s %s due %s leased %s failures %s trouble %s', order_id, status, \
            due_at, lease_expires_at, failures, trouble), E'\n'), 'no orders') from orders";
        let orders: String = sqlx::query_scalar(orders).fetch_one(&self.pool).await.unwrap();
        let requests = self.telnyx.requests();
        let last: Vec<String> = requests
            .iter()
            .rev()
            .take(5)
            .map(|one| format!("{} {} {:?}", one.method, one.path, one.status))
            .collect();
        format!("{orders}\nlast requests {last:#?}")
    }

    /// A moment: the service's own, so that whoever waits for the rate limit goes on, and a real one for the sockets.
    async fn tick(&self) {
        self.clock.advance(SignedDuration::from_millis(20));
        short_pause().await;
    }

    async fn busy(&self) -> i64 {
        let now = jiff_sqlx::ToSqlx::to_sqlx(self.clock.now());
        sqlx::query_scalar("select count(*) from orders where due_at <= $1 or lease_expires_at is not null")
            .bind(now)
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    /// Waits, in real time, until a condition holds.
    pub async fn until<F: Future<Output = bool>>(&self, what: &str, so: impl Fn() -> F) {
        let wait = async {
            while !so().await {
                self.tick().await;
            }
        };
        tokio::time::timeout(TIMEOUT, wait)
            .await
            .unwrap_or_else(|_| panic!("timed out waiting until {what}"));
    }

    /// Opens an order at Telnyx and waits until the service has done its immediate work.
    pub async fn receive(&self, order: NewOrder) -> OrderId {
        let id = self.telnyx.open_order(order);
        self.until("the order is known", || async { self.knows(&id).await })
            .await;
        self.rest().await;
        id
    }

    async fn knows(&self, id: &OrderId) -> bool {
        !reports::find_orders(&self.pool, id.as_str())
            .await
            .unwrap()
            .is_empty()
    }
}

impl Drop for TestService {
    fn drop(&mut self) {
        self.lifecycle.stop().cancel();
    }
}

/// Waits a short real time. This is the only place where a test waits, because other processes and sockets do not use
/// the clock of the test.
#[expect(
    clippy::disallowed_methods,
    reason = "other processes and sockets do not use the clock of the test"
)]
pub async fn short_pause() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}

async fn import(pool: &PgPool, csv: &str, now: Timestamp) {
    let key = PinKey::from_hex(PIN_KEY).unwrap();
    let rows = register_import::under_key(register::read_csv(csv.as_bytes()).unwrap(), Some(&key)).unwrap();
    let source = ImportSource {
        name: "test".to_owned(),
        sha256: String::new(),
        actor: "test".to_owned(),
        pin_key_change: PinKeyChange::Keep,
    };
    register_import::keep(pool, &rows, &source, now, |_| ())
        .await
        .unwrap();
}

fn accounts(telnyx: &Simulator, base_url: String, clock: SharedClock, requests_per_second: f64) -> Accounts {
    let settings = ClientSettings {
        base_url,
        api_key: telnyx.api_key().into(),
        timeout: Duration::from_millis(400),
        connect_timeout: Duration::from_millis(400),
        requests_per_second,
    };
    let client = Client::new(&settings, clock).unwrap();
    [(AccountName::default_account(), client)].into_iter().collect()
}

async fn rules_in_force(pool: &PgPool, rules: PathBuf, config: &TestConfig, now: Timestamp) -> RulesInForce {
    let files = RuleFiles {
        candidate: config.candidate.then(|| rules.with_file_name("candidate.toml")),
        rules,
        approval: config.approval,
        lists: ListBounds::default(),
    };
    let opened = RulesInForce::open(pool, files, "test", now).await;
    opened.unwrap_or_else(|error| panic!("{error}")).rules
}
