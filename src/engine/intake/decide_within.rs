//! The `decide_within` of the active rules, shared with the tasks that record new orders.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::SignedDuration;

use crate::rules::Defaults;

/// How long after its arrival an order has to be decided, according to the active rules. Clones share the value.
#[derive(Debug, Clone)]
pub struct DecideWithin(Arc<AtomicI64>);

impl DecideWithin {
    /// Starts with a duration, truncated to whole seconds.
    #[must_use]
    pub fn new(span: SignedDuration) -> Self {
        Self(Arc::new(AtomicI64::new(span.as_secs())))
    }

    /// Returns the duration in the active rules.
    #[must_use]
    pub fn get(&self) -> SignedDuration {
        SignedDuration::from_secs(self.0.load(Ordering::Relaxed))
    }

    /// Sets the duration when other rules become active.
    pub(crate) fn set(&self, span: SignedDuration) {
        self.0.store(span.as_secs(), Ordering::Relaxed);
    }
}

impl Default for DecideWithin {
    /// The duration for rules that do not set one.
    fn default() -> Self {
        Self::new(Defaults::default().decide_within)
    }
}
