//! What can happen to a simulated order.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::json;

use super::assumptions::{Assumptions, ReasonAfterBounce, SilenceCountsFrom, WebhookEventId};
use super::events::{Event, EventType, status_payload};
use super::new_order::{Identity, NewOrder, Opening};
use super::order::{ChangedBy, Details, Order, Review, ShownBefore, StatusChange};
use super::world::{Comment, UnknownOrder, World};
use crate::domain::{OrderId, OrderStatus, PhoneNumber};

/// The error for a move that an order cannot make.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// The order does not exist.
    #[error(transparent)]
    Unknown(#[from] UnknownOrder),
    /// The order cannot get from its status to the requested one.
    #[error("order `{id}` is `{status}` and cannot become `{wanted}`")]
    NotFromHere {
        /// The order.
        id: OrderId,
        /// Its status.
        status: OrderStatus,
        /// The requested status.
        wanted: OrderStatus,
    },
}

/// The content of an Update Status call, validated.
pub(super) struct Answer {
    pub(super) target: OrderStatus,
    pub(super) reason: String,
    pub(super) rejection_code: Option<i64>,
    pub(super) host_messaging: bool,
}

impl World {
    pub(super) fn open_order(&mut self, new: NewOrder, now: Timestamp) -> OrderId {
        let opening = new.opening;
        let order = self.build_order(new, now);
        let (id, status, at) = (
            order.details.id.clone(),
            order.details.status.clone(),
            order.details.inserted_at,
        );
        self.order_places.insert(id.clone(), self.orders.len());
        self.orders.push(order);
        self.enter_quietly(&id, status, at, ChangedBy::Opening);
        self.tell_status(&id, now, opening);
        id
    }

    fn build_order(&mut self, mut new: NewOrder, now: Timestamp) -> Order {
        let chance = &mut self.chance;
        let inserted_at = new.inserted_at.unwrap_or(now);
        let (soonest, latest) = self.assumptions.silence_authorizes_after;
        let silence_drawn = chance.between(soonest, latest);
        let foc_drawn = midnight_ahead(inserted_at, 5 + chance.below(5));
        new.requested_foc_date = new.requested_foc_date.or(foc_drawn);
        let usual_codes = || self.assumptions.rejection_codes.clone();
        Order {
            shown_before: None,
            odd_in_list: std::mem::take(&mut new.odd_in_list),
            pin: new.pin.take(),
            countries: countries(&new.numbers),
            rejection_codes: new.rejection_codes.take().unwrap_or_else(usual_codes),
            silence_authorizes_after: new.silence_authorizes_after.unwrap_or(silence_drawn),
            review: new.review,
            rejections: 0,
            due: None,
            ported_at: None,
            history: Vec::new(),
            details: new.into_details(Identity {
                id: order_id(chance.uuid()),
                support_key: format!("PO_{}", chance.digits(6)),
                user_id: self.user_id,
                inserted_at,
            }),
        }
    }

    /// Changes an order's status, with an event and its webhook.
    pub(super) fn enter(&mut self, id: &OrderId, status: OrderStatus, at: Timestamp, by: ChangedBy) {
        self.enter_quietly(id, status, at, by);
        self.tell_status(id, at, Opening::Announced);
    }

    fn enter_quietly(&mut self, id: &OrderId, status: OrderStatus, at: Timestamp, by: ChangedBy) {
        let place = self.order_places.get(id).copied();
        let Some(order) = place.and_then(|place| self.orders.get_mut(place)) else {
            return;
        };
        if by != ChangedBy::Opening {
            order.keep_shown(at, self.assumptions.read_after_write_delay);
        }
        order.take_on(status, at, by);
        order.due = due(order, at, &self.assumptions);
        self.next_due = earlier(self.next_due, order.due);
    }

