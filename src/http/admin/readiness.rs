use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The parts that must be ready before the service is, each set by whoever knows.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
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

    /// Whether every part is ready. Without any part nothing is.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let parts = self.lock();
        !parts.is_empty() && parts.iter().all(|(_, state)| !matches!(state, State::NotYet(_)))
    }

    /// One word for all.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        if self.is_ready() { "ready\n" } else { "not ready\n" }
    }

    /// A line for each part, and one for all.
    #[must_use]
    pub fn report(&self) -> String {
        let mut text = String::new();
        for (name, state) in self.lock().iter() {
            // Writing to a string cannot fail.
            let _ = match state {
                State::Ready => writeln!(text, "{name}: ok"),
                State::ReadyWith(note) => writeln!(text, "{name}: ok, {note}"),
                State::NotYet(reason) => writeln!(text, "{name}: not yet, {reason}"),
            };
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
