//! The time to decide of the rules in effect, for whoever makes orders known.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::SignedDuration;

use crate::rules::Defaults;

/// How long after its arrival an order has to be decided, by the rules in effect. Clones follow the same rules.
#[derive(Debug, Clone)]
pub struct DecideWithin(Arc<AtomicI64>);

impl DecideWithin {
    /// Starts with a span; parts of a second do not count.
    #[must_use]
    pub fn new(span: SignedDuration) -> Self {
        Self(Arc::new(AtomicI64::new(span.as_secs())))
    }

    /// The span of the rules in effect now.
    #[must_use]
    pub fn get(&self) -> SignedDuration {
        SignedDuration::from_secs(self.0.load(Ordering::Relaxed))
    }

    /// Activated other rules.
    pub(crate) fn set(&self, span: SignedDuration) {
        self.0.store(span.as_secs(), Ordering::Relaxed);
    }
}

impl Default for DecideWithin {
    /// The span of rules that do not give one.
    fn default() -> Self {
        Self::new(Defaults::default().decide_within)
    }
}
