//! Faults that a caller can order for the next calls.

use std::collections::HashMap;
use std::str::FromStr;
use std::time::Duration;

use crate::domain::words::{Word, word_enum};

use crate::domain::OrderStatus;

word_enum! {
    /// The calls of Telnyx that the simulator answers, as faults name them.
    pub enum Call {
        /// `GET /portouts`
        ListOrders,
        /// `GET /portouts/{id}`
        GetOrder,
        /// `PATCH /portouts/{id}/{status}`
        UpdateStatus,
        /// `GET /portouts/rejections/{id}`
        ListRejections,
        /// `GET /portouts/{id}/comments`
        ListComments,
        /// `POST /portouts/{id}/comments`
        CreateComment,
        /// `GET /portouts/{id}/supporting_documents`
        ListDocuments,
        /// `POST /portouts/{id}/supporting_documents`
        CreateDocuments,
        /// `GET /portouts/events`
        ListEvents,
        /// `GET /portouts/events/{id}`
        GetEvent,
        /// `POST /portouts/events/{id}/republish`
        RepublishEvent,
        /// `GET /webhook_deliveries`
        ListDeliveries,
        /// `GET /webhook_deliveries/{id}`
        GetDelivery,
        /// `GET /porting_orders`
        ListPortingOrders,
        /// `GET /porting_orders/{id}`
        GetPortingOrder,
        /// `PATCH /porting_orders/{id}`
        UpdatePortingOrder,
        /// `GET /porting_phone_numbers`
        ListPortingNumbers,
        /// Any other path.
        Unknown,
        /// Stands for every call where a fault is ordered; never in the log of requests.
        Any,
    }
}

/// How a call goes wrong. "Applied" means that the call has its whole effect before it goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Not applied; this status with an error body of Telnyx's shape.
    Status(u16),
    /// Not applied; this status with an empty body.
    EmptyStatus(u16),
    /// Not applied; 429 with `x-ratelimit-*` and `Retry-After`, told to come back after so many seconds.
    RateLimited(u32),
    /// Not applied; 429 with `x-ratelimit-*` only.
    RateLimitedWithoutRetryAfter(u32),
    /// Applied; 2xx without a body.
    EmptyBody,
    /// Applied; 2xx, and the connection breaks in the middle of the body.
    CutBody,
    /// Applied; 2xx with half of the JSON, by HTTP complete.
    HalfJson,
    /// Applied; 2xx, but the body tells another status.
    OtherStatus(OrderStatus),
    /// Applied; 2xx, but the body is a page for people.
    Html,
    /// Applied; 2xx, but the body is about another order.
    OtherOrder,
    /// Applied; 2xx, but this field of the order, or of every order of a list, is null.
    NullField(String),
    /// Applied; never answered.
    AppliedThenTimeout,
    /// Not applied; never answered.
    Timeout,
    /// Applied; the connection breaks without an answer.
    AppliedThenDropped,
    /// The connection breaks before the body was read.
    Dropped,
    /// 422 if the body has a `rejection_code`; other calls pass and do not use it up.
    RefusesCode,
    /// 422 if the body has no `rejection_code`; other calls pass and do not use it up.
    DemandsCode,
    /// Answered rightly, after this long by the simulator's clock.
    Delay(Duration),
}

/// How often a fault happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// So many calls.
    Only(u32),
    /// Until the faults are cleared.
    Always,
}

/// A fault as it is ordered on the command line: `CALL=FAULT[:TIMES]`, such as `update-status=applied-then-timeout:2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultOrder {
    /// The call that goes wrong.
    pub call: Call,
    /// How.
    pub fault: Fault,
    /// How often.
    pub times: Times,
}

/// What is wrong with an ordered fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFault {
    /// Not of the form `CALL=FAULT[:TIMES]`.
    #[error(
        "`{0}` is not a valid fault: expected CALL=FAULT[:TIMES], such as `update-status=applied-then-timeout:2`"
    )]
    Form(String),
    /// No such call.
    #[error("`{0}` is not a valid call: expected one of {all}", all = call_words())]
    Call(String),
    /// No such fault.
    #[error("`{0}` is not a valid fault: expected one of {FAULT_WORDS}")]
    Fault(String),
    /// Not a number of times.
    #[error("`{0}` is not a valid count: expected a number from 1, or `always`")]
    Times(String),
}

const FAULT_WORDS: &str = "a status such as `503`, `empty-503`, `rate-limited-30` (seconds), \
    `rate-limited-without-retry-after-30`, `empty-body`, `cut-body`, `half-json`, `other-status-ported`, `html`, \
    `other-order`, `null-inserted_at`, \
    `applied-then-timeout`, `timeout`, `applied-then-dropped`, `dropped`, `refuses-code`, `demands-code`, \
    `delay-500ms`, `delay-2s`";

/// The faults still to happen, per call, the first first.
#[derive(Debug, Default)]
pub(super) struct FaultQueues(HashMap<Call, Vec<(Fault, Times)>>);

