//! How far the start of the service has come, for whoever asks before it is complete.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::admin::{Part, Readiness};

/// The step that the start is at. Clones share it.
#[derive(Debug, Clone)]
pub struct Startup {
    part: Part,
    step: Arc<ArcSwap<&'static str>>,
}

impl Startup {
    /// A start whose first step is this, such as `connecting to the database`. It is a part of the readiness.
    #[must_use]
    pub fn new(readiness: &Readiness, step: &'static str) -> Self {
        Self {
            part: readiness.part("start", step),
            step: Arc::new(ArcSwap::from_pointee(step)),
        }
    }

    /// The start goes on with this step.
    pub fn enter(&self, step: &'static str) {
        self.step.store(Arc::new(step));
        self.part.not_yet(step);
    }

    /// The start is complete.
    pub fn complete(&self) {
        self.part.ready();
    }

    /// What the start waits for, as one sentence.
    pub(super) fn sentence(&self) -> String {
        format!("starting: {}", **self.step.load())
    }
}
