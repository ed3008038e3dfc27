use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, anyhow};
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::cli::lifecycle::Lifecycle;
use crate::cli::{Failure, actor, database, rules_refused};
use crate::clock::SharedClock;
use crate::domain::{AccountName, PinKey};
use crate::engine::ingest::{Bounds, Ingest, Means};
use crate::engine::{self, Accounts, Engine, Polling, RulesInForce};
use crate::http::admin::{Admin, Readiness};
use crate::http::public::Public;
use crate::http::{self, Limits, Listener};
use crate::rules::{self, Loaded};
use crate::settings::{AccountSettings, Settings};
use crate::store;
use crate::telnyx::signature::{self, PublicKey};
use crate::telnyx::{Client, ClientSettings};

use super::reload;

/// Everything the service is made of, checked and bound, before anything runs.
pub(crate) struct Parts {
    pool: PgPool,
    clock: SharedClock,
    accounts: Accounts,
    keys: Vec<(AccountName, PublicKey)>,
    pin_key: Option<Arc<PinKey>>,
    rules: RulesInForce,
    public: Option<Listener>,
    admin: Listener,
    polling: Polling,
    at_once: usize,
    settings: ServiceSettings,
}

#[derive(Debug, Clone, Copy)]
struct ServiceSettings {
    mode: crate::domain::Mode,
    send_rejection_code: bool,
    connections: u32,
}

/// How long closing the connections may take; what could not be drained may still hold some.
const CLOSING: Duration = Duration::from_millis(500);

/// The running service.
pub(crate) struct Running {
    pub(crate) engine: Arc<Engine>,
    /// Counts the turns of the decision loop; it stands still when the loop does.
    pub(crate) beats: Arc<AtomicU64>,
    pub(crate) admin_address: std::net::SocketAddr,
    pub(crate) public_address: Option<std::net::SocketAddr>,
}

impl Parts {
    /// Checks every setting, connects, migrates, loads the rules and binds the listeners.
    pub(crate) async fn assemble(
        settings: &Settings,
        migrate: bool,
        clock: SharedClock,
    ) -> Result<Self, Failure> {
        signature::self_check().map_err(Failure::config)?;
        let serving = settings.for_serve().map_err(Failure::config)?;
        let keys = if settings.http.webhooks {
            public_keys(&serving.accounts)?
        } else {
            Vec::new()
        };
        let accounts = clients(settings, &serving.accounts, &clock)?;
        let pool = database::connect(&serving.database_url, settings.database_connections).await?;
        if migrate {
            store::migrate(&pool)
                .await
                .map_err(|error| database::unusable(&serving.database_url, error))?;
        }
        database::expect_current(&pool, &serving.database_url).await?;
        let loaded = load_rules(settings, &pool, &clock).await?;
        let rules = RulesInForce::first(
            &pool,
            settings.rules.clone(),
            loaded,
            &actor::actor(),
            clock.now(),
        )
        .await
        .map_err(|error| Failure::away(anyhow!(error)))?;
        let public = if settings.http.webhooks {
            Some(bind("http.public_listen", "public", settings.http.public_listen).await?)
        } else {
            None
        };
        Ok(Self {
            pool,
            clock,
            accounts,
            keys,
            pin_key: serving.pin_key,
            rules,
            public,
            admin: bind("http.admin_listen", "admin", settings.http.admin_listen).await?,
            polling: Polling {
                interval: settings.telnyx.poll_interval,
            },
            at_once: at_once(settings.telnyx.requests_per_second),
            settings: ServiceSettings {
                mode: settings.mode,
                send_rejection_code: settings.telnyx.send_rejection_code,
                connections: u32::try_from(settings.http.max_connections).unwrap_or(u32::MAX),
            },
        })
    }
}

impl Parts {
    /// The record.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }
}