impl FaultQueues {
    pub(super) fn order(&mut self, order: FaultOrder) {
        let FaultOrder { call, fault, times } = order;
        self.0.entry(call).or_default().push((fault, times));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// How many calls are still to go wrong; what happens always counts as one.
    pub(super) fn waiting(&self) -> usize {
        let count = |times: &Times| match times {
            Times::Only(times) => usize::try_from(*times).unwrap_or(usize::MAX),
            Times::Always => 1,
        };
        self.0.values().flatten().map(|(_, times)| count(times)).sum()
    }

    /// Takes the next fault that applies to a call whose body has a code or not.
    pub(super) fn take(&mut self, call: Call, code: CodeGiven) -> Option<Fault> {
        self.take_of(call, code).or_else(|| self.take_of(Call::Any, code))
    }

    /// Takes the next fault of a call if it is this one.
    pub(super) fn take_if(&mut self, call: Call, wanted: &Fault) -> bool {
        let next = |call| self.0.get(&call).and_then(|queue| queue.first());
        let first = next(call).or_else(|| next(Call::Any));
        let is_next = first.is_some_and(|(fault, _)| fault == wanted);
        is_next && self.take(call, CodeGiven::No).is_some()
    }

    fn take_of(&mut self, call: Call, code: CodeGiven) -> Option<Fault> {
        let queue = self.0.get_mut(&call)?;
        let place = queue.iter().position(|(fault, _)| fault.applies(code))?;
        let (fault, times) = queue.get_mut(place)?;
        let taken = fault.clone();
        match times {
            Times::Only(left) if *left > 1 => *left -= 1,
            Times::Only(_) => drop(queue.remove(place)),
            Times::Always => {}
        }
        Some(taken)
    }
}

/// Whether the body of a call has a `rejection_code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CodeGiven {
    Yes,
    No,
}

impl Fault {
    fn applies(&self, code: CodeGiven) -> bool {
        match self {
            Self::RefusesCode => code == CodeGiven::Yes,
            Self::DemandsCode => code == CodeGiven::No,
            _ => true,
        }
    }
}

impl FromStr for FaultOrder {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || InvalidFault::Form(text.to_owned());
        let (call, rest) = text.split_once('=').ok_or_else(form)?;
        let (fault, times) = match rest.split_once(':') {
            Some((fault, "always")) => (fault, Times::Always),
            Some((fault, times)) => (fault, Times::Only(counted(times)?)),
            None => (rest, Times::Only(1)),
        };
        Ok(Self {
            call: call.parse().map_err(|_| InvalidFault::Call(call.to_owned()))?,
            fault: fault.parse()?,
            times,
        })
    }
}

fn counted(text: &str) -> Result<u32, InvalidFault> {
    let times = text.parse().ok().filter(|times| *times > 0);
    times.ok_or_else(|| InvalidFault::Times(text.to_owned()))
}

impl FromStr for Fault {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = match text {
            "empty-body" => Some(Self::EmptyBody),
            "cut-body" => Some(Self::CutBody),
            "half-json" => Some(Self::HalfJson),
            "html" => Some(Self::Html),
            "other-order" => Some(Self::OtherOrder),
            "applied-then-timeout" => Some(Self::AppliedThenTimeout),
            "timeout" => Some(Self::Timeout),
            "applied-then-dropped" => Some(Self::AppliedThenDropped),
            "dropped" => Some(Self::Dropped),
            "refuses-code" => Some(Self::RefusesCode),
            "demands-code" => Some(Self::DemandsCode),
            _ => None,
        };
        word.or_else(|| with_value(text))
            .ok_or_else(|| InvalidFault::Fault(text.to_owned()))
    }
}

fn with_value(text: &str) -> Option<Fault> {
    if let Some(status) = http_status(text) {
        return Some(Fault::Status(status));
    }
    if let Some(seconds) = text.strip_prefix("rate-limited-without-retry-after-") {
        return seconds.parse().ok().map(Fault::RateLimitedWithoutRetryAfter);
    }
    let (word, value) = text.split_at_checked(text.rfind('-')? + 1)?;
    match word {
        "empty-" => http_status(value).map(Fault::EmptyStatus),
        "rate-limited-" => value.parse().ok().map(Fault::RateLimited),
        "delay-" => span(value).map(Fault::Delay),
        "null-" => Some(Fault::NullField(value.to_owned())).filter(|_| !value.is_empty()),
        _ => text
            .strip_prefix("other-status-")
            .filter(|status| !status.is_empty())
            .map(|status| Fault::OtherStatus(spelt(status))),
    }
}

/// The status in the very spelling that was ordered.
fn spelt(word: &str) -> OrderStatus {
    let status = OrderStatus::from(word);
    if status.as_str() == word {
        status
    } else {
        OrderStatus::Other(word.to_owned())
    }
}

fn http_status(text: &str) -> Option<u16> {
    text.parse().ok().filter(|status| (200..600).contains(status))
}

fn span(text: &str) -> Option<Duration> {
    if let Some(millis) = text.strip_suffix("ms") {
        return millis.parse().ok().map(Duration::from_millis);
    }
    text.strip_suffix('s')?.parse().ok().map(Duration::from_secs)
}

fn call_words() -> String {
    let words = Call::ALL.iter().copied().filter(|call| *call != Call::Unknown);
    let words: Vec<String> = words.map(|call| format!("`{call}`")).collect();
    words.join(", ")
}
