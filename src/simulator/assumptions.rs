//! Assumptions about Telnyx's undocumented behavior, in one table. Each has a default that a test can change.
//!
//! A service that works under only one value of an assumption is wrong: it must work under all of them.

use std::time::Duration;

const HOUR: u64 = 60 * 60;

/// Every behavior of Telnyx that is not publicly documented.
#[derive(Debug, Clone)]
pub struct Assumptions {
    /// How long after a change `GET` still shows the old state. Default: not at all.
    pub read_after_write_delay: Duration,
    /// The earliest and latest time at which silence authorizes a pending order. Each order draws its own duration in
    /// between. Default: 24 h to 48 h, according to the port-out quickstart.
    pub silence_authorizes_after: (Duration, Duration),
    /// The start of the silence period of an order that returned to `pending`. Default: its return.
    pub silence_counts_from: SilenceCountsFrom,
    /// How long the porting team takes to review a rejection. Default: 4 h.
    pub review_takes: Duration,
    /// How long after its authorization an order whose FOC has passed is ported. Default: 1 h.
    pub ports_at_the_soonest_after: Duration,
    /// The response to a second Update Status with the target that is already reached. Default: refused with 422.
    pub same_target_again: Again,
    /// The status of an Update Status for an order that has left `pending` for another status. Default: 422.
    pub not_pending_status: u16,
    /// The status for a path whose ID is not a UUID. Default: 404.
    pub malformed_id_status: u16,
    /// Whether Update Status accepts a code in its body, which the guide shows and the API contract does not list.
    /// Default: accepted if it is one of the order's codes.
    pub rejection_code: CodeInBody,
    /// The codes that an order offers unless it defines its own. Only 1001 and 1002 are public; the others are
    /// invented.
    pub rejection_codes: Vec<RejectionCode>,
    /// The maximum length of a reason, in characters. Default: 255.
    pub longest_reason: usize,
    /// What happens to reason and code when a rejection returns to `pending`. Default: kept.
    pub reason_after_bounce: ReasonAfterBounce,
    /// Which status events contain the PIN that was given. Default: those with status `pending`.
    pub pin_stands_in: PinStandsIn,
    /// The carrier name in events after an order is no longer pending. Default: `Telnyx`, as in its samples.
    pub carrier_name_later: Option<String>,
    /// Whether a webhook has the same ID as the event in the events API. Default: the same.
    pub webhook_event_id: WebhookEventId,
    /// The order of lists. Default: newest first.
    pub list_order: ListOrder,
    /// The maximum number of elements on a page, whatever was requested. Default: 250, as documented.
    pub longest_page: usize,
    /// The totals that a page reports. Default: the right ones.
    pub list_meta: ListMeta,
    /// The response to a filter that the API contract does not list. Default: 422, so that a misspelled filter is
    /// detected.
    pub unknown_filter: UnknownFilter,
    /// The maximum number of requests per second. More get 429. Default: no limit.
    pub requests_per_second: Option<u32>,
    /// How long a receiver may take to respond to a webhook, in real time. Documented: 2 s.
    pub delivery_timeout: Duration,
    /// The waits before each retry of a webhook. Default: 10 s, 1 min, 5 min, then it has failed.
    pub delivered_again_after: Vec<Duration>,
    /// Which failed deliveries are retried. Default: all.
    pub delivered_again: DeliveredAgain,
    /// The signature of a retry. Default: a new one.
    pub signature_of_a_retry: SignatureOfARetry,
    /// The number of webhooks in progress at a time. Default: 8.
    pub concurrent_deliveries: usize,
}

/// A rejection code as `GET /portouts/rejections/{id}` lists it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RejectionCode {
    /// The code.
    pub code: i64,
    /// Its description.
    pub description: &'static str,
    /// Whether it requires a reason.
    pub reason_required: bool,
}

