//! A simulated order.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Serializer;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::assumptions::RejectionCode;
use crate::domain::{OrderId, OrderStatus};

/// An order with the fields of every response: `PortoutDetails` of the API contract, with null for missing values.
#[derive(Debug, Clone, serde::Serialize)]
pub(super) struct Details {
    pub(super) id: OrderId,
    pub(super) record_type: &'static str,
    pub(super) phone_numbers: Vec<String>,
    pub(super) authorized_name: Option<String>,
    pub(super) carrier_name: Option<String>,
    pub(super) current_carrier: Option<String>,
    pub(super) end_user_name: Option<String>,
    pub(super) city: Option<String>,
    pub(super) state: Option<String>,
    pub(super) zip: Option<String>,
    pub(super) lsr: Vec<String>,
    pub(super) pon: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) rejection_code: Option<i64>,
    pub(super) service_address: Option<String>,
    pub(super) foc_date: Option<Timestamp>,
    pub(super) requested_foc_date: Option<Timestamp>,
    pub(super) spid: Option<String>,
    pub(super) support_key: String,
    #[serde(serialize_with = "as_word")]
    pub(super) status: OrderStatus,
    pub(super) already_ported: bool,
    pub(super) user_id: Uuid,
    pub(super) vendor: Option<String>,
    pub(super) created_at: Timestamp,
    pub(super) inserted_at: Timestamp,
    #[serde(serialize_with = "with_offset")]
    pub(super) updated_at: Timestamp,
    pub(super) host_messaging: bool,
    /// Fields that are shown instead of the real ones. They come last, because the last of two fields with the same
    /// name counts.
    #[serde(flatten)]
    pub(super) odd: Map<String, Value>,
}

/// An order with what the simulator knows about it beyond its fields.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) details: Details,
    pub(super) shown_before: Option<ShownBefore>,
    /// Fields that only the list of orders shows differently.
    pub(super) odd_in_list: Map<String, Value>,
    pub(super) pin: Option<SecretString>,
    pub(super) countries: Vec<String>,
    pub(super) rejection_codes: Vec<RejectionCode>,
    pub(super) silence_authorizes_after: Duration,
    pub(super) review: Review,
    pub(super) rejections: u32,
    /// When the current status ends automatically.
    pub(super) due: Option<Timestamp>,
    pub(super) ported_at: Option<Timestamp>,
    pub(super) history: Vec<StatusChange>,
}

/// What reads still show of an order that has just changed.
#[derive(Debug)]
pub(super) struct ShownBefore {
    pub(super) details: Details,
    pub(super) until: Timestamp,
}

/// A status that an order has had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// The status.
    pub status: OrderStatus,
    /// When, by the simulator's clock.
    pub at: Timestamp,
    /// The cause.
    pub by: ChangedBy,
}

/// The cause of a change of status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangedBy {
    /// It arrived at Telnyx with this status.
    Opening,
    /// An Update Status call.
    UpdateStatus,
    /// Nobody answered in time.
    Silence,
    /// The porting team reviewed a rejection.
    Review,
    /// The FOC date arrived.
    FirmOrderCommitment,
    /// A person or test, through the Rust API or the control API.
    Hand,
}

/// The state of an order at the simulator, with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSnapshot {
    /// Its ID.
    pub id: OrderId,
    /// Its current status, whatever reads still show.
    pub status: OrderStatus,
    /// The reason in the last accepted Update Status.
    pub reason: Option<String>,
    /// The rejection code in the last accepted Update Status.
    pub rejection_code: Option<i64>,
    /// Whether messaging stays at Telnyx.
    pub host_messaging: bool,
    /// The numbers, as they were given.
    pub phone_numbers: Vec<String>,
    /// `PO_…`.
    pub support_key: String,
    /// When it arrived at Telnyx.
    pub inserted_at: Timestamp,
    /// When the current status ends automatically: silence, the review, the FOC.
    pub due: Option<Timestamp>,
    /// Every status that it has had, oldest first.
    pub history: Vec<StatusChange>,
}

impl Order {
    /// Returns the fields that a read shows now.
    pub(super) fn shown(&self, now: Timestamp) -> &Details {
        match &self.shown_before {
            Some(before) if now < before.until => &before.details,
            _ => &self.details,
        }
    }

    pub(super) fn is_in(&self, statuses: &[OrderStatus]) -> bool {
        statuses.contains(&self.details.status)
    }

    /// Returns when the order last became pending.
    pub(super) fn last_pending_at(&self) -> Timestamp {
        let pending = |change: &&StatusChange| change.status == OrderStatus::Pending;
        let last = self.history.iter().rev().find(pending);
        last.map_or(self.details.inserted_at, |change| change.at)
    }

    pub(super) fn snapshot(&self) -> OrderSnapshot {
        let details = &self.details;
        OrderSnapshot {
            id: details.id.clone(),
            status: details.status.clone(),
            reason: details.reason.clone(),
            rejection_code: details.rejection_code,
            host_messaging: details.host_messaging,
            phone_numbers: details.phone_numbers.clone(),
            support_key: details.support_key.clone(),
            inserted_at: details.inserted_at,
            due: self.due,
            history: self.history.clone(),
        }
    }
}

fn as_word<S: Serializer>(status: &OrderStatus, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(status.as_str())
}

/// Telnyx writes times in more than one format. This is the one without a fraction and with `+00:00`.
fn with_offset<S: Serializer>(instant: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&instant.strftime("%Y-%m-%dT%H:%M:%S+00:00"))
}

/// How the porting team reviews rejections of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Review {
    /// It accepts them: the order becomes rejected.
    #[default]
    Accepts,
    /// It returns the first ones to pending, this many, and accepts later ones.
    Bounces(u32),
    /// It does not review them: the order stays rejected-pending until it is changed.
    Never,
}
