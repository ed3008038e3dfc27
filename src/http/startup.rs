//! The progress of the service's start, for clients that call before it is complete.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::admin::{Part, Readiness};

/// The current step of the start. Clones share it.
#[derive(Debug, Clone)]
pub struct Startup {
    part: Part,
    step: Arc<ArcSwap<&'static str>>,
}

impl Startup {
    /// Begins a start with its first step, such as `connecting to the database`. The start is a part of the readiness.
    #[must_use]
    pub fn new(readiness: &Readiness, step: &'static str) -> Self {
        Self {
            part: readiness.part("start", step),
            step: Arc::new(ArcSwap::from_pointee(step)),
        }
    }

    /// Continues with this step.
    pub fn enter(&self, step: &'static str) {
        self.step.store(Arc::new(step));
        self.part.not_yet(step);
    }

    /// Marks the start as complete.
    pub fn complete(&self) {
        self.part.ready();
    }

    /// Describes what the start waits for, in one sentence.
    pub(super) fn sentence(&self) -> String {
        format!("starting: {}", **self.step.load())
    }
}
