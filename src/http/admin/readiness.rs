//! Readiness: the parts that must be ready.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::lifecycle::{Lifecycle, TaskState};

/// What must be so before the service is ready: every part, each set by whoever knows, and every long task healthy.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    lifecycle: Lifecycle,
    parts: Arc<Mutex<Vec<(&'static str, State)>>>,
}

/// The handle by which one part tells how it is.
#[derive(Debug, Clone)]
pub struct Part {
    name: &'static str,
    readiness: Readiness,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Ready,
    /// Ready, with something worth knowing.
    ReadyWith(String),
    NotYet(String),
}

impl Readiness {
    /// Readiness of a service with these tasks, and no other part yet.
    #[must_use]
    pub fn new(lifecycle: Lifecycle) -> Self {
        Self {
            lifecycle,
            parts: Arc::default(),
        }
    }

    /// Adds a part, not ready yet for the reason given. A part added twice is one part.
    #[must_use]
    pub fn part(&self, name: &'static str, reason: &str) -> Part {
        let part = Part {
            name,
            readiness: self.clone(),
        };
        part.not_yet(reason);
        part
    }

    /// Whether every part is ready, every task healthy, and no stop requested. Without any part nothing is ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let parts = self.lock();
        let parts_ready =
            !parts.is_empty() && parts.iter().all(|(_, state)| !matches!(state, State::NotYet(_)));
        let tasks_healthy = self.lifecycle.states().iter().all(TaskState::is_healthy);
        parts_ready && tasks_healthy && !self.lifecycle.stop().is_cancelled()
    }

    /// Sets the metrics of the long tasks, which change by the mere passing of time.
    pub fn measure_tasks(&self) {
        for task in self.lifecycle.states() {
            let healthy = if task.is_healthy() { 1.0 } else { 0.0 };
            metrics::gauge!("portoutd_task_healthy", "task" => task.name.clone()).set(healthy);
            metrics::gauge!("portoutd_task_heartbeat_age_seconds", "task" => task.name)
                .set(task.silent_for.as_secs_f64());
        }
    }

    /// One word for all.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        if self.is_ready() { "ready\n" } else { "not ready\n" }
    }

    /// One line for each part, each task and a stop, and one for all of them.
    #[must_use]
    pub fn report(&self) -> String {
        let mut text = String::new();
        for (name, state) in self.lock().iter() {
            // Writing to a string cannot fail.
            let _ = match state {
                State::Ready => writeln!(text, "{name}: ok"),
                State::ReadyWith(note) => writeln!(text, "{name}: ok, {note}"),
                State::NotYet(reason) => writeln!(text, "{name}: not ready, {reason}"),
            };
        }
        for task in self.lifecycle.states() {
            let _ = writeln!(text, "task {}: {task}", task.name);
        }
        if self.lifecycle.stop().is_cancelled() {
            text.push_str("the service is stopping\n");
        }
        text.push_str(self.summary());
        text
    }

    fn set(&self, name: &'static str, state: State) {
        let mut parts = self.lock();
        match parts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = state,
            None => parts.push((name, state)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(&'static str, State)>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Part {
    /// The part is ready.
    pub fn ready(&self) {
        self.readiness.set(self.name, State::Ready);
    }

    /// The part is ready; the note is shown by `/readyz?verbose`.
    pub fn ready_with(&self, note: &str) {
        self.readiness.set(self.name, State::ReadyWith(note.to_owned()));
    }

    /// The part is not ready, or no longer; the reason is shown by `/readyz?verbose`.
    pub fn not_yet(&self, reason: &str) {
        self.readiness.set(self.name, State::NotYet(reason.to_owned()));
    }
}
