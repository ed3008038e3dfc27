//! The running service: starts its tasks and closes it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use secrecy::SecretString;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::app::{App, Components};
use super::secrets::{ReadSecrets, Secrets};
use super::{database_watch, reload, supervise};
use crate::cli::failure::Failure;
use crate::cli::session::actor;
use crate::engine::intake::ingest::{Bounds, Ingest, IngestContext};
use crate::engine::{ClockChecks, Engine};
use crate::http::admin::Part;
use crate::lifecycle::{self, Lifecycle};

/// The time limit for closing the connections, because tasks that could not be drained may still use some.
const CLOSING: Duration = Duration::from_millis(500);

/// The pause after a failed attempt to wake the waiting orders.
const WAKE_PAUSE: Duration = Duration::from_secs(2);

/// The time after which the small tasks of this module count as stalled.
const PATIENCE: Duration = Duration::from_mins(1);

/// The running service.
pub(crate) struct Running {
    pub(crate) engine: Arc<Engine>,
    pub(crate) admin_address: std::net::SocketAddr,
    pub(crate) public_address: Option<std::net::SocketAddr>,
    password_refused: Arc<Notify>,
}

impl Running {
    /// Starts every task of the service. The application is served on the listeners as soon as it can store webhooks.
    pub(crate) async fn start(parts: App, lifecycle: &Lifecycle) -> Result<Self, Failure> {
        let mut listeners = parts.listeners;
        let engine = engine(parts.core, lifecycle);
        listeners.serve_application(&engine, lifecycle);
        let readiness = listeners.readiness();
        let (admin_address, public_address) = (listeners.admin_address(), listeners.public_address());
        let password_refused = Arc::new(Notify::new());
        let (watched, refused, stop) = (engine.clone(), password_refused.clone(), lifecycle.stop().clone());
        let database = readiness.part("database", "not asked yet");
        lifecycle.spawn("database watcher", PATIENCE, |heartbeat| {
            database_watch::watch(watched, database, refused, stop, heartbeat)
        });
        engine.read_first_candidate(&actor::actor()).await;
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
        reload::on_hangup(&engine, lifecycle).context("listening for SIGHUP")?;
        engine.start_rule_file_watch(lifecycle);
        listeners.startup().complete();
        tracing::info!(
            mode = %engine.mode,
            public = public_address.map(|address| address.to_string()),
            admin = %admin_address,
            rule_set = hex::encode(engine.rules.current().hash()),
            "portoutd is running"
        );
        Ok(Self {
            engine,
            admin_address,
            public_address,
            password_refused,
        })
    }

    /// From now on, reads the secrets again when they are refused, and on SIGHUP.
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

    /// Closes the connections to the database that are not in use: one that waits for a database that hangs ends with the
    /// process.
    pub(crate) async fn close(&self) {
        let _ = tokio::time::timeout(CLOSING, self.engine.pool.close()).await;
    }
}

fn engine(core: Components, lifecycle: &Lifecycle) -> Arc<Engine> {
    let wake = Arc::new(Notify::new());
    let context = IngestContext {
        pool: core.pool.clone(),
        pin_key: core.pin_key.clone(),
        wake: wake.clone(),
        decide_within: core.rules.decide_within(),
    };
    let bounds = Bounds {
        unparsable_bodies: core.unparsable_bodies,
        ..Bounds::default()
    };
    let ingest = Ingest::start(context, bounds, lifecycle);
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

/// Wakes the orders that no person has decided, because rules or mode may have changed since the last run. Retries until it
/// succeeds, because a lock that a dead process left must not end the start.
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
