//! The heartbeat of a long task.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::time::timeout;

/// How often a task beats while it waits for work.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);

/// The handle with which a task shows that it makes progress. It uses real, monotonic time, so that a clock that is set
/// does not make a task look dead.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    started: Instant,
    /// Milliseconds from the start to the last beat.
    last: Arc<AtomicU64>,
}

impl Heartbeat {
    pub(super) fn new() -> Self {
        Self {
            started: Instant::now(),
            last: Arc::default(),
        }
    }

    /// Records that the task makes progress now.
    pub fn beat(&self) {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.fetch_max(elapsed, Ordering::Relaxed);
    }

    /// Waits for something that may take any time by design, such as the next event, and beats in the meantime. Nothing
    /// is lost if this future is dropped, provided that nothing is lost when `wait` is dropped.
    pub async fn while_waiting<F: Future>(&self, wait: F) -> F::Output {
        let mut wait = pin!(wait);
        loop {
            self.beat();
            if let Ok(output) = timeout(IDLE_INTERVAL, wait.as_mut()).await {
                self.beat();
                return output;
            }
        }
    }

    /// Returns the time since the last beat.
    #[must_use]
    pub fn age(&self) -> Duration {
        let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
        self.started.elapsed().saturating_sub(last)
    }
}
