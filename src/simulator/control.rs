//! The control API for another process: `/_simulator/…`, JSON, without a key. Keep the listener on loopback.
//!
//! | request | effect |
//! |---|---|
//! | `GET /orders`, `GET /orders/{id}` | returns orders with their history |
//! | `POST /orders` `{numbers, spid, carrier_name, name, address, city, state, zip, pin, pon, inserted_at, requested_foc_date, bounces, announced}` | opens an order; every field is optional |
//! | `POST /orders/{id}/bounce`, `…/accept-rejection`, `…/cancel`, `…/port`, `…/authorize-by-silence` | changes its status |
//! | `POST /orders/{id}/comment` `{body}`, `…/foc` `{foc_date}` | adds a comment, changes its FOC date |
//! | `POST /port-ins` `{numbers, webhook_url, customer_reference}` | opens a port-in order |
//! | `POST /faults` `{fault: "CALL=FAULT[:TIMES]"}`, `DELETE /faults` | injects a fault into calls, or removes all faults |
//! | `PUT /webhook-faults` `{copies, sequence, signature, timestamp_off_by}` | sets the faults of webhooks; `{}` removes them |
//! | `PUT /webhook-url` `{url}` | sets where webhooks are sent; null sends none |
//! | `POST /webhooks` with any body | signs the body and posts it once |
//! | `GET /requests`, `GET /deliveries` | returns the requests and the webhooks so far |

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Shared;
use super::faults::FaultOrder;
use super::moves::MoveError;
use super::new_order::NewOrder;
use super::order::{ChangedBy, Order, OrderSnapshot, Review};
use super::port_ins::NewPortIn;
use super::webhooks::{AttemptEnd, Record, WebhookFaults, courier};
use super::wire::Answer;
use crate::domain::{OrderId, OrderStatus};

/// Responds to a request to the control API. The path is what follows `/_simulator`.
pub(super) async fn answer(shared: &Shared, method: &str, path: &str, body: &[u8]) -> Answer {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let answered = match (method, parts.as_slice()) {
        ("POST", ["webhooks"]) => Ok(deliver(shared, body).await),
        ("GET", ["orders"]) => Ok(orders(shared)),
        ("POST", ["orders"]) => read(body).map(|order| open(shared, order)),
        ("GET", ["orders", id]) => order_id(id).and_then(|id| show(shared, &id)),
        ("POST", ["orders", id, word]) => order_id(id).and_then(|id| act(shared, &id, word, body)),
        ("POST", ["port-ins"]) => read(body).map(|port_in| open_port_in(shared, port_in)),
        ("POST", ["faults"]) => read(body).and_then(|fault| order_fault(shared, &fault)),
        ("DELETE", ["faults"]) => {
            shared.change(|world, _| world.faults.clear());
            Ok(Answer::empty(204))
        }
        ("PUT", ["webhook-faults"]) => read(body).map(|faults| spoil_webhooks(shared, faults)),
        ("PUT", ["webhook-url"]) => read(body).map(|Url { url }| {
            shared.change(|world, _| world.webhook_url = url);
            Answer::empty(204)
        }),
        ("GET", ["requests"]) => Ok(Answer::data(shared.look(|world, _| world.requests.all()))),
        ("GET", ["deliveries"]) => {
            let all =
                shared.look(|world, _| world.deliveries.iter().map(Record::snapshot).collect::<Vec<_>>());
            Ok(Answer::data(all))
        }
        _ => Err(Answer::not_found()),
    };
    answered.unwrap_or_else(|refused| refused)
}

/// An order in a request of another process. It contains a PIN, so it has no `Debug`.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct OrderGiven {
    numbers: Option<Vec<String>>,
    spid: Option<String>,
    carrier_name: Option<String>,
    name: Option<String>,
    address: Option<String>,
    city: String,
    state: String,
    zip: Option<String>,
    pin: Option<String>,
    pon: Option<String>,
    inserted_at: Option<Timestamp>,
    requested_foc_date: Option<Timestamp>,
    bounces: u32,
    announced: bool,
}

