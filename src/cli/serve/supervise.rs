//! What is told to the service manager and to `/readyz`, and what is watched while the service runs.

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

/// How often the comparison of clocks is shown again.
const CLOCK_INTERVAL: Duration = Duration::from_secs(2);

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

/// Feeds the manager's watchdog for as long as every long task makes progress, until the stop.
pub(super) async fn watch<S: Future<Output = ()>>(
    clock: &SharedClock,
    stopped: Pin<&mut S>,
    lifecycle: &Lifecycle,
) {
    let Some(patience) = sd_notify::watchdog_enabled() else {
        return stopped.await;
    };
    let feeding = feed_watchdog(&**clock, patience / 3, lifecycle, || {
        tell(&[NotifyState::Watchdog]);
    });
    tokio::select! {
        () = stopped => {}
        () = feeding => {}
    }
}

/// Calls `feed` at every interval until dropped. INVARIANT: not while a long task makes no progress, so that the manager
/// restarts a service that hangs.
async fn feed_watchdog(clock: &dyn Clock, interval: Duration, lifecycle: &Lifecycle, feed: impl Fn()) {
    loop {
        clock.sleep(interval).await;
        let stalled = stalled(lifecycle);
        if stalled.is_empty() {
            feed();
        } else {
            tracing::error!(
                tasks = stalled,
                "Tasks make no progress, so the watchdog is not fed"
            );
        }
    }
}

/// The tasks that make no progress, with what is known of each; empty if there is none.
fn stalled(lifecycle: &Lifecycle) -> String {
    let states = lifecycle.states();
    let stalled = states.iter().filter(|task| !task.is_healthy());
    let named: Vec<String> = stalled.map(|task| format!("{}: {task}", task.name)).collect();
    named.join("; ")
}

/// Shows in `/readyz?verbose` how our clock stands to the others. A wrong clock never makes the service unready: without it
/// every number would leave.
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
/// every comparison asks for itself.
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

fn tell(states: &[NotifyState<'_>]) {
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
