use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::SecretString;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::parts::{Core, Doors, Parts};
use super::secrets::{ReadSecrets, Secrets};
use super::{database_watch, reload, supervise};
use crate::cli::{Failure, actor};
use crate::engine::ingest::{Bounds, Ingest, Means};
use crate::engine::{ClockChecks, Engine};
use crate::http;
use crate::http::admin::{Admin, Part, Readiness};
use crate::http::public::Public;
use crate::lifecycle::{self, Lifecycle};

/// How long closing the connections may take; what could not be drained may still hold some.
const CLOSING: Duration = Duration::from_millis(500);

/// How long after a failed try the orders that wait are woken again.
const WAKE_PAUSE: Duration = Duration::from_secs(2);

/// How long the small tasks of this room may show no progress.
const PATIENCE: Duration = Duration::from_mins(1);

/// The running service.
pub(crate) struct Running {
    pub(crate) engine: Arc<Engine>,
    pub(crate) admin_address: std::net::SocketAddr,
    pub(crate) public_address: Option<std::net::SocketAddr>,
    password_refused: Arc<Notify>,
}

impl Running {
    /// Starts every task of the service, the listeners first: whatever the database does, `/livez` and webhooks are
    /// answered.
    pub(crate) async fn start(parts: Parts, lifecycle: &Lifecycle) -> Result<Self, Failure> {
        let metrics = http::metrics::install().context("starting the metrics")?;
        let (upkeep, stop) = (metrics.clone(), lifecycle.stop().clone());
        lifecycle.spawn("metrics upkeep", PATIENCE, |heartbeat| {
            http::metrics::upkeep(upkeep, stop, heartbeat)
        });
        let engine = engine(parts.core, lifecycle);
        let readiness = Readiness::new(lifecycle.clone());
        let (admin_address, public_address) = open(parts.doors, &engine, metrics, &readiness, lifecycle)?;
        let password_refused = Arc::new(Notify::new());
        let (watched, refused, stop) = (engine.clone(), password_refused.clone(), lifecycle.stop().clone());
        let database = readiness.part("database", "not asked yet");
        lifecycle.spawn("database watcher", PATIENCE, |heartbeat| {
            database_watch::watch(watched, database, refused, stop, heartbeat)
        });
        reload::read_candidate(&engine, &actor::actor()).await;
        let waiting = readiness.part("waiting orders", "not woken yet");
        lifecycle
            .tracker()
            .spawn(wake_waiting(engine.clone(), waiting, lifecycle.stop().clone()));
        engine.start_workers(parts.at_once, lifecycle);
        engine.start_deadline_watch(lifecycle);
        engine.start_polling(parts.polling, lifecycle);
        let (shown, clock) = (engine.clone(), readiness.part("clock", "not compared yet"));
        let stop = lifecycle.stop().clone();
        lifecycle.spawn("clock report", PATIENCE, |heartbeat| {
            supervise::show_clock(shown, clock, stop, heartbeat)
        });
        let (compared, stop) = (engine.clone(), lifecycle.stop().clone());
        lifecycle.spawn("PIN key watcher", PATIENCE, |heartbeat| {
            supervise::watch_pin_key(compared, stop, heartbeat)
        });
        reload::watch(&engine, lifecycle).context("listening for SIGHUP")?;
        tracing::info!(
            mode = %engine.mode,
            public = public_address.map(|address| address.to_string()),
            admin = %admin_address,
            rule_set = hex::encode(engine.rules.current().hash()),
            "portoutd runs"
        );
        Ok(Self {
            engine,
            admin_address,
            public_address,
            password_refused,
        })
    }

    /// Reads the secrets again from now on when they are refused, and on SIGHUP.
    pub(super) fn keep_secrets_current(
        &self,
        database_url: SecretString,
        read: ReadSecrets,
        lifecycle: &Lifecycle,
    ) -> std::io::Result<()> {
        let secrets = Secrets {
            engine: self.engine.clone(),
            read,
            database_url,
            database_refused: self.password_refused.clone(),
        };
        let hangups = lifecycle::hangups()?;
        let stop = lifecycle.stop().clone();
        lifecycle.spawn("secret reader", PATIENCE, |heartbeat| {
            secrets.keep_current(hangups, stop, heartbeat)
        });
        Ok(())
    }

    /// Closes the connections to the database, as far as they can be had back: one that waits for a database that
    /// hangs ends with the process.
    pub(crate) async fn close(&self) {
        let _ = tokio::time::timeout(CLOSING, self.engine.pool.close()).await;
    }
}

fn engine(core: Core, lifecycle: &Lifecycle) -> Arc<Engine> {
    let wake = Arc::new(Notify::new());
    let means = Means {
        pool: core.pool.clone(),
        pin_key: core.pin_key.clone(),
        wake: wake.clone(),
        decide_within: core.rules.decide_within(),
    };
    let bounds = Bounds {
        unparsable_bodies: core.unparsable_bodies,
        ..Bounds::default()
    };
    let ingest = Ingest::start(means, bounds, lifecycle);
    Arc::new(Engine {
        pool: core.pool,
        clock: core.clock,
        clocks: ClockChecks::default(),
        mode: core.mode,
        accounts: core.accounts,
        rules: core.rules,
        ingest,
        pin_key: core.pin_key,
        wake,
        send_rejection_code: core.send_rejection_code,
    })
}

/// Wakes what no person has decided, because rules or mode may have changed since the last run. A lock that a dead
/// process has left behind must not end the start, so this is tried until it works.
async fn wake_waiting(engine: Arc<Engine>, part: Part, stop: CancellationToken) {
    while let Err(error) = engine.start().await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "Failed to wake the waiting orders; trying again"
        );
        let pause = engine.clock.sleep(WAKE_PAUSE);
        if stop.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
    part.ready();
}

/// Serves the listeners; gives the addresses of the admin and of the public one.
fn open(
    doors: Doors,
    engine: &Arc<Engine>,
    metrics: PrometheusHandle,
    readiness: &Readiness,
    lifecycle: &Lifecycle,
) -> Result<(SocketAddr, Option<SocketAddr>), Failure> {
    let admin = Admin {
        readiness: readiness.clone(),
        metrics,
        rules: reload::desk(engine, lifecycle.stop()),
        tracker: lifecycle.tracker().clone(),
    };
    let admin_address = doors
        .admin
        .local_addr()
        .context("asking for the admin listener's address")?;
    doors.admin.start(admin.router(), doors.limits, lifecycle);
    let mut public_address = None;
    if let Some(listener) = doors.public {
        public_address = Some(
            listener
                .local_addr()
                .context("asking for the public listener's address")?,
        );
        let pages = Public::new(doors.keys, engine.ingest.clone(), engine.clock.clone()).router();
        listener.start(pages, doors.limits, lifecycle);
    }
    Ok((admin_address, public_address))
}
