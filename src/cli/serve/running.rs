use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::SecretString;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::parts::{Core, Doors, Parts};
use super::secrets::{ReadSecrets, Secrets};
use super::{database_watch, reload};
use crate::cli::lifecycle::{self, Lifecycle};
use crate::cli::{Failure, actor};
use crate::engine::Engine;
use crate::engine::ingest::{Bounds, Ingest, Means};
use crate::http;
use crate::http::admin::{Admin, Part, Readiness};
use crate::http::public::Public;

/// How long closing the connections may take; what could not be drained may still hold some.
const CLOSING: Duration = Duration::from_millis(500);

/// How long after a failed try the orders that wait are woken again.
const WAKE_PAUSE: Duration = Duration::from_secs(2);

/// Why the service ends by itself.
type EndedBy = Arc<Mutex<Option<Failure>>>;

/// The running service.
pub(crate) struct Running {
    pub(crate) engine: Arc<Engine>,
    /// Counts the turns of the decision loop; it stands still when the loop does.
    pub(crate) beats: Arc<AtomicU64>,
    pub(crate) admin_address: std::net::SocketAddr,
    pub(crate) public_address: Option<std::net::SocketAddr>,
    password_refused: Arc<Notify>,
    ended_by: EndedBy,
}

impl Running {
    /// Starts every task on the lifecycle's tracker, the listeners first: whatever the database does, `/livez` and webhooks
    /// are answered.
    pub(crate) async fn start(parts: Parts, lifecycle: &Lifecycle) -> Result<Self, Failure> {
        let Lifecycle { tracker, stop } = lifecycle;
        let metrics = http::metrics::install().context("starting the metrics")?;
        tracker.spawn(http::metrics::upkeep(metrics.clone(), stop.clone()));
        let engine = engine(parts.core, lifecycle);
        let readiness = Readiness::default();
        let (admin_address, public_address) = open(parts.doors, &engine, metrics, &readiness, lifecycle)?;
        let (password_refused, ended_by) = (Arc::new(Notify::new()), EndedBy::default());
        let database = readiness.part("database", "not asked yet");
        let refused = password_refused.clone();
        tracker.spawn(watch_database(
            engine.clone(),
            database,
            refused,
            ended_by.clone(),
            stop.clone(),
        ));
        reload::read_candidate(&engine, &actor::actor()).await;
        let beats = start_work(&engine, parts.at_once, lifecycle);
        let waiting = readiness.part("waiting orders", "not woken yet");
        tracker.spawn(wake_waiting(engine.clone(), waiting, stop.clone()));
        engine.start_polling(parts.polling, tracker, stop);
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
            beats,
            admin_address,
            public_address,
            password_refused,
            ended_by,
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
        lifecycle
            .tracker
            .spawn(secrets.keep_current(hangups, lifecycle.stop.clone()));
        Ok(())
    }

    /// Why the service ended by itself, if it did.
    pub(super) fn ended_by(&self) -> Option<Failure> {
        self.ended_by
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
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
    };
    let ingest = Ingest::start(
        means,
        Bounds::default(),
        &lifecycle.tracker,
        lifecycle.stop.clone(),
    );
    Arc::new(Engine {
        pool: core.pool,
        clock: core.clock,
        mode: core.mode,
        accounts: core.accounts,
        rules: core.rules,
        ingest,
        pin_key: core.pin_key,
        wake,
        send_rejection_code: core.send_rejection_code,
    })
}

/// Starts the decision loop, and gives the counter of its turns.
fn start_work(engine: &Arc<Engine>, at_once: usize, lifecycle: &Lifecycle) -> Arc<AtomicU64> {
    let Lifecycle { tracker, stop } = lifecycle;
    let beats = Arc::new(AtomicU64::new(0));
    let counter = beats.clone();
    let beat = move || {
        counter.fetch_add(1, Ordering::Relaxed);
    };
    tracker.spawn(engine.clone().work(at_once, tracker.clone(), stop.clone(), beat));
    beats
}

/// Watches the database; the end of that is the end of the service.
async fn watch_database(
    engine: Arc<Engine>,
    part: Part,
    refused: Arc<Notify>,
    ended_by: EndedBy,
    stop: CancellationToken,
) {
    if let Err(failure) = database_watch::watch(engine, part, refused, stop.clone()).await {
        *ended_by.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
        stop.cancel();
    }
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
    let Lifecycle { tracker, stop } = lifecycle;
    let admin = Admin {
        readiness: readiness.clone(),
        metrics,
        rules: reload::desk(engine),
        tracker: tracker.clone(),
    };
    let admin_address = doors
        .admin
        .local_addr()
        .context("asking for the admin listener's address")?;
    tracker.spawn(
        doors
            .admin
            .serve(admin.router(), doors.limits, tracker.clone(), stop.clone()),
    );
    let mut public_address = None;
    if let Some(listener) = doors.public {
        public_address = Some(
            listener
                .local_addr()
                .context("asking for the public listener's address")?,
        );
        let pages = Public::new(doors.keys, engine.ingest.clone(), engine.clock.clone()).router();
        tracker.spawn(listener.serve(pages, doors.limits, tracker.clone(), stop.clone()));
    }
    readiness.part("rules", "not loaded").ready();
    readiness.part("listeners", "not bound").ready();
    Ok((admin_address, public_address))
}
