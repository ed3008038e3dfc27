//! What intake works with, and its bounds.

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

/// What the writer works with.
#[derive(Debug)]
pub struct IngestContext {
    /// Where its own connection comes from.
    pub pool: PgPool,
    /// The key of the PINs on file; without one no PIN is compared.
    pub pin_key: Option<Arc<PinKeyInUse>>,
    /// Told after a commit that woke an order.
    pub wake: Arc<Notify>,
    /// How long after its arrival an order that becomes known has to be decided.
    pub decide_within: DecideWithin,
}
