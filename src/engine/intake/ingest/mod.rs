//! Intake of events: a bounded queue in front of one writer, which commits all waiting events as one batch.
//!
//! INVARIANT: a caller learns that an event is stored only after the commit. The writer owns an event once it is
//! accepted, so the work continues if the caller goes away.

mod context;
mod incoming;
mod pin_check;
mod queue;
mod unparsable;
mod writer;

#[cfg(test)]
mod tests;

pub use context::{Bounds, IngestContext};

use std::time::Duration;

use crate::domain::Event;
use crate::lifecycle::Lifecycle;
use queue::Queue;
use unparsable::Notes;
use writer::Writer;

pub use incoming::Incoming;
pub use queue::{NotKept, NotTaken, Receipt};
pub use unparsable::UnparsableBodies;

pub use crate::store::events::InsertOutcome;

/// How long the writer may show no progress: longer than a batch may take when it is tried twice.
const PATIENCE: Duration = Duration::from_mins(1);

/// How many events of a batch were new and how many were known before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Stored by this call.
    pub new: usize,
    /// Stored before.
    pub known: usize,
}

/// Accepts every event, from webhooks and polls.
#[derive(Debug, Clone)]
pub struct Ingest {
    queue: Queue,
    notes: Notes,
}

impl Ingest {
    /// Starts the writer. When the service stops, the writer accepts no more events, commits those that wait, and ends.
    ///
    /// The counters register with the metrics recorder that is installed when this is called.
    #[must_use]
    pub fn start(means: IngestContext, bounds: Bounds, lifecycle: &Lifecycle) -> Self {
        let notes = Notes::new(bounds.unparsable_bodies, means.pin_key.clone());
        let (queue, waiting) = Queue::new(bounds);
        let (writer, stop) = (Writer::new(means, bounds, waiting), lifecycle.stop().clone());
        lifecycle.spawn("intake writer", PATIENCE, |heartbeat| writer.run(stop, heartbeat));
        Self { queue, notes }
    }

    /// Submits one event without waiting. The receipt resolves when the event is committed.
    ///
    /// # Errors
    /// Too many events are waiting, or the service is stopping.
    pub fn submit(&self, incoming: Incoming) -> Result<Receipt, NotTaken> {
        self.queue.try_push(self.stored(incoming))
    }

    /// Returns the digest that an event is stored with.
    #[must_use]
    pub fn stored_digest(&self, event: Event) -> [u8; 32] {
        self.notes.stored(event).digest
    }

    fn stored(&self, mut incoming: Incoming) -> Incoming {
        incoming.event = self.notes.stored(incoming.event);
        incoming
    }

    /// Stores many events, waiting for room if necessary, and returns after the last one is committed.
    ///
    /// # Errors
    /// The first error. The other events may have been stored.
    pub async fn record_batch(&self, batch: Vec<Incoming>) -> Result<Recorded, NotKept> {
        let mut receipts = Vec::with_capacity(batch.len());
        for incoming in batch {
            receipts.push(self.queue.push(self.stored(incoming)).await?);
        }
        let mut recorded = Recorded::default();
        let mut trouble = None;
        for receipt in receipts {
            match receipt.kept().await {
                Ok(InsertOutcome::New) => recorded.new += 1,
                Ok(InsertOutcome::Known) => recorded.known += 1,
                Err(found) => trouble = trouble.or(Some(found)),
            }
        }
        trouble.map_or(Ok(recorded), Err)
    }
}
