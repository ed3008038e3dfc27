//! The calls of Telnyx's API, one file per resource. Each is a plain function from the world and a request to a
//! response.

mod comments;
mod deliveries;
mod documents;
mod events;
mod orders;
mod port_ins;
mod rejections;
pub(super) mod request;
mod update_status;

use jiff::Timestamp;

use super::faults::Call;
use super::wire::Answer;
use super::world::World;
use request::Asked;

/// The parsed path and method of a request.
enum Route<'a> {
    ListOrders,
    GetOrder(&'a str),
    UpdateStatus(&'a str, &'a str),
    ListRejections(&'a str),
    ListComments(&'a str),
    CreateComment(&'a str),
    ListDocuments(&'a str),
    CreateDocuments(&'a str),
    ListEvents,
    GetEvent(&'a str),
    RepublishEvent(&'a str),
    ListDeliveries,
    GetDelivery(&'a str),
    ListPortingOrders,
    GetPortingOrder(&'a str),
    UpdatePortingOrder(&'a str),
    ListPortingNumbers,
    Unknown,
}

impl<'a> Route<'a> {
    fn of(method: &str, path: &'a str) -> Self {
        let Some(path) = path.strip_prefix("/v2/") else {
            return Self::Unknown;
        };
        let parts: Vec<&str> = path.split('/').collect();
        match (method, parts.as_slice()) {
            ("GET", ["portouts"]) => Self::ListOrders,
            ("GET", ["portouts", "events"]) => Self::ListEvents,
            ("GET", ["portouts", "events", id]) => Self::GetEvent(id),
            ("POST", ["portouts", "events", id, "republish"]) => Self::RepublishEvent(id),
            ("GET", ["portouts", "rejections", id]) => Self::ListRejections(id),
            ("GET", ["portouts", "reports"]) => Self::Unknown,
            ("GET", ["portouts", id]) => Self::GetOrder(id),
            ("GET", ["portouts", id, "comments"]) => Self::ListComments(id),
            ("POST", ["portouts", id, "comments"]) => Self::CreateComment(id),
            ("GET", ["portouts", id, "supporting_documents"]) => Self::ListDocuments(id),
            ("POST", ["portouts", id, "supporting_documents"]) => Self::CreateDocuments(id),
            ("PATCH", ["portouts", id, target]) => Self::UpdateStatus(id, target),
            ("GET", ["webhook_deliveries"]) => Self::ListDeliveries,
            ("GET", ["webhook_deliveries", id]) => Self::GetDelivery(id),
            ("GET", ["porting_orders"]) => Self::ListPortingOrders,
            ("GET", ["porting_orders", id]) => Self::GetPortingOrder(id),
            ("PATCH", ["porting_orders", id]) => Self::UpdatePortingOrder(id),
            ("GET", ["porting_phone_numbers"]) => Self::ListPortingNumbers,
            _ => Self::Unknown,
        }
    }

    fn call(&self) -> Call {
        match self {
            Self::ListOrders => Call::ListOrders,
            Self::GetOrder(_) => Call::GetOrder,
            Self::UpdateStatus(..) => Call::UpdateStatus,
            Self::ListRejections(_) => Call::ListRejections,
            Self::ListComments(_) => Call::ListComments,
            Self::CreateComment(_) => Call::CreateComment,
            Self::ListDocuments(_) => Call::ListDocuments,
            Self::CreateDocuments(_) => Call::CreateDocuments,
            Self::ListEvents => Call::ListEvents,
            Self::GetEvent(_) => Call::GetEvent,
            Self::RepublishEvent(_) => Call::RepublishEvent,
            Self::ListDeliveries => Call::ListDeliveries,
            Self::GetDelivery(_) => Call::GetDelivery,
            Self::ListPortingOrders => Call::ListPortingOrders,
            Self::GetPortingOrder(_) => Call::GetPortingOrder,
            Self::UpdatePortingOrder(_) => Call::UpdatePortingOrder,
            Self::ListPortingNumbers => Call::ListPortingNumbers,
            Self::Unknown => Call::Unknown,
        }
    }
}

/// Returns which call a request is.
pub(super) fn call(method: &str, path: &str) -> Call {
    Route::of(method, path).call()
}

/// Handles an authenticated request, with all its effects.
pub(super) fn answer(world: &mut World, asked: &Asked, now: Timestamp) -> Answer {
    let handled = match Route::of(&asked.method, &asked.path) {
        Route::ListOrders => orders::list(world, &asked.query, now),
        Route::GetOrder(id) => orders::show(world, id, now),
        Route::UpdateStatus(id, target) => {
            update_status::update(world, (id, target), asked.body.as_ref(), now)
        }
        Route::ListRejections(id) => rejections::list(world, id, &asked.query),
        Route::ListComments(id) => comments::list(world, id, &asked.query),
        Route::CreateComment(id) => comments::create(world, id, asked.body.as_ref(), now),
        Route::ListDocuments(id) => documents::list(world, id),
        Route::CreateDocuments(id) => documents::create(world, id, asked.body.as_ref(), now),
        Route::ListEvents => events::list(world, &asked.query),
        Route::GetEvent(id) => events::show(world, id),
        Route::RepublishEvent(id) => events::republish(world, id, now),
        Route::ListDeliveries => deliveries::list(world, &asked.query),
        Route::GetDelivery(id) => deliveries::show(world, id),
        Route::ListPortingOrders => port_ins::list(world, &asked.query),
        Route::GetPortingOrder(id) => port_ins::show(world, id, &asked.query),
        Route::UpdatePortingOrder(id) => port_ins::update(world, id, asked.body.as_ref(), now),
        Route::ListPortingNumbers => port_ins::list_numbers(world, &asked.query),
        Route::Unknown => Err(Answer::not_found()),
    };
    handled.unwrap_or_else(|refused| refused)
}
