//! The calls of Telnyx's API, one file per resource. Each is a plain function from the world and a request to a
//! response. [`super::wire::router`] passes this table to axum.

mod comments;
mod deliveries;
mod documents;
mod events;
mod orders;
mod port_ins;
mod rejections;
pub(super) mod request;
mod update_status;

use axum::routing::MethodFilter;
use jiff::Timestamp;

use super::faults::Call;
use super::wire::Answer;
use super::world::World;
use request::{Asked, Handled};

/// Handles an authenticated request, with all its effects.
type Handler = fn(&mut World, &Asked, Timestamp) -> Handled;

/// A call of the API: its requests, its name in faults, and its handler.
#[derive(Clone, Copy)]
pub(super) struct Endpoint {
    pub(super) method: MethodFilter,
    pub(super) path: &'static str,
    pub(super) call: Call,
    handler: Handler,
}

const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;
const PATCH: MethodFilter = MethodFilter::PATCH;

/// Every call.
pub(super) const ENDPOINTS: [Endpoint; 17] = [
    endpoint(GET, "/v2/portouts", Call::ListOrders, |world, asked, now| {
        orders::list(world, &asked.query, now)
    }),
    endpoint(GET, "/v2/portouts/events", Call::ListEvents, |world, asked, _| {
        events::list(world, &asked.query)
    }),
    endpoint(
        GET,
        "/v2/portouts/events/{id}",
        Call::GetEvent,
        |world, asked, _| events::show(world, asked.id()),
    ),
    endpoint(
        POST,
        "/v2/portouts/events/{id}/republish",
        Call::RepublishEvent,
        |world, asked, now| events::republish(world, asked.id(), now),
    ),
    endpoint(
        GET,
        "/v2/portouts/rejections/{id}",
        Call::ListRejections,
        |world, asked, _| rejections::list(world, asked.id(), &asked.query),
    ),
    endpoint(GET, "/v2/portouts/{id}", Call::GetOrder, |world, asked, now| {
        orders::show(world, asked.id(), now)
    }),
    endpoint(
        GET,
        "/v2/portouts/{id}/comments",
        Call::ListComments,
        |world, asked, _| comments::list(world, asked.id(), &asked.query),
    ),
    endpoint(
        POST,
        "/v2/portouts/{id}/comments",
        Call::CreateComment,
        |world, asked, now| comments::create(world, asked.id(), asked.body.as_ref(), now),
    ),
    endpoint(
        GET,
        "/v2/portouts/{id}/supporting_documents",
        Call::ListDocuments,
        |world, asked, _| documents::list(world, asked.id()),
    ),
    endpoint(
        POST,
        "/v2/portouts/{id}/supporting_documents",
        Call::CreateDocuments,
        |world, asked, now| documents::create(world, asked.id(), asked.body.as_ref(), now),
    ),
    endpoint(
        PATCH,
        "/v2/portouts/{id}/{target}",
        Call::UpdateStatus,
        |world, asked, now| {
            update_status::update(world, (asked.id(), asked.target()), asked.body.as_ref(), now)
        },
    ),
    endpoint(
        GET,
        "/v2/webhook_deliveries",
        Call::ListDeliveries,
        |world, asked, _| deliveries::list(world, &asked.query),
    ),
    endpoint(
        GET,
        "/v2/webhook_deliveries/{id}",
        Call::GetDelivery,
        |world, asked, _| deliveries::show(world, asked.id()),
    ),
    endpoint(
        GET,
        "/v2/porting_orders",
        Call::ListPortingOrders,
        |world, asked, _| port_ins::list(world, &asked.query),
    ),
    endpoint(
        GET,
        "/v2/porting_orders/{id}",
        Call::GetPortingOrder,
        |world, asked, _| port_ins::show(world, asked.id(), &asked.query),
    ),
    endpoint(
        PATCH,
        "/v2/porting_orders/{id}",
        Call::UpdatePortingOrder,
        |world, asked, now| port_ins::update(world, asked.id(), asked.body.as_ref(), now),
    ),
    endpoint(
        GET,
        "/v2/porting_phone_numbers",
        Call::ListPortingNumbers,
        |world, asked, _| port_ins::list_numbers(world, &asked.query),
    ),
];

/// The endpoint of every other request.
pub(super) const UNKNOWN: Endpoint = endpoint(GET, "/v2/portouts/reports", Call::Unknown, |_, _, _| {
    Err(Answer::not_found())
});

const fn endpoint(method: MethodFilter, path: &'static str, call: Call, handler: Handler) -> Endpoint {
    Endpoint {
        method,
        path,
        call,
        handler,
    }
}

impl Endpoint {
    /// Handles an authenticated request, with all its effects.
    pub(super) fn answer(self, world: &mut World, asked: &Asked, now: Timestamp) -> Answer {
        (self.handler)(world, asked, now).unwrap_or_else(|refused| refused)
    }
}
