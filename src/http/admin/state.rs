//! What the admin pages depend on.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::health::Health;
use super::limits::CALLS_AT_ONCE;
use super::refusal::{Failed, Refusal};
use crate::engine::Engine;
use crate::lifecycle::Lifecycle;

/// What the admin pages depend on.
#[derive(Debug, Clone)]
pub struct Admin {
    pub(super) health: Health,
    pub(super) engine: Arc<Engine>,
    tracker: TaskTracker,
    stop: CancellationToken,
    places: Arc<Semaphore>,
}

impl Admin {
    /// Creates pages over these use cases. The tasks that they start end with the lifecycle.
    #[must_use]
    pub fn new(health: Health, engine: Arc<Engine>, lifecycle: &Lifecycle) -> Self {
        Self {
            health,
            engine,
            tracker: lifecycle.tracker().clone(),
            stop: lifecycle.stop().clone(),
            places: Arc::new(Semaphore::new(CALLS_AT_ONCE)),
        }
    }

    /// Runs a reload or an approval on the tracker, so that it completes even if the client disconnects. It keeps its
    /// slot until it ends, for the same reason. Only a stop aborts it, because a stop does not wait for files that
    /// cannot be read.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
    ) -> Result<T, Refusal> {
        let places = Arc::clone(&self.places);
        let place = places.try_acquire_owned().map_err(|_| Refusal::Busy)?;
        let stop = self.stop.clone();
        let work = async move {
            let _place = place;
            stop.run_until_cancelled(work).await
        };
        let running = self.tracker.spawn(work.in_current_span());
        match running.await {
            Ok(Some(ended)) => ended,
            Ok(None) => Err(Refusal::Stopping),
            Err(error) => Err(Refusal::Failed(Failed::Task(error.to_string()))),
        }
    }
}
