//! A webhook that is about to be sent.

use serde_json::Value;

/// A webhook that waits to be posted.
#[derive(Clone)]
pub(crate) struct Outgoing {
    /// Its place among the world's deliveries.
    pub(super) record: usize,
    pub(super) url: String,
    /// What stands under `data`.
    pub(super) data: Value,
}
