//! Recorded requests.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::faults::Call;

/// The oldest requests are forgotten beyond this many.
const KEPT: usize = 100_000;

/// A request as it came, and how it was answered.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RecordedRequest {
    /// Counts up from 1; a gap never occurs.
    pub number: u64,
    /// When it came, by the simulator's clock.
    pub at: Timestamp,
    /// When it came, in the machine's time since the simulator's start: for rates, where the clock is moved by hand.
    #[serde(serialize_with = "in_seconds")]
    pub since_start: Duration,
    /// Which call of Telnyx it is.
    pub call: Call,
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query as sent, still encoded; empty where there is none.
    pub query: String,
    /// The body, if it was JSON.
    pub body: Option<Value>,
    /// The fault that befell it.
    pub fault: Option<String>,
    /// The status it was answered with; `None` while it is not, or never was.
    pub status: Option<u16>,
}

fn in_seconds<S: serde::Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(span.as_secs_f64())
}

/// Every request since the start, or the last hundred thousand.
#[derive(Debug, Default)]
pub(super) struct RequestLog {
    kept: VecDeque<RecordedRequest>,
    count: u64,
}

impl RequestLog {
    /// Keeps a request and gives its number.
    pub(super) fn push(&mut self, mut request: RecordedRequest) -> u64 {
        self.count += 1;
        request.number = self.count;
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(request);
        self.count
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut RecordedRequest> {
        let place = self
            .kept
            .front()
            .and_then(|first| number.checked_sub(first.number))?;
        self.kept.get_mut(usize::try_from(place).ok()?)
    }

    pub(super) fn all(&self) -> Vec<RecordedRequest> {
        self.kept.iter().cloned().collect()
    }

    /// How many requests came at or after the instant.
    pub(super) fn since(&self, instant: Timestamp) -> usize {
        self.kept
            .iter()
            .rev()
            .take_while(|request| request.at >= instant)
            .count()
    }
}
