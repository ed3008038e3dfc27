//! The state of the simulated Telnyx.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::assumptions::Assumptions;
use super::chance::Chance;
use super::events::Event;
use super::faults::FaultQueues;
use super::order::Order;
use super::requests::RequestLog;
use super::webhooks::outgoing::Outgoing;
use super::webhooks::{Record, WebhookFaults};
use crate::domain::OrderId;

/// The state of the simulated Telnyx. It is behind a mutex that is never held across an await.
pub(super) struct World {
    pub(super) assumptions: Assumptions,
    pub(super) chance: Chance,
    pub(super) user_id: Uuid,
    /// In the order of their opening.
    pub(super) orders: Vec<Order>,
    pub(super) order_places: HashMap<OrderId, usize>,
    /// No order changes automatically before this time.
    pub(super) next_due: Option<Timestamp>,
    pub(super) events: Vec<Event>,
    pub(super) comments: Vec<Comment>,
    pub(super) documents: Vec<Document>,
    /// `PortingOrder` of the API contract, stored as JSON because an edit is a JSON merge.
    pub(super) port_ins: Vec<Map<String, Value>>,
    pub(super) port_in_numbers: Vec<Value>,
    pub(super) faults: FaultQueues,
    pub(super) requests: RequestLog,
    pub(super) webhook_url: Option<String>,
    pub(super) webhook_faults: WebhookFaults,
    /// Batches. The webhooks of a batch are posted one after another.
    pub(super) outbox: VecDeque<Vec<Outgoing>>,
    /// The webhooks that a reversed sequence holds back.
    pub(super) held_back: Vec<Outgoing>,
    pub(super) deliveries: Vec<Record>,
}

/// A comment on an order: `PortoutComment` of the API contract.
#[derive(serde::Serialize)]
pub(super) struct Comment {
    pub(super) body: String,
    pub(super) created_at: Timestamp,
    pub(super) id: Uuid,
    pub(super) portout_id: OrderId,
    pub(super) record_type: &'static str,
    /// Null if Telnyx wrote it.
    pub(super) user_id: Option<Uuid>,
}

/// A document of an order: `PortOutSupportingDocument` of the API contract.
#[derive(serde::Serialize)]
pub(super) struct Document {
    pub(super) created_at: Timestamp,
    #[serde(rename = "document_id")]
    pub(super) attached: Uuid,
    pub(super) id: Uuid,
    pub(super) portout_id: OrderId,
    pub(super) record_type: &'static str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) updated_at: Timestamp,
}

/// An order ID that the simulator does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the simulator has no order `{0}`")]
pub struct UnknownOrder(pub OrderId);

impl World {
    pub(super) fn new(seed: u64, assumptions: Assumptions, webhook_url: Option<String>) -> Self {
        let mut chance = Chance::new(seed, "ids");
        Self {
            assumptions,
            user_id: chance.uuid(),
            chance,
            orders: Vec::new(),
            order_places: HashMap::new(),
            next_due: None,
            events: Vec::new(),
            comments: Vec::new(),
            documents: Vec::new(),
            port_ins: Vec::new(),
            port_in_numbers: Vec::new(),
            faults: FaultQueues::default(),
            requests: RequestLog::default(),
            webhook_url,
            webhook_faults: WebhookFaults::default(),
            outbox: VecDeque::new(),
            held_back: Vec::new(),
            deliveries: Vec::new(),
        }
    }

    pub(super) fn order(&self, id: &OrderId) -> Result<&Order, UnknownOrder> {
        let order = self
            .order_places
            .get(id)
            .and_then(|place| self.orders.get(*place));
        order.ok_or_else(|| UnknownOrder(id.clone()))
    }

    pub(super) fn order_mut(&mut self, id: &OrderId) -> Result<&mut Order, UnknownOrder> {
        let place = self.order_places.get(id).copied();
        let order = place.and_then(|place| self.orders.get_mut(place));
        order.ok_or_else(|| UnknownOrder(id.clone()))
    }
}
