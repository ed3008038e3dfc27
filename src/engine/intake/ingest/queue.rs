//! The queue between the receivers of events and the writer.

use std::sync::Arc;

use metrics::Gauge;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::Incoming;
use super::context::Bounds;
use crate::store::events::InsertOutcome;

/// Why an event was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// The queue is full. Send the event again in a few seconds.
    #[error("too many events are waiting to be stored")]
    Full,
    /// The service is stopping.
    #[error("the service is stopping")]
    Stopping,
}

/// Why an accepted event may not have been stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    /// The database could not be reached or did not respond in time.
    #[error("the database is unavailable")]
    Away,
    /// The database refused this event. The log has the reason.
    #[error("the database refused the event")]
    Refused,
    /// The service is stopping.
    #[error("the service is stopping")]
    Stopping,
}

/// Resolves when an event is committed or has failed.
#[derive(Debug)]
pub struct Receipt(oneshot::Receiver<Result<InsertOutcome, NotKept>>);

/// An event that waits for the writer, and the share of the queue's capacity that it holds.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) incoming: Incoming,
    answer: oneshot::Sender<Result<InsertOutcome, NotKept>>,
    _room: OwnedSemaphorePermit,
}

/// The sending side of the queue.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    sender: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
    bytes: usize,
    depth: Gauge,
}

impl Waiting {
    /// Sends the outcome to the receipt. The receiver may be gone.
    pub(super) fn tell(self, outcome: Result<InsertOutcome, NotKept>) {
        let _ = self.answer.send(outcome);
    }
}

impl Receipt {
    /// Waits until the event is committed or has failed.
    pub async fn kept(self) -> Result<InsertOutcome, NotKept> {
        // A closed channel means that the writer has stopped.
        self.0.await.unwrap_or(Err(NotKept::Stopping))
    }
}

impl Queue {
    pub(super) fn new(bounds: Bounds) -> (Self, mpsc::Receiver<Waiting>) {
        let (sender, waiting) = mpsc::channel(bounds.events.max(1));
        let bytes = bounds.bytes.clamp(1, Semaphore::MAX_PERMITS);
        let room = Arc::new(Semaphore::new(bytes));
        (
            Self {
                sender,
                room,
                bytes,
                depth: depth_gauge(),
            },
            waiting,
        )
    }

    pub(super) fn try_push(&self, incoming: Incoming) -> Result<Receipt, NotTaken> {
        if self.sender.is_closed() {
            return Err(NotTaken::Stopping);
        }
        let permit = Arc::clone(&self.room)
            .try_acquire_many_owned(self.share(&incoming))
            .map_err(|_| self.full())?;
        let (waiting, receipt) = entry(incoming, permit);
        match self.sender.try_send(waiting) {
            Ok(()) => Ok(receipt),
            Err(TrySendError::Full(_)) => Err(self.full()),
            Err(TrySendError::Closed(_)) => Err(NotTaken::Stopping),
        }
    }

    pub(super) async fn push(&self, incoming: Incoming) -> Result<Receipt, NotKept> {
        let permit = Arc::clone(&self.room)
            .acquire_many_owned(self.share(&incoming))
            .await
            .map_err(|_| NotKept::Stopping)?;
        let (waiting, receipt) = entry(incoming, permit);
        self.sender.send(waiting).await.map_err(|_| NotKept::Stopping)?;
        Ok(receipt)
    }

    /// A body larger than the total capacity is accepted when the queue is empty.
    fn share(&self, incoming: &Incoming) -> u32 {
        u32::try_from(incoming.event.body.len().min(self.bytes)).unwrap_or(u32::MAX)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a queue of 2^52 events does not fit a machine"
    )]
    fn full(&self) -> NotTaken {
        self.depth
            .set((self.sender.max_capacity() - self.sender.capacity()) as f64);
        NotTaken::Full
    }
}

fn entry(incoming: Incoming, room: OwnedSemaphorePermit) -> (Waiting, Receipt) {
    let (answer, receiver) = oneshot::channel();
    (
        Waiting {
            incoming,
            answer,
            _room: room,
        },
        Receipt(receiver),
    )
}

/// The gauge of waiting events.
pub(super) fn depth_gauge() -> Gauge {
    metrics::gauge!("portoutd_ingest_waiting_events")
}