/// The start of the silence period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SilenceCountsFrom {
    /// The order's `inserted_at`, whatever has happened since.
    Insertion,
    /// The last time at which the order became pending.
    LastPending,
}

/// The response to a repeated Update Status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// 422, as for any order that is not pending.
    Refused,
    /// 200 with the unchanged order, and no event.
    Unchanged,
}

/// The handling of a `rejection_code` in the body of Update Status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeInBody {
    /// Accepted, or 422 for one that the order does not offer.
    Checked,
    /// Ignored, as a field that the API contract does not list.
    Ignored,
    /// 422 whenever it is present.
    Refused,
    /// 422 for a rejection without it.
    Required,
}

/// What happens to reason and code when a rejection bounces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonAfterBounce {
    /// They stay on the order.
    Kept,
    /// They become null again.
    Cleared,
}

/// Which status events contain `attempted_pin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinStandsIn {
    /// Those with status `pending`.
    PendingEvents,
    /// All of them.
    EveryStatusEvent,
}

/// The ID of an event in its webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookEventId {
    /// The ID in the events API.
    SameAsApi,
    /// An ID that is not used elsewhere.
    Own,
}

/// The order of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListOrder {
    /// The newest on the first page.
    NewestFirst,
    /// The oldest on the first page.
    OldestFirst,
}

/// The totals that a page reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListMeta {
    /// The totals, number and size of the page.
    Right,
    /// A single page, however many there are.
    OnePage,
    /// No totals.
    Missing,
}

/// The response to an unlisted filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownFilter {
    /// 422.
    Refused,
    /// The unfiltered list.
    Ignored,
}

/// Which failed deliveries are retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveredAgain {
    /// Every delivery without a 2xx response in time.
    AfterEveryFailure,
    /// Deliveries without a response or with 408, 429 or 5xx. Any other response is final.
    AfterTroubleOfTheReceiver,
}

/// The signature of a retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureOfARetry {
    /// A new one, with the time of the retry.
    Anew,
    /// One with the time of the first attempt.
    TimeOfTheFirst,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            read_after_write_delay: Duration::ZERO,
            silence_authorizes_after: (Duration::from_secs(24 * HOUR), Duration::from_secs(48 * HOUR)),
            silence_counts_from: SilenceCountsFrom::LastPending,
            review_takes: Duration::from_secs(4 * HOUR),
            ports_at_the_soonest_after: Duration::from_secs(HOUR),
            same_target_again: Again::Refused,
            not_pending_status: 422,
            malformed_id_status: 404,
            rejection_code: CodeInBody::Checked,
            rejection_codes: RejectionCode::usual(),
            longest_reason: 255,
            reason_after_bounce: ReasonAfterBounce::Kept,
            pin_stands_in: PinStandsIn::PendingEvents,
            carrier_name_later: Some("Telnyx".to_owned()),
            webhook_event_id: WebhookEventId::SameAsApi,
            list_order: ListOrder::NewestFirst,
            longest_page: 250,
            list_meta: ListMeta::Right,
            unknown_filter: UnknownFilter::Refused,
            requests_per_second: None,
            delivery_timeout: Duration::from_secs(2),
            delivered_again_after: [10, 60, 300].map(Duration::from_secs).to_vec(),
            delivered_again: DeliveredAgain::AfterEveryFailure,
            signature_of_a_retry: SignatureOfARetry::Anew,
            concurrent_deliveries: 8,
        }
    }
}

impl RejectionCode {
    /// Returns the codes that are offered by default.
    #[must_use]
    pub fn usual() -> Vec<Self> {
        let offered = |code, description, reason_required| Self {
            code,
            description,
            reason_required,
        };
        vec![
            offered(1001, "Other", true),
            offered(1002, "Invalid PIN", false),
            offered(1003, "ZIP code does not match", false),
            offered(1004, "Account number does not match", false),
            offered(1005, "Phone number is not active", false),
            offered(1006, "Port-out lock set by the subscriber", false),
        ]
    }
}