    /// Applies an answer. The caller has checked that the order is pending and the body is valid.
    pub(super) fn take_answer(&mut self, id: &OrderId, answer: Answer, at: Timestamp) {
        let delay = self.assumptions.read_after_write_delay;
        if let Ok(order) = self.order_mut(id) {
            order.keep_shown(at, delay);
            order.details.reason = Some(answer.reason);
            order.details.rejection_code = answer.rejection_code;
            order.details.host_messaging = answer.host_messaging;
        }
        self.enter(id, answer.target, at, ChangedBy::UpdateStatus);
    }

    /// Returns a rejection to pending.
    pub(super) fn bounce(&mut self, id: &OrderId, at: Timestamp, by: ChangedBy) -> Result<(), MoveError> {
        self.demand(id, &[OrderStatus::RejectedPending], OrderStatus::Pending)?;
        let cleared = self.assumptions.reason_after_bounce == ReasonAfterBounce::Cleared;
        let delay = self.assumptions.read_after_write_delay;
        let order = self.order_mut(id)?;
        if cleared {
            order.keep_shown(at, delay);
            order.details.reason = None;
            order.details.rejection_code = None;
        }
        self.enter(id, OrderStatus::Pending, at, by);
        Ok(())
    }

    /// Moves an order manually from one of some statuses to another.
    pub(super) fn move_by_hand(
        &mut self,
        id: &OrderId,
        from: &[OrderStatus],
        to: OrderStatus,
        at: Timestamp,
        by: ChangedBy,
    ) -> Result<(), MoveError> {
        self.demand(id, from, to.clone())?;
        self.enter(id, to, at, by);
        Ok(())
    }

    fn demand(&self, id: &OrderId, from: &[OrderStatus], wanted: OrderStatus) -> Result<(), MoveError> {
        let order = self.order(id)?;
        if order.is_in(from) {
            return Ok(());
        }
        Err(MoveError::NotFromHere {
            id: id.clone(),
            status: order.details.status.clone(),
            wanted,
        })
    }

    /// Adds a comment, by Telnyx unless a user wrote it, with an event and its webhook.
    pub(super) fn comment(
        &mut self,
        id: &OrderId,
        body: String,
        user_id: Option<uuid::Uuid>,
        at: Timestamp,
    ) -> Result<uuid::Uuid, UnknownOrder> {
        self.order(id)?;
        let comment_id = self.chance.uuid();
        let payload = json!({
            "comment": body,
            "id": comment_id,
            "portout_id": id,
            "user_id": self.user_id,
        });
        self.comments.push(Comment {
            body,
            created_at: at,
            id: comment_id,
            portout_id: id.clone(),
            record_type: "portout",
            user_id,
        });
        self.tell(id, EventType::NewComment, payload, at, Opening::Announced);
        Ok(comment_id)
    }

    /// Changes the FOC date, with an event and its webhook.
    pub(super) fn change_foc(
        &mut self,
        id: &OrderId,
        foc_date: Timestamp,
        at: Timestamp,
    ) -> Result<(), UnknownOrder> {
        self.order(id)?;
        let delay = self.assumptions.read_after_write_delay;
        if let Some(order) = self
            .order_places
            .get(id)
            .and_then(|place| self.orders.get_mut(*place))
        {
            order.keep_shown(at, delay);
            order.details.foc_date = Some(foc_date);
            order.details.updated_at = at;
            if order.details.status == OrderStatus::Authorized {
                order.due = due(order, at, &self.assumptions);
                self.next_due = earlier(self.next_due, order.due);
            }
        }
        let payload = json!({ "foc_date": foc_date, "id": id, "user_id": self.user_id });
        self.tell(id, EventType::FocDateChanged, payload, at, Opening::Announced);
        Ok(())
    }

    /// Changes fields of an order without an event.
    pub(super) fn amend(
        &mut self,
        id: &OrderId,
        at: Timestamp,
        change: impl FnOnce(&mut Details),
    ) -> Result<(), UnknownOrder> {
        let delay = self.assumptions.read_after_write_delay;
        let order = self.order_mut(id)?;
        order.keep_shown(at, delay);
        change(&mut order.details);
        order.details.updated_at = at;
        Ok(())
    }