impl Default for OrderGiven {
    fn default() -> Self {
        Self {
            numbers: None,
            spid: None,
            carrier_name: None,
            name: None,
            address: None,
            city: String::new(),
            state: String::new(),
            zip: None,
            pin: None,
            pon: None,
            inserted_at: None,
            requested_foc_date: None,
            bounces: 0,
            announced: true,
        }
    }
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct PortInGiven {
    numbers: Vec<String>,
    webhook_url: Option<String>,
    customer_reference: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultGiven {
    fault: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Url {
    url: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommentGiven {
    body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FocGiven {
    foc_date: Timestamp,
}

impl OrderGiven {
    fn into_order(self) -> NewOrder {
        fn set<T>(
            order: NewOrder,
            value: Option<T>,
            setter: impl FnOnce(NewOrder, T) -> NewOrder,
        ) -> NewOrder {
            match value {
                Some(value) => setter(order, value),
                None => order,
            }
        }
        let mut order = NewOrder::default().pin(self.pin.as_deref());
        order = set(order, self.numbers, NewOrder::numbers);
        order = set(order, self.spid.as_deref(), NewOrder::spid);
        order = set(order, self.carrier_name.as_deref(), NewOrder::carrier_name);
        order = set(order, self.name.as_deref(), NewOrder::name);
        order = set(order, self.address.as_deref(), NewOrder::address);
        order = set(order, self.zip.as_deref(), NewOrder::zip);
        order = set(order, self.pon.as_deref(), NewOrder::pon);
        order = set(order, self.inserted_at, NewOrder::inserted_at);
        order = set(order, self.requested_foc_date, NewOrder::requested_foc);
        if !self.city.is_empty() || !self.state.is_empty() {
            order = order.place(&self.city, &self.state);
        }
        if self.bounces > 0 {
            order = order.review(Review::Bounces(self.bounces));
        }
        if self.announced {
            order
        } else {
            order.unannounced()
        }
    }
}

fn open(shared: &Shared, given: OrderGiven) -> Answer {
    let order = shared.change(|world, now| {
        let id = world.open_order(given.into_order(), now);
        world
            .order(&id)
            .map(|order| json!(order.details))
            .unwrap_or_default()
    });
    Answer::json(201, json!({ "data": order }))
}

fn open_port_in(shared: &Shared, given: PortInGiven) -> Answer {
    let mut port_in = NewPortIn::default().numbers(given.numbers);
    if let Some(url) = &given.webhook_url {
        port_in = port_in.webhook_url(url);
    }
    if let Some(reference) = &given.customer_reference {
        port_in = port_in.customer_reference(reference);
    }
    let id = shared.change(|world, now| world.open_port_in(&port_in, now));
    Answer::json(201, json!({ "data": { "id": id } }))
}

fn orders(shared: &Shared) -> Answer {
    let orders: Vec<Value> = shared.look(|world, _| {
        let told = |order: &Order| told(&order.snapshot());
        world.orders.iter().map(told).collect()
    });
    Answer::data(orders)
}

fn show(shared: &Shared, id: &OrderId) -> Result<Answer, Answer> {
    let order = shared.look(|world, _| world.order(id).map(Order::snapshot));
    order
        .map(|order| Answer::data(told(&order)))
        .map_err(|_| Answer::not_found())
}

fn told(order: &OrderSnapshot) -> Value {
    let history: Vec<Value> = order
        .history
        .iter()
        .map(|change| json!({ "status": change.status.as_str(), "at": change.at, "by": change.by }))
        .collect();
    json!({
        "id": order.id,
        "status": order.status.as_str(),
        "reason": order.reason,
        "rejection_code": order.rejection_code,
        "host_messaging": order.host_messaging,
        "phone_numbers": order.phone_numbers,
        "support_key": order.support_key,
        "inserted_at": order.inserted_at,
        "due": order.due,
        "history": history,
    })
}

fn act(shared: &Shared, id: &OrderId, word: &str, body: &[u8]) -> Result<Answer, Answer> {
    use OrderStatus::{Authorized, Canceled, Pending, Ported, Rejected, RejectedPending};

    let moved = |from: &[OrderStatus], to: OrderStatus, by: ChangedBy| {
        shared.change(|world, now| world.move_by_hand(id, from, to, now, by))
    };
    let done = match word {
        "bounce" => shared.change(|world, now| world.bounce(id, now, ChangedBy::Hand)),
        "accept-rejection" => moved(&[RejectedPending], Rejected, ChangedBy::Hand),
        "cancel" => moved(&[Pending, RejectedPending, Authorized], Canceled, ChangedBy::Hand),
        "port" => moved(&[Authorized], Ported, ChangedBy::Hand),
        "authorize-by-silence" => moved(&[Pending], Authorized, ChangedBy::Silence),
        "comment" => {
            let CommentGiven { body } = read(body)?;
            let commented = shared.change(|world, now| world.comment(id, body, None, now));
            commented.map(drop).map_err(MoveError::from)
        }
        "foc" => {
            let FocGiven { foc_date } = read(body)?;
            let changed = shared.change(|world, now| world.change_foc(id, foc_date, now));
            changed.map_err(MoveError::from)
        }
        _ => return Err(Answer::not_found()),
    };
    match done {
        Ok(()) => show(shared, id),
        Err(MoveError::Unknown(_)) => Err(Answer::not_found()),
        Err(error) => Err(Answer::error(409, "10031", "Conflict", &error.to_string())),
    }
}

fn order_fault(shared: &Shared, given: &FaultGiven) -> Result<Answer, Answer> {
    let order: FaultOrder = given
        .fault
        .parse()
        .map_err(|error: super::faults::InvalidFault| Answer::invalid("/fault", &error.to_string()))?;
    shared.change(|world, _| world.faults.order(order));
    Ok(Answer::empty(204))
}

fn spoil_webhooks(shared: &Shared, faults: WebhookFaults) -> Answer {
    shared.change(|world, _| {
        world.release_held_back();
        world.webhook_faults = faults;
    });
    Answer::empty(204)
}

async fn deliver(shared: &Shared, body: &[u8]) -> Answer {
    let end = courier::deliver_raw(shared, body.to_vec()).await;
    match end {
        AttemptEnd::Answered(status) => Answer::data(json!({ "answered": status })),
        AttemptEnd::NotAnswered(cause) => Answer::error(502, "10007", "Not answered", &cause),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Answer> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| Answer::invalid("/", &error.to_string()))
}

fn order_id(text: &str) -> Result<OrderId, Answer> {
    text.parse().map_err(|_| Answer::not_found())
}
