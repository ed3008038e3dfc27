//! What is told to the service manager and to `/readyz`, and what is watched while the service runs.

use std::sync::atomic::Ordering;

use anyhow::Context;
use sd_notify::NotifyState;

use super::Running;
use crate::cli::Failure;
use crate::cli::lifecycle::Lifecycle;

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

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}
