//! How the service stops: at once for what only waits, within ten seconds for what is under way.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long work under way may take to end after a stop was asked for.
const DRAIN: Duration = Duration::from_secs(9);

/// The tasks of the service and the two steps of its end.
///
/// First `stop`: nothing new is begun, webhooks are no longer taken. Then, when every task has ended or the time is
/// over, the process leaves. What is cut off then stands in the record as an attempt without an outcome.
#[derive(Debug, Clone)]
pub(crate) struct Lifecycle {
    pub(crate) tracker: TaskTracker,
    pub(crate) stop: CancellationToken,
}

impl Lifecycle {
    pub(crate) fn new() -> Self {
        Self {
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Waits for SIGTERM or SIGINT, or until somebody else cancels `stop`.
    pub(crate) async fn wait_for_stop(&self) -> std::io::Result<()> {
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let asked_by = tokio::select! {
            _ = term.recv() => "SIGTERM",
            _ = int.recv() => "SIGINT",
            () = self.stop.cancelled() => "itself",
        };
        tracing::info!(asked_by, "stopping: nothing new is begun");
        self.stop.cancel();
        Ok(())
    }

    /// Waits for the tasks to end. Tells whether all did in time.
    pub(crate) async fn drain(&self) -> bool {
        self.stop.cancel();
        self.tracker.close();
        let drained = tokio::time::timeout(DRAIN, self.tracker.wait()).await.is_ok();
        if !drained {
            tracing::warn!("work under way did not end in time; its attempts stand in the record as unknown");
        }
        drained
    }
}

/// SIGHUP, as a stream.
pub(crate) fn hangups() -> std::io::Result<Signal> {
    signal(SignalKind::hangup())
}
