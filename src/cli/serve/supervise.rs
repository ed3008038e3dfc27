//! What is told to the service manager and to `/readyz`, and what is watched while the service runs.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context;
use sd_notify::NotifyState;
use tokio_util::sync::CancellationToken;

use super::Running;
use crate::cli::Failure;
use crate::cli::lifecycle::Lifecycle;
use crate::engine::Engine;
use crate::http::admin::Part;
use crate::store;

/// How often the database is asked whether it is there.
const DATABASE_INTERVAL: Duration = Duration::from_secs(2);

/// How often the record of the key of the PINs on file is read.
const PIN_KEY_INTERVAL: Duration = Duration::from_secs(10);

/// Tells the service manager, if there is one, that the service is up.
pub(super) fn announce_ready() {
    tell(&[NotifyState::Ready]);
}

/// Tells the service manager that the service is going.
pub(super) fn announce_stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Waits for the end, and feeds the manager's watchdog for as long as the decision loop turns.
pub(super) async fn watch(running: &Running, lifecycle: &Lifecycle) -> Result<(), Failure> {
    let watchdog = sd_notify::watchdog_enabled();
    let stopped = lifecycle.wait_for_stop();
    tokio::pin!(stopped);
    let Some(patience) = watchdog else {
        return Ok(stopped.await.context("waiting for a signal")?);
    };
    let mut fed_at = running.beats.load(Ordering::Relaxed);
    loop {
        tokio::select! {
            ended = &mut stopped => return Ok(ended.context("waiting for a signal")?),
            () = running.engine.clock.sleep(patience / 3) => {
                let beats = running.beats.load(Ordering::Relaxed);
                if beats == fed_at {
                    tracing::error!("the decision loop stands still; the watchdog is not fed");
                } else {
                    tell(&[NotifyState::Watchdog]);
                }
                fed_at = beats;
            }
        }
    }
}

/// Keeps `/readyz` true about the database.
pub(super) async fn watch_database(engine: Arc<Engine>, part: Part, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match store::ping(&engine.pool).await {
            Ok(()) => part.ready(),
            Err(_) => part.not_yet("Postgres does not answer"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = engine.clock.sleep(DATABASE_INTERVAL) => {}
        }
    }
}

/// Raises an alarm when an import elsewhere replaces the key of the PINs on file. Only the alarm depends on this:
/// every comparison asks for itself.
pub(super) async fn watch_pin_key(engine: Arc<Engine>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = engine.check_pin_key().await {
            // A database that is unavailable is reported elsewhere.
            tracing::debug!(%error, "Could not read which key the PINs on file are stored under");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = engine.clock.sleep(PIN_KEY_INTERVAL) => {}
        }
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}
