//! Intake of events: a bounded queue in front of one writer, which commits whatever waits as one batch.
//!
//! INVARIANT: whoever is told that an event is kept is told after the commit. The writer owns an event once it is
//! taken, so the work survives the caller going away.

mod incoming;
mod pin_check;
mod queue;
mod unparsable;
mod writer;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::Notify;

pub use incoming::Incoming;
pub use queue::{NotKept, NotTaken, Receipt};
pub use unparsable::UnparsableBodies;

pub use crate::store::events::Novelty;

use super::decide_within::DecideWithin;
use super::pin_key::PinKeyInUse;
use crate::domain::Event;
use crate::lifecycle::Lifecycle;
use queue::Queue;
use unparsable::Notes;
use writer::Writer;

/// How much may wait, and how long the database may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The most events that wait.
    pub events: usize,
    /// The most bytes of bodies that wait.
    pub bytes: usize,
    /// The most events in one batch.
    pub batch: usize,
    /// How long a new connection may take before the database counts as away.
    pub connect_timeout: Duration,
    /// How long a batch may take before its connection is given up. Whoever waits for a webhook's answer waits less.
    pub batch_timeout: Duration,
    /// What becomes of a body that could not be parsed.
    pub unparsable_bodies: UnparsableBodies,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            events: 4096,
            bytes: 16 << 20,
            batch: 256,
            // Telnyx waits two seconds for an answer.
            connect_timeout: Duration::from_millis(1500),
            batch_timeout: Duration::from_secs(5),
            unparsable_bodies: UnparsableBodies::default(),
        }
    }
}

/// How long the writer may show no progress: more than a batch may take, tried twice.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the writer works with.
#[derive(Debug)]
pub struct Means {
    /// Where its own connection comes from.
    pub pool: PgPool,
    /// The key of the PINs on file; without one no PIN is compared.
    pub pin_key: Option<Arc<PinKeyInUse>>,
    /// Told after a commit that woke an order.
    pub wake: Arc<Notify>,
    /// How long after its arrival an order that becomes known has to be decided.
    pub decide_within: DecideWithin,
}

/// How many events of a batch were new and how many were known before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Kept now.
    pub new: usize,
    /// Kept before.
    pub known: usize,
}

/// The way in for every event, whichever way it came.
#[derive(Debug, Clone)]
pub struct Ingest {
    queue: Queue,
    notes: Notes,
}

impl Ingest {
    /// Starts the writer. When the service stops, it takes no more events, commits those that wait, and ends.
    ///
    /// Counters belong to the metrics recorder that is installed by now.
    #[must_use]
    pub fn start(means: Means, bounds: Bounds, lifecycle: &Lifecycle) -> Self {
        let notes = Notes::new(bounds.unparsable_bodies, means.pin_key.clone());
        let (queue, waiting) = Queue::new(bounds);
        let (writer, stop) = (Writer::new(means, bounds, waiting), lifecycle.stop().clone());
        lifecycle.spawn("intake writer", PATIENCE, |heartbeat| writer.run(stop, heartbeat));
        Self { queue, notes }
    }

    /// Hands one event over without waiting; the receipt tells when it is committed.
    ///
    /// # Errors
    /// When too much waits already, or the service is stopping.
    pub fn submit(&self, incoming: Incoming) -> Result<Receipt, NotTaken> {
        self.queue.try_push(self.stored(incoming))
    }

    /// The digest that an event is stored with.
    #[must_use]
    pub fn stored_digest(&self, event: Event) -> [u8; 32] {
        self.notes.stored(event).digest
    }

    fn stored(&self, mut incoming: Incoming) -> Incoming {
        incoming.event = self.notes.stored(incoming.event);
        incoming
    }

    /// Keeps many events, waiting for room where there is none, and returns after the last is committed.
    ///
    /// # Errors
    /// The first trouble met; the other events may have been kept.
    pub async fn record_batch(&self, batch: Vec<Incoming>) -> Result<Recorded, NotKept> {
        let mut receipts = Vec::with_capacity(batch.len());
        for incoming in batch {
            receipts.push(self.queue.push(self.stored(incoming)).await?);
        }
        let mut recorded = Recorded::default();
        let mut trouble = None;
        for receipt in receipts {
            match receipt.kept().await {
                Ok(Novelty::New) => recorded.new += 1,
                Ok(Novelty::Known) => recorded.known += 1,
                Err(found) => trouble = trouble.or(Some(found)),
            }
        }
        trouble.map_or(Ok(recorded), Err)
    }
}
