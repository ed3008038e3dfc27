//! The long tasks of the service: how they are started, watched and stopped.
//!
//! [`Lifecycle::spawn`] is the only way to start one. A task that ends before it is asked to stops the complete
//! service: a process that continues without its intake or its workers looks healthy while Telnyx authorizes by
//! silence.

mod heartbeat;
mod task;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use heartbeat::Heartbeat;
pub use task::TaskState;

use task::{End, Task};

/// How long running work may take to finish after a stop is requested.
const DRAIN: Duration = Duration::from_secs(9);

/// The tasks of a process and the two steps of its shutdown. Clones share the tasks.
///
/// First comes `stop`: no new work starts, and webhooks are refused with 503. The process exits when every task has
/// ended or the time limit is reached. An attempt that is interrupted then is in the database without an outcome.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    tracker: TaskTracker,
    stop: CancellationToken,
    tasks: Arc<Mutex<Vec<Task>>>,
}

/// Why the service stops itself: a long task ended without being asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the task `{task}` {end}, so the service stops and has to be restarted")]
pub struct TaskEnded {
    /// The name of the task.
    pub task: String,
    /// How it ended.
    pub end: String,
}

impl Lifecycle {
    /// Creates a lifecycle without tasks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the token that is cancelled when the service stops.
    #[must_use]
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Returns the tracker of the work that the shutdown waits for. Use it for work that is bounded in time, and
    /// [`Lifecycle::spawn`] for a long task.
    #[must_use]
    pub fn tracker(&self) -> &TaskTracker {
        &self.tracker
    }

    /// Starts a long task, which must run until [`Lifecycle::stop`] is cancelled.
    ///
    /// The task counts as stalled when its heartbeat is older than `patience`. If it returns or panics before the stop,
    /// the service stops, see [`Lifecycle::failure`].
    pub fn spawn<F>(&self, name: impl Into<String>, patience: Duration, work: impl FnOnce(Heartbeat) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (name, heartbeat) = (name.into(), Heartbeat::new());
        let running = self.tracker.spawn(work(heartbeat.clone()));
        self.tasks().push(Task::new(
            name.clone(),
            patience,
            heartbeat,
            running.abort_handle(),
        ));
        let lifecycle = self.clone();
        self.tracker.spawn(async move {
            let end = End::of(running.await);
            lifecycle.note_end(&name, &end);
        });
    }

    /// Returns the states of all long tasks, in the order in which they were started.
    #[must_use]
    pub fn states(&self) -> Vec<TaskState> {
        self.tasks().iter().map(Task::state).collect()
    }

    /// Returns the first task that ended on its own, if one did.
    #[must_use]
    pub fn failure(&self) -> Option<TaskEnded> {
        self.tasks().iter().find_map(|task| {
            Some(TaskEnded {
                task: task.name.clone(),
                end: task.ended.clone()?,
            })
        })
    }

    /// Ends a task as a bug would, for tests of how the service reacts.
    pub fn kill(&self, name: &str) {
        if let Some(task) = self.tasks().iter().find(|task| task.name == name) {
            task.abort.abort();
        }
    }

    /// Starts to listen for SIGTERM and SIGINT, inside a runtime. The returned future waits for one of them, or until
    /// `stop` is cancelled for another reason.
    ///
    /// This is not an `async fn`, which would listen only when it is polled. Call it before anything starts, because
    /// until then a signal kills the process without a drain.
    ///
    /// # Errors
    /// The signals cannot be registered.
    pub fn listen_for_stop(&self) -> std::io::Result<impl Future<Output = ()> + use<>> {
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let stop = self.stop.clone();
        Ok(async move {
            let asked_by = tokio::select! {
                _ = term.recv() => "SIGTERM",
                _ = int.recv() => "SIGINT",
                () = stop.cancelled() => "the service itself",
            };
            tracing::info!(asked_by, "Stopping: no new work starts");
            stop.cancel();
        })
    }

    /// Stops, waits for the tasks to end, and returns whether all of them ended in time.
    pub async fn drain(&self) -> bool {
        self.stop.cancel();
        self.tracker.close();
        let drained = tokio::time::timeout(DRAIN, self.tracker.wait()).await.is_ok();
        if !drained {
            tracing::warn!("Some work did not end in time; its attempts are recorded as unknown");
        }
        drained
    }

    /// INVARIANT: every long task that ends is logged and stops the others.
    fn note_end(&self, name: &str, end: &End) {
        if self.stop.is_cancelled() && !end.is_panic() {
            return;
        }
        let sentence = end.to_string();
        tracing::error!(
            task = name,
            end = sentence,
            "A long task ended unexpectedly; stopping the service"
        );
        if let Some(task) = self.tasks().iter_mut().find(|task| task.name == name) {
            task.ended = Some(sentence);
        }
        self.stop.cancel();
    }

    fn tasks(&self) -> MutexGuard<'_, Vec<Task>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the SIGHUP signals as a stream.
///
/// # Errors
/// The signal cannot be registered.
pub fn hangups() -> std::io::Result<Signal> {
    signal(SignalKind::hangup())
}