impl Running {
    /// Starts every task on the lifecycle's tracker.
    pub(crate) async fn start(parts: Parts, lifecycle: &Lifecycle) -> Result<Self, Failure> {
        let Lifecycle { tracker, stop } = lifecycle;
        let metrics = http::metrics::install().context("starting the metrics")?;
        tracker.spawn(http::metrics::upkeep(metrics.clone(), stop.clone()));
        let readiness = Readiness::default();
        let wake = Arc::new(Notify::new());
        let means = Means {
            pool: parts.pool.clone(),
            pin_key: parts.pin_key.clone(),
            wake: wake.clone(),
        };
        let ingest = Ingest::start(means, Bounds::default(), tracker, stop.clone());
        let engine = Arc::new(Engine {
            pool: parts.pool,
            clock: parts.clock.clone(),
            mode: parts.settings.mode,
            accounts: parts.accounts,
            rules: parts.rules,
            ingest: ingest.clone(),
            pin_key: parts.pin_key,
            wake,
            send_rejection_code: parts.settings.send_rejection_code,
        });
        let beats = Arc::new(AtomicU64::new(0));
        let beat = {
            let beats = beats.clone();
            move || {
                beats.fetch_add(1, Ordering::Relaxed);
            }
        };
        tracker.spawn(
            engine
                .clone()
                .work(parts.at_once, tracker.clone(), stop.clone(), beat),
        );
        engine.start().await.map_err(database::failed)?;
        engine.start_polling(parts.polling, tracker, stop);
        reload::watch(&engine, lifecycle).context("listening for SIGHUP")?;
        let limits = Limits {
            connections: parts.settings.connections,
            ..Limits::default()
        };
        let admin = Admin {
            readiness: readiness.clone(),
            metrics,
            reload: reload::by_token(engine.clone()),
            tracker: tracker.clone(),
        };
        let admin_address = parts
            .admin
            .local_addr()
            .context("asking for the admin listener's address")?;
        tracker.spawn(
            parts
                .admin
                .serve(admin.router(), limits, tracker.clone(), stop.clone()),
        );
        let mut public_address = None;
        if let Some(listener) = parts.public {
            public_address = Some(
                listener
                    .local_addr()
                    .context("asking for the public listener's address")?,
            );
            let pages = Public::new(parts.keys, ingest, parts.clock).router();
            tracker.spawn(listener.serve(pages, limits, tracker.clone(), stop.clone()));
        }
        readiness.part("rules", "not loaded").ready();
        readiness.part("listeners", "not bound").ready();
        let database = readiness.part("database", "not asked yet");
        tracker.spawn(super::supervise::watch_database(
            engine.clone(),
            database,
            stop.clone(),
        ));
        tracing::info!(
            mode = %engine.mode,
            public = public_address.map(|address| address.to_string()),
            admin = %admin_address,
            rule_set = hex::encode(engine.rules.current().hash()),
            "portoutd runs"
        );
        Ok(Self {
            engine,
            beats,
            admin_address,
            public_address,
        })
    }

    /// Closes the connections to the database, as far as they can be had back: one that waits for a database that
    /// hangs ends with the process.
    pub(crate) async fn close(&self) {
        let _ = tokio::time::timeout(CLOSING, self.engine.pool.close()).await;
    }
}

/// The rules of the file. If the file is broken, those that were in force when the service last ran: a file with an
/// error never replaces the rules in force, not even over a restart.
async fn load_rules(settings: &Settings, pool: &PgPool, clock: &SharedClock) -> Result<Loaded, Failure> {
    let now = clock.now();
    let refusal = match rules::load_and_test(&settings.rules, now) {
        Ok(loaded) => return Ok(loaded),
        Err(refusal) => refusal,
    };
    match engine::last_in_force(pool, now).await.map_err(database::failed)? {
        Some(loaded) => {
            metrics::counter!("portoutd_reloads_total", "outcome" => "refused").increment(1);
            let rule_set = hex::encode(loaded.rules.hash());
            tracing::error!(
                rule_set,
                problems = rules_refused::problems(&refusal).join("; "),
                "the rule file is refused, so the rules that were in force last go on: {refusal}"
            );
            Ok(loaded)
        }
        None => Err(Failure::config(anyhow!(rules_refused::told(
            &refusal,
            &settings.rules
        )))),
    }
}

/// So many looks at once that none waits long for its turn to call: a read must be fresh when its answer is sent.
fn at_once(requests_per_second: f64) -> usize {
    const MOST: f64 = 16.0;
    // Clamped to 1..=16 first, so that the cast neither truncates nor loses a sign.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and 16"
    )]
    let places = (requests_per_second * 3.0).clamp(1.0, MOST) as usize;
    places
}

fn public_keys(accounts: &[AccountSettings]) -> Result<Vec<(AccountName, PublicKey)>, Failure> {
    let mut keys = Vec::new();
    for account in accounts {
        let Some(text) = &account.public_key else { continue };
        let key = PublicKey::from_base64(text)
            .with_context(|| format!("the public key of account `{}` will not do", account.name))
            .map_err(Failure::config)?;
        keys.push((account.name.clone(), key));
    }
    Ok(keys)
}

fn clients(
    settings: &Settings,
    accounts: &[AccountSettings],
    clock: &SharedClock,
) -> Result<Accounts, Failure> {
    accounts
        .iter()
        .map(|account| Ok((account.name.clone(), client(settings, account, clock)?)))
        .collect()
}

/// The client of one account, as the settings want it.
pub(crate) fn client(
    settings: &Settings,
    account: &AccountSettings,
    clock: &SharedClock,
) -> Result<Client, Failure> {
    let telnyx = &settings.telnyx;
    let client = ClientSettings {
        base_url: telnyx.base_url.clone(),
        api_key: account.api_key.clone(),
        timeout: telnyx.timeout,
        connect_timeout: telnyx.timeout / 2,
        requests_per_second: telnyx.requests_per_second,
    };
    Client::new(&client, clock.clone()).map_err(Failure::config)
}

async fn bind(
    setting: &'static str,
    name: &'static str,
    address: std::net::SocketAddr,
) -> Result<Listener, Failure> {
    Listener::bind(address, setting, name)
        .await
        .map_err(Failure::config)
}