    fn tell_status(&mut self, id: &OrderId, at: Timestamp, opening: Opening) {
        let Ok(order) = self.order(id) else { return };
        let payload = status_payload(order, &self.assumptions);
        self.tell(id, EventType::StatusChanged, payload, at, opening);
    }

    fn tell(
        &mut self,
        id: &OrderId,
        kind: EventType,
        payload: serde_json::Value,
        at: Timestamp,
        opening: Opening,
    ) {
        let event_id = self.chance.uuid();
        let webhook_id = match self.assumptions.webhook_event_id {
            WebhookEventId::SameAsApi => event_id,
            WebhookEventId::Own => self.chance.uuid(),
        };
        let event = Event {
            id: event_id,
            webhook_id,
            kind,
            order: id.clone(),
            payload,
            created_at: at,
            delivered_at: None,
        };
        let data = event.as_webhook();
        self.events.push(event);
        if opening == Opening::Announced {
            self.post(Some(event_id), data, at);
        }
    }
}

impl Order {
    /// Keeps what reads show now for as long as they lag behind.
    fn keep_shown(&mut self, at: Timestamp, delay: Duration) {
        let lagging = self.shown_before.as_ref().is_some_and(|before| at < before.until);
        if !delay.is_zero() && !lagging {
            self.shown_before = Some(ShownBefore {
                details: self.details.clone(),
                until: later(at, delay),
            });
        }
    }

    fn take_on(&mut self, status: OrderStatus, at: Timestamp, by: ChangedBy) {
        let details = &mut self.details;
        match status {
            OrderStatus::Authorized => details.foc_date = details.foc_date.or(details.requested_foc_date),
            OrderStatus::RejectedPending => self.rejections += 1,
            OrderStatus::Ported => {
                details.already_ported = true;
                self.ported_at = Some(at);
            }
            _ => {}
        }
        details.status = status.clone();
        details.updated_at = at;
        self.history.push(StatusChange { status, at, by });
    }
}

/// Returns when the new status of an order ends automatically.
fn due(order: &Order, at: Timestamp, assumptions: &Assumptions) -> Option<Timestamp> {
    match order.details.status {
        OrderStatus::Pending => {
            let from = match assumptions.silence_counts_from {
                SilenceCountsFrom::Insertion => order.details.inserted_at,
                SilenceCountsFrom::LastPending => order.last_pending_at(),
            };
            Some(later(from, order.silence_authorizes_after))
        }
        OrderStatus::RejectedPending if order.review != Review::Never => {
            Some(later(at, assumptions.review_takes))
        }
        OrderStatus::Authorized => {
            let soonest = later(at, assumptions.ports_at_the_soonest_after);
            Some(order.details.foc_date.map_or(soonest, |foc| foc.max(soonest)))
        }
        _ => None,
    }
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

pub(super) fn later(at: Timestamp, span: Duration) -> Timestamp {
    let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
    at.saturating_add(span).unwrap_or(Timestamp::MAX)
}

/// Telnyx gives a date as midnight UTC.
fn midnight_ahead(at: Timestamp, days: usize) -> Option<Timestamp> {
    let date = at.to_zoned(TimeZone::UTC).date();
    let date = date.checked_add(i64::try_from(days).ok()?.days()).ok()?;
    date.to_zoned(TimeZone::UTC)
        .ok()
        .map(|midnight| midnight.timestamp())
}

fn countries(numbers: &[String]) -> Vec<String> {
    let country = |number: &String| number.parse::<PhoneNumber>().ok()?.country();
    numbers.iter().filter_map(country).collect()
}

fn order_id(uuid: uuid::Uuid) -> OrderId {
    match uuid.to_string().parse() {
        Ok(id) => id,
        Err(_) => unreachable!("a UUID is an order id"),
    }
}
