use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Notify;

use super::parts::{Core, Doors, Parts};
use super::{reload, supervise};
use crate::cli::lifecycle::Lifecycle;
use crate::cli::{Failure, actor, database};
use crate::engine::Engine;
use crate::engine::ingest::{Bounds, Ingest, Means};
use crate::http;
use crate::http::admin::{Admin, Readiness};
use crate::http::public::Public;

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

impl Running {
    /// Starts every task on the lifecycle's tracker.
    pub(crate) async fn start(parts: Parts, lifecycle: &Lifecycle) -> Result<Self, Failure> {
        let Lifecycle { tracker, stop } = lifecycle;
        let metrics = http::metrics::install().context("starting the metrics")?;
        tracker.spawn(http::metrics::upkeep(metrics.clone(), stop.clone()));
        let engine = engine(parts.core, lifecycle);
        reload::read_candidate(&engine, &actor::actor()).await;
        let beats = start_work(&engine, parts.at_once, lifecycle);
        engine.start().await.map_err(database::failed)?;
        engine.start_polling(parts.polling, tracker, stop);
        tracker.spawn(supervise::watch_pin_key(engine.clone(), stop.clone()));
        reload::watch(&engine, lifecycle).context("listening for SIGHUP")?;
        let (admin_address, public_address) = open(parts.doors, &engine, metrics, lifecycle)?;
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

/// Serves the listeners; gives the addresses of the admin and of the public one.
fn open(
    doors: Doors,
    engine: &Arc<Engine>,
    metrics: PrometheusHandle,
    lifecycle: &Lifecycle,
) -> Result<(SocketAddr, Option<SocketAddr>), Failure> {
    let Lifecycle { tracker, stop } = lifecycle;
    let readiness = Readiness::default();
    let database = readiness.part("database", "not asked yet");
    tracker.spawn(supervise::watch_database(engine.clone(), database, stop.clone()));
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
