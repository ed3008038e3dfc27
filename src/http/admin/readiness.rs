//! Readiness: which parts of the service are ready.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::lifecycle::{Lifecycle, TaskState};

/// The readiness of the service. It requires that every part is ready and every long task healthy.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    lifecycle: Lifecycle,
    parts: Arc<Mutex<Vec<(&'static str, State)>>>,
}

/// The handle with which a part reports its state.
#[derive(Debug, Clone)]
pub struct Part {
    name: &'static str,
    readiness: Readiness,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Ready,
    /// Ready, with a note.
    ReadyWith(String),
    NotYet(String),
}

impl Readiness {
    /// Creates the readiness of a service with these tasks and no parts yet.
    #[must_use]
    pub fn new(lifecycle: Lifecycle) -> Self {
        Self {
            lifecycle,
            parts: Arc::default(),
        }
    }

    /// Adds a part that is not ready yet, with the reason. Adding a part again replaces its state.
    #[must_use]
    pub fn part(&self, name: &'static str, reason: &str) -> Part {
        let part = Part {
            name,
            readiness: self.clone(),
        };
        part.not_yet(reason);
        part
    }

    /// Returns whether every part is ready, every task healthy, and no stop requested. Without any part nothing is
    /// ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let parts = self.lock();
        let parts_ready =
            !parts.is_empty() && parts.iter().all(|(_, state)| !matches!(state, State::NotYet(_)));
        let tasks_healthy = self.lifecycle.states().iter().all(TaskState::is_healthy);
        parts_ready && tasks_healthy && !self.lifecycle.stop().is_cancelled()
    }

    /// Sets the metrics of the long tasks, which change with time.
    pub fn measure_tasks(&self) {
        for task in self.lifecycle.states() {
            let healthy = if task.is_healthy() { 1.0 } else { 0.0 };
            metrics::gauge!("portoutd_task_healthy", "task" => task.name.clone()).set(healthy);
            metrics::gauge!("portoutd_task_heartbeat_age_seconds", "task" => task.name)
                .set(task.silent_for.as_secs_f64());
        }
    }

    /// Returns the overall state in one line.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        if self.is_ready() { "ready\n" } else { "not ready\n" }
    }

    /// Returns one line per part and task, one for a stop, and one for the overall state.
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
    /// Marks the part as ready.
    pub fn ready(&self) {
        self.readiness.set(self.name, State::Ready);
    }

    /// Marks the part as ready, with a note that `/readyz?verbose` shows.
    pub fn ready_with(&self, note: &str) {
        self.readiness.set(self.name, State::ReadyWith(note.to_owned()));
    }

    /// Marks the part as not ready, with a reason that `/readyz?verbose` shows.
    pub fn not_yet(&self, reason: &str) {
        self.readiness.set(self.name, State::NotYet(reason.to_owned()));
    }
}
