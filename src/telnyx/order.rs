//! A port-out as Telnyx's `PortoutDetails` describes it. Only its ID is certain to exist.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::json::{self, Object};
use crate::domain::{InvalidOrderId, Order, OrderId, OrderNumbers, OrderStatus, redact_body};

/// Why something that Telnyx returned is not an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// It is not a JSON object.
    #[error("expected a port-out as a JSON object")]
    NotAnObject,
    /// It has no ID.
    #[error("the port-out has no `id`")]
    NoId,
    /// Its ID cannot be used in a path.
    #[error("the port-out's `id` cannot be used")]
    BadId(#[source] InvalidOrderId),
}

/// Parses an order from a `PortoutDetails` object. A value that is null, missing or of another type is ignored, except
/// the ID. Secrets are redacted first, so that none becomes a fact.
///
/// # Errors
/// The text is not a JSON object, or it has no ID that can be used in a path.
pub fn parse_order(text: &[u8]) -> Result<Order, WireError> {
    let text = redact_body(text);
    let text = String::from_utf8_lossy(&text);
    let fields = Object::parse(&text).ok_or(WireError::NotAnObject)?;
    let id = fields.text("id").ok_or(WireError::NoId)?;
    Ok(Order {
        id: OrderId::from_wire(&id).map_err(WireError::BadId)?,
        status: status(&fields).unwrap_or(OrderStatus::Other(String::new())),
        numbers: numbers(&fields),
        support_key: fields.string("support_key"),
        spid: fields.word("spid"),
        carrier_name: fields.string("carrier_name"),
        current_carrier: fields.string("current_carrier"),
        authorized_name: fields.string("authorized_name"),
        end_user_name: fields.string("end_user_name"),
        service_address: fields.string("service_address"),
        city: fields.string("city"),
        state: fields.string("state"),
        zip: fields.string("zip"),
        country: fields.string("country").or_else(|| fields.string("country_code")),
        pon: fields.string("pon"),
        vendor: fields.string("vendor"),
        reason: fields.string("reason"),
        rejection_code: fields.word("rejection_code"),
        foc_date: fields.time("foc_date"),
        requested_foc_date: fields.time("requested_foc_date"),
        inserted_at: fields.time("inserted_at"),
        created_at: fields.time("created_at"),
        updated_at: fields.time("updated_at"),
        host_messaging: fields.word("host_messaging"),
    })
}

/// Returns the status, if there is one.
pub(super) fn status(fields: &Object<'_>) -> Option<OrderStatus> {
    fields.text("status").map(|word| OrderStatus::from(word.trim()))
}

/// Returns the numbers. A value that is not text is kept as it is written.
pub(super) fn numbers(fields: &Object<'_>) -> OrderNumbers {
    let listed = fields.list("phone_numbers");
    let texts: Vec<Cow<'_, str>> = listed.into_iter().map(number_text).collect();
    OrderNumbers::from_texts(texts.iter().map(AsRef::as_ref))
}

fn number_text(value: &RawValue) -> Cow<'_, str> {
    json::text(value).unwrap_or_else(|| json::spelling(value))
}
