//! Faults that a caller can inject into the next calls.

use std::collections::HashMap;
use std::str::FromStr;
use std::time::Duration;

use crate::domain::words::{Word, word_enum};

use crate::domain::OrderStatus;

word_enum! {
    /// The calls that the simulator supports, as faults refer to them.
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
        /// Every call, in the definition of a fault. It never appears in the log of requests.
        Any,
    }
}

/// A fault of a call. "Applied" means that the call has its complete effect before the fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Not applied. This status with an error body in Telnyx's format.
    Status(u16),
    /// Not applied. This status with an empty body.
    EmptyStatus(u16),
    /// Not applied. 429 with `x-ratelimit-*` and `Retry-After` with this many seconds.
    RateLimited(u32),
    /// Not applied. 429 with `x-ratelimit-*` only.
    RateLimitedWithoutRetryAfter(u32),
    /// Applied. 2xx without a body.
    EmptyBody,
    /// Applied. 2xx, and the connection breaks in the middle of the body.
    CutBody,
    /// Applied. 2xx with half of the JSON, complete according to HTTP.
    HalfJson,
    /// Applied. 2xx, but the body shows another status.
    OtherStatus(OrderStatus),
    /// Applied. 2xx, but the body is an HTML page.
    Html,
    /// Applied. 2xx, but the body is about another order.
    OtherOrder,
    /// Applied. 2xx, but this field of the order, or of every order of a list, is null.
    NullField(String),
    /// Applied. Never answered.
    AppliedThenTimeout,
    /// Not applied. Never answered.
    Timeout,
    /// Applied. The connection breaks without a response.
    AppliedThenDropped,
    /// The connection breaks before the body is read.
    Dropped,
    /// 422 if the body has a `rejection_code`. Other calls succeed and do not use it up.
    RefusesCode,
    /// 422 if the body has no `rejection_code`. Other calls succeed and do not use it up.
    DemandsCode,
    /// A correct response, after this time on the simulator's clock.
    Delay(Duration),
}

/// How often a fault happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// This many calls.
    Only(u32),
    /// Until the faults are cleared.
    Always,
}

/// A fault as on the command line: `CALL=FAULT[:TIMES]`, such as `update-status=applied-then-timeout:2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultOrder {
    /// The call that fails.
    pub call: Call,
    /// How it fails.
    pub fault: Fault,
    /// How often.
    pub times: Times,
}

/// The error for an invalid fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFault {
    /// Not of the form `CALL=FAULT[:TIMES]`.
    #[error(
        "`{0}` is not a valid fault: expected CALL=FAULT[:TIMES], such as `update-status=applied-then-timeout:2`"
    )]
    Form(String),
    /// Unknown call.
    #[error("`{0}` is not a valid call: expected one of {all}", all = call_words())]
    Call(String),
    /// Unknown fault.
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

/// The pending faults per call, in order.
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

    /// Returns how many calls will still fail. A fault that always happens counts as one.
    pub(super) fn waiting(&self) -> usize {
        let count = |times: &Times| match times {
            Times::Only(times) => usize::try_from(*times).unwrap_or(usize::MAX),
            Times::Always => 1,
        };
        self.0.values().flatten().map(|(_, times)| count(times)).sum()
    }

    /// Takes the next fault that applies to a call whose body has, or does not have, a code.
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
            .map(|status| Fault::OtherStatus(spelled(status))),
    }
}

/// The status in the spelling that was given.
fn spelled(word: &str) -> OrderStatus {
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
