//! Recorded requests.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::faults::Call;

/// The maximum number of recorded requests. Older ones are discarded.
const KEPT: usize = 100_000;

/// A request as it was received, and the response.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RecordedRequest {
    /// Counts from 1 without gaps.
    pub number: u64,
    /// When it arrived, by the simulator's clock.
    pub at: Timestamp,
    /// When it arrived, in real time since the simulator's start: for rates when the clock is moved manually.
    #[serde(serialize_with = "in_seconds")]
    pub since_start: Duration,
    /// The call.
    pub call: Call,
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query as it was sent, still encoded. Empty if there is none.
    pub query: String,
    /// The body, if it was JSON.
    pub body: Option<Value>,
    /// The fault that was injected.
    pub fault: Option<String>,
    /// The status of the response. `None` if there is none, yet or ever.
    pub status: Option<u16>,
}

fn in_seconds<S: serde::Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(span.as_secs_f64())
}

/// Every request since the start, at most the last hundred thousand.
#[derive(Debug, Default)]
pub(super) struct RequestLog {
    kept: VecDeque<RecordedRequest>,
    count: u64,
}

impl RequestLog {
    /// Records a request and returns its number.
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

    /// Returns how many requests arrived at or after the time.
    pub(super) fn since(&self, instant: Timestamp) -> usize {
        self.kept
            .iter()
            .rev()
            .take_while(|request| request.at >= instant)
            .count()
    }
}
