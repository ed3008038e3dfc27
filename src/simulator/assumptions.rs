//! What Telnyx does where nothing public says what it does: one table, each row with a default that a test can change.
//!
//! A service that is right only under one value of a row is wrong: it must live with every one of them.

use std::time::Duration;

const HOUR: u64 = 60 * 60;

/// Every behaviour of Telnyx that is stated nowhere public.
#[derive(Debug, Clone)]
pub struct Assumptions {
    /// How long after a change `GET` still shows the state before it. Default: not at all.
    pub read_after_write_delay: Duration,
    /// The soonest and the latest that silence authorizes a pending order; each order draws its own span in between.
    /// Default: 24 h to 48 h, as the port-out quickstart says.
    pub silence_authorizes_after: (Duration, Duration),
    /// From when the clock of silence counts for an order that came back to `pending`. Default: from its coming back.
    pub silence_counts_from: SilenceCountsFrom,
    /// How long the porting team reviews a rejection. Default: 4 h.
    pub review_takes: Duration,
    /// How long after its authorization an order whose FOC has passed is ported. Default: 1 h.
    pub ports_at_the_soonest_after: Duration,
    /// What a second Update Status with the target already reached gets. Default: refused with 422.
    pub same_target_again: Again,
    /// What an Update Status gets on an order that has left `pending` for another state. Default: 422.
    pub not_pending_status: u16,
    /// What a path gets whose id is no UUID. Default: 404.
    pub malformed_id_status: u16,
    /// Whether a code is taken in the body of Update Status, which the guide shows and the contract lacks.
    /// Default: taken, and must be one of the order's.
    pub rejection_code: CodeInBody,
    /// The codes an order offers unless it names its own. Public are only 1001 and 1002; the others are invented.
    pub rejection_codes: Vec<RejectionCode>,
    /// The most characters a reason may have. Default: 255.
    pub longest_reason: usize,
    /// What becomes of reason and code when a rejection comes back to `pending`. Default: kept.
    pub reason_after_bounce: ReasonAfterBounce,
    /// Which status events carry the PIN that was given. Default: those that say `pending`.
    pub pin_stands_in: PinStandsIn,
    /// The carrier name that events give once an order is no longer pending. Default: `Telnyx`, as in its samples.
    pub carrier_name_later: Option<String>,
    /// Whether a webhook has the id that the events API gives the same event. Default: the same.
    pub webhook_event_id: WebhookEventId,
    /// In which order lists come. Default: newest first.
    pub list_order: ListOrder,
    /// The most elements on a page, whatever was asked for. Default: 250, as documented.
    pub longest_page: usize,
    /// What a page says of its list. Default: the truth.
    pub list_meta: ListMeta,
    /// What a filter gets that the contract does not list. Default: 422, so that a misspelt one is found.
    pub unknown_filter: UnknownFilter,
    /// The most requests taken in one second; more get 429. Default: no limit.
    pub requests_per_second: Option<u32>,
    /// How long a receiver may take to answer a webhook, in the machine's time. Documented: 2 s.
    pub delivery_timeout: Duration,
    /// The waits before each further try of a webhook. Default: 10 s, 1 min, 5 min, then it has failed.
    pub delivered_again_after: Vec<Duration>,
    /// Which failed deliveries are tried again. Default: every one.
    pub delivered_again: DeliveredAgain,
    /// What signature a further try carries. Default: a new one.
    pub signature_of_a_retry: SignatureOfARetry,
    /// How many webhooks are under way at once. Default: 8.
    pub concurrent_deliveries: usize,
}

/// A ground for a rejection as `GET /portouts/rejections/{id}` lists it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RejectionCode {
    /// The code.
    pub code: i64,
    /// What it stands for.
    pub description: &'static str,
    /// Whether it is taken only with a reason.
    pub reason_required: bool,
}

/// From when the clock of silence counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SilenceCountsFrom {
    /// From the order's `inserted_at`, whatever happened since.
    Insertion,
    /// From the last time the order became pending.
    LastPending,
}

/// What a repeated Update Status gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// 422, as for any order that is not pending.
    Refused,
    /// 200 with the order as it is; no event.
    Unchanged,
}

/// What becomes of a `rejection_code` in the body of Update Status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeInBody {
    /// Taken; 422 for one that the order does not offer.
    Checked,
    /// Passed over, as a field that the contract does not have.
    Ignored,
    /// 422 whenever it is there.
    Refused,
    /// 422 when a rejection comes without it.
    Required,
}

/// What becomes of reason and code when a rejection bounces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonAfterBounce {
    /// They stay on the order.
    Kept,
    /// They are null again.
    Cleared,
}

/// Which status events carry `attempted_pin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinStandsIn {
    /// Those with status `pending`.
    PendingEvents,
    /// All of them.
    EveryStatusEvent,
}

/// The id of an event in its webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookEventId {
    /// The id that the events API gives.
    SameAsApi,
    /// An id that stands nowhere else.
    Own,
}

/// The order in which lists come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListOrder {
    /// The newest on the first page.
    NewestFirst,
    /// The oldest on the first page.
    OldestFirst,
}

/// What a page says of its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListMeta {
    /// Totals, number and size of the page.
    Right,
    /// That there is one page, however many there are.
    OnePage,
    /// Nothing.
    Missing,
}

/// What an unlisted filter gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownFilter {
    /// 422.
    Refused,
    /// The list as if it were not there.
    Ignored,
}

/// Which failed deliveries are tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveredAgain {
    /// Whatever was not answered with 2xx in time.
    AfterEveryFailure,
    /// No answer, 408, 429 and 5xx; any other answer is final.
    AfterTroubleOfTheReceiver,
}

/// The signature of a further try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureOfARetry {
    /// Made anew, with the time of the try.
    Anew,
    /// With the time of the first try.
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
    /// The codes offered by default.
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
