//! Reports to the service manager and to `/readyz`, and the watchdog.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, SharedClock};
use crate::domain::ErrorChain;
use crate::engine::Engine;
use crate::http::admin::Part;
use crate::lifecycle::{Heartbeat, Lifecycle};

/// The interval between updates of the clock comparison.
const CLOCK_INTERVAL: Duration = Duration::from_secs(2);

/// The interval between reads of the recorded key of the PINs on file.
const PIN_KEY_INTERVAL: Duration = Duration::from_secs(10);

/// Notifies the service manager, if there is one, that the service is ready.
pub(super) fn announce_ready() {
    notify(&[NotifyState::Ready]);
}

/// Notifies the service manager that the service is stopping.
pub(super) fn announce_stopping() {
    notify(&[NotifyState::Stopping]);
}

/// Notifies the manager's watchdog while every long task makes progress, until the stop.
pub(super) async fn watch<S: Future<Output = ()>>(
    clock: &SharedClock,
    stopped: Pin<&mut S>,
    lifecycle: &Lifecycle,
) {
    let Some(patience) = sd_notify::watchdog_enabled() else {
        return stopped.await;
    };
    let feeding = feed_watchdog(&**clock, patience / 3, lifecycle, || {
        notify(&[NotifyState::Watchdog]);
    });
    tokio::select! {
        () = stopped => {}
        () = feeding => {}
    }
}

/// Calls `feed` at every interval until dropped. INVARIANT: not while a long task is stalled, so that the manager restarts a
/// service that hangs.
async fn feed_watchdog(clock: &dyn Clock, interval: Duration, lifecycle: &Lifecycle, feed: impl Fn()) {
    loop {
        clock.sleep(interval).await;
        let stalled = stalled(lifecycle);
        if stalled.is_empty() {
            feed();
        } else {
            tracing::error!(
                tasks = stalled,
                "Tasks are stalled, so the watchdog is not notified"
            );
        }
    }
}

/// The stalled tasks with their states; empty if there is none.
fn stalled(lifecycle: &Lifecycle) -> String {
    let states = lifecycle.states();
    let stalled = states.iter().filter(|task| !task.is_healthy());
    let named: Vec<String> = stalled.map(|task| format!("{}: {task}", task.name)).collect();
    named.join("; ")
}

/// Shows the difference between the host's clock and the others in `/readyz?verbose`. A wrong clock never makes the service
/// unready, because without the service every number would leave.
pub(super) async fn show_clock(
    engine: Arc<Engine>,
    part: Part,
    stop: CancellationToken,
    heartbeat: Heartbeat,
) {
    while !stop.is_cancelled() {
        heartbeat.beat();
        part.ready_with(&engine.clock_report());
        tokio::select! {
            () = stop.cancelled() => {}
            () = engine.clock.sleep(CLOCK_INTERVAL) => {}
        }
    }
}

/// Raises an alarm when an import elsewhere replaces the key of the PINs on file. Only the alarm depends on this:
/// every comparison checks the key itself.
pub(super) async fn watch_pin_key(engine: Arc<Engine>, stop: CancellationToken, heartbeat: Heartbeat) {
    while !stop.is_cancelled() {
        heartbeat.beat();
        if let Err(error) = engine.check_pin_key().await {
            // A database that is unavailable is reported elsewhere.
            tracing::debug!(error = %ErrorChain(&error), "Failed to read which key the PINs on file are stored under");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = engine.clock.sleep(PIN_KEY_INTERVAL) => {}
        }
    }
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(error = %ErrorChain(&error), "Failed to notify the service manager");
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::pin::pin;

    use futures_util::poll;
    use jiff::SignedDuration;

    use super::*;
    use crate::clock::ManualClock;

    const INTERVAL: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn the_watchdog_is_fed_only_while_every_task_makes_progress() {
        let clock = ManualClock::at("2026-11-25T12:00:00Z".parse().unwrap());
        let (lifecycle, count) = (Lifecycle::new(), Cell::new(0));
        let feed = || count.set(count.get() + 1);
        let mut feeding = pin!(feed_watchdog(&clock, INTERVAL, &lifecycle, feed));
        for turn in 0..3 {
            assert!(poll!(feeding.as_mut()).is_pending());
            assert_eq!(count.get(), turn);
            clock.advance(SignedDuration::from_secs(20));
        }
        assert!(poll!(feeding.as_mut()).is_pending());
        assert_eq!(count.get(), 3);

        let stop = lifecycle.stop().clone();
        let hangs = |_| async move { stop.cancelled().await };
        lifecycle.spawn("hangs", Duration::ZERO, hangs);
        while stalled(&lifecycle).is_empty() {
            tokio::task::yield_now().await;
        }
        for _ in 0..3 {
            clock.advance(SignedDuration::from_secs(20));
            assert!(poll!(feeding.as_mut()).is_pending());
        }
        assert_eq!(count.get(), 3, "a task is stalled");
        assert!(lifecycle.drain().await);
    }
}
