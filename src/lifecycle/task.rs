//! The state of one long task.

use std::fmt;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinError};

use super::Heartbeat;

/// A started task.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) name: String,
    patience: Duration,
    heartbeat: Heartbeat,
    pub(super) abort: AbortHandle,
    /// How it ended, if it ended on its own.
    pub(super) ended: Option<String>,
}

/// The state of a long task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskState {
    /// Its name.
    pub name: String,
    /// The time since it last showed progress.
    pub silent_for: Duration,
    /// Whether that exceeds the task's limit.
    pub is_stalled: bool,
    /// How it ended, if it ended on its own.
    pub ended: Option<String>,
}

/// How a task ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    Returned,
    Panicked(String),
    Killed,
}

impl Task {
    pub(super) fn new(name: String, patience: Duration, heartbeat: Heartbeat, abort: AbortHandle) -> Self {
        Self {
            name,
            patience,
            heartbeat,
            abort,
            ended: None,
        }
    }

    pub(super) fn state(&self) -> TaskState {
        let silent_for = self.heartbeat.age();
        TaskState {
            name: self.name.clone(),
            silent_for,
            is_stalled: silent_for > self.patience,
            ended: self.ended.clone(),
        }
    }
}

impl TaskState {
    /// Returns whether the task runs and makes progress.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.ended.is_none() && !self.is_stalled
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.silent_for.as_secs();
        match &self.ended {
            Some(end) => write!(f, "{end}"),
            None if self.is_stalled => write!(f, "stalled, no progress for {seconds} s"),
            None => write!(f, "ok, last heartbeat {seconds} s ago"),
        }
    }
}

impl End {
    pub(super) fn of(joined: Result<(), JoinError>) -> Self {
        let Err(error) = joined else {
            return Self::Returned;
        };
        let Ok(payload) = error.try_into_panic() else {
            return Self::Killed;
        };
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned());
        Self::Panicked(text.unwrap_or_else(|| "without a message".to_owned()))
    }

    pub(super) fn is_panic(&self) -> bool {
        matches!(self, Self::Panicked(_))
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned => f.write_str("returned unexpectedly"),
            Self::Panicked(message) => write!(f, "panicked ({message})"),
            Self::Killed => f.write_str("was aborted"),
        }
    }
}
