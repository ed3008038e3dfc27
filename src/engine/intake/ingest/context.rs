//! What intake depends on, and its bounds.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::Notify;

use super::unparsable::UnparsableBodies;
use crate::engine::intake::decide_within::DecideWithin;
use crate::engine::intake::pin_key::PinKeyInUse;

/// How much may wait, and how long the database may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The maximum number of waiting events.
    pub events: usize,
    /// The maximum total size of waiting bodies, in bytes.
    pub bytes: usize,
    /// The maximum number of events in one batch.
    pub batch: usize,
    /// How long a new connection may take before the database counts as unavailable.
    pub connect_timeout: Duration,
    /// How long a batch may take before its connection is abandoned. A webhook's sender is answered earlier.
    pub batch_timeout: Duration,
    /// What is stored of a body that could not be parsed.
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

/// What the writer depends on.
#[derive(Debug)]
pub struct IngestContext {
    /// The pool whose options the writer opens its own connection with.
    pub pool: PgPool,
    /// The key of the PINs on file. Without it no PIN is compared.
    pub pin_key: Option<Arc<PinKeyInUse>>,
    /// Notified after a commit that woke an order.
    pub wake: Arc<Notify>,
    /// How long after its arrival a new order has to be decided.
    pub decide_within: DecideWithin,
}
