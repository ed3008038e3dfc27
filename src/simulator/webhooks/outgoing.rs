//! A webhook that is about to be sent.

use serde_json::Value;

/// A webhook that waits to be posted.
#[derive(Clone)]
pub(crate) struct Outgoing {
    /// Its index in the world's deliveries.
    pub(super) record: usize,
    pub(super) url: String,
    /// The content of `data`.
    pub(super) data: Value,
}
