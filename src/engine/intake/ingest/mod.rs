//! Intake of events: a bounded queue in front of one writer, which commits whatever waits as one batch.
//!
//! INVARIANT: whoever is told that an event is kept is told after the commit. The writer owns an event once it is
//! taken, so the work survives the caller going away.

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

/// How long the writer may show no progress: more than a batch may take, tried twice.
const PATIENCE: Duration = Duration::from_mins(1);

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
    pub fn start(means: IngestContext, bounds: Bounds, lifecycle: &Lifecycle) -> Self {
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
                Ok(InsertOutcome::New) => recorded.new += 1,
                Ok(InsertOutcome::Known) => recorded.known += 1,
                Err(found) => trouble = trouble.or(Some(found)),
            }
        }
        trouble.map_or(Ok(recorded), Err)
    }
}
