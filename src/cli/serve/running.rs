use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Notify;

use super::parts::{Core, Doors, Parts};
use super::{reload, supervise};
use crate::cli::{Failure, actor, database};
use crate::engine::Engine;
use crate::engine::ingest::{Bounds, Ingest, Means};
use crate::http;
use crate::http::admin::{Admin, Readiness};
use crate::http::public::Public;
use crate::lifecycle::Lifecycle;

/// How long closing the connections may take; what could not be drained may still hold some.
const CLOSING: Duration = Duration::from_millis(500);

/// How long the small tasks of this room may show no progress.
const PATIENCE: Duration = Duration::from_mins(1);

/// The running service.
pub(crate) struct Running {
    pub(crate) engine: Arc<Engine>,
    pub(crate) admin_address: std::net::SocketAddr,
    pub(crate) public_address: Option<std::net::SocketAddr>,
}

impl Running {
    /// Starts every task of the service.
    pub(crate) async fn start(parts: Parts, lifecycle: &Lifecycle) -> Result<Self, Failure> {
        let metrics = http::metrics::install().context("starting the metrics")?;
        let (upkeep, stop) = (metrics.clone(), lifecycle.stop().clone());
        lifecycle.spawn("metrics upkeep", PATIENCE, |heartbeat| {
            http::metrics::upkeep(upkeep, stop, heartbeat)
        });
        let engine = engine(parts.core, lifecycle);
        reload::read_candidate(&engine, &actor::actor()).await;
        engine.start_workers(parts.at_once, lifecycle);
        engine.start().await.map_err(database::failed)?;
        engine.start_polling(parts.polling, lifecycle);
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
    let ingest = Ingest::start(means, Bounds::default(), lifecycle);
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

/// Serves the listeners; gives the addresses of the admin and of the public one.
fn open(
    doors: Doors,
    engine: &Arc<Engine>,
    metrics: PrometheusHandle,
    lifecycle: &Lifecycle,
) -> Result<(SocketAddr, Option<SocketAddr>), Failure> {
    let readiness = Readiness::new(lifecycle.clone());
    let database = readiness.part("database", "not asked yet");
    let (asking, stop) = (engine.clone(), lifecycle.stop().clone());
    lifecycle.spawn("database watcher", PATIENCE, |heartbeat| {
        supervise::watch_database(asking, database, stop, heartbeat)
    });
    let admin = Admin {
        readiness,
        metrics,
        rules: reload::desk(engine),
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
