//! Port-in orders.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::request::{Handled, demand_object, demand_uuid, listed};
use crate::simulator::wire::{Answer, Query};
use crate::simulator::world::World;

/// The type of an editable field. Null clears any of them.
#[derive(Clone, Copy)]
enum Holds {
    Text,
    Flag,
    Whole,
    Id,
    Instant,
    List,
    /// An object whose parts are listed separately. This entry only allows null.
    Parts,
    OneOf(&'static [&'static str]),
}

/// Every field that an edit may contain (`UpdatePortingOrder` of the API contract), by its path.
const EDITABLE: [(&str, Holds); 35] = [
    ("customer_reference", Holds::Text),
    ("customer_group_reference", Holds::Text),
    ("webhook_url", Holds::Text),
    ("requirement_group_id", Holds::Id),
    ("requirements", Holds::List),
    ("misc", Holds::Parts),
    ("misc.type", Holds::OneOf(&["full", "partial"])),
    (
        "misc.remaining_numbers_action",
        Holds::OneOf(&["keep", "disconnect"]),
    ),
    ("misc.new_billing_phone_number", Holds::Text),
    ("documents.loa", Holds::Id),
    ("documents.invoice", Holds::Id),
    ("messaging.enable_messaging", Holds::Flag),
    ("activation_settings.foc_datetime_requested", Holds::Instant),
    ("user_feedback.user_rating", Holds::Whole),
    ("user_feedback.user_comment", Holds::Text),
    ("phone_number_configuration.billing_group_id", Holds::Text),
    ("phone_number_configuration.connection_id", Holds::Text),
    ("phone_number_configuration.emergency_address_id", Holds::Text),
    ("phone_number_configuration.messaging_profile_id", Holds::Text),
    ("phone_number_configuration.tags", Holds::List),
    ("end_user.admin.entity_name", Holds::Text),
    ("end_user.admin.auth_person_name", Holds::Text),
    ("end_user.admin.billing_phone_number", Holds::Text),
    ("end_user.admin.account_number", Holds::Text),
    ("end_user.admin.tax_identifier", Holds::Text),
    ("end_user.admin.pin_passcode", Holds::Text),
    ("end_user.admin.business_identifier", Holds::Text),
    ("end_user.location.street_address", Holds::Text),
    ("end_user.location.extended_address", Holds::Text),
    ("end_user.location.locality", Holds::Text),
    ("end_user.location.administrative_area", Holds::Text),
    ("end_user.location.postal_code", Holds::Text),
    ("end_user.location.country_code", Holds::Text),
    ("end_user.admin", Holds::Parts),
    ("end_user.location", Holds::Parts),
];

/// `GET /porting_orders`
pub(super) fn list(world: &World, query: &Query) -> Handled {
    let filters = query.filters(
        &["customer_reference", "phone_numbers.phone_number.contains"],
        world.assumptions.unknown_filter,
    )?;
    let holds_number = |order: &Map<String, Value>, part: &str| {
        numbers_of(world, order).any(|number| text(number, "phone_number").contains(part))
    };
    let passes = |order: &&Map<String, Value>| {
        filters
            .one("customer_reference")
            .is_none_or(|wanted| field(order, "customer_reference") == wanted)
            && filters
                .one("phone_numbers.phone_number.contains")
                .is_none_or(|part| holds_number(order, part))
    };
    let (page, meta) = query.page(world.port_ins.iter().filter(passes).collect(), &world.assumptions)?;
    let page: Vec<Value> = page
        .into_iter()
        .map(|order| with_numbers(world, order, query))
        .collect();
    Ok(listed(page, &meta))
}

/// `GET /porting_orders/{id}`
pub(super) fn show(world: &World, id: &str, query: &Query) -> Handled {
    let order = find(world, id)?;
    Ok(shown(&with_numbers(world, order, query), id))
}

/// `PATCH /porting_orders/{id}`: missing fields stay, null fields are cleared, and fields that cannot be edited are
/// ignored.
pub(super) fn update(world: &mut World, id: &str, body: Option<&Value>, now: Timestamp) -> Handled {
    find(world, id)?;
    let mut edits = Vec::new();
    collect(&mut edits, "", demand_object(body)?)?;
    let order = world.port_ins.iter_mut().find(|order| field(order, "id") == id);
    let order = order.ok_or_else(Answer::not_found)?;
    for (path, value) in edits {
        set(order, &path, value);
    }
    order.insert("updated_at".to_owned(), json!(now));
    let order = find(world, id)?;
    Ok(shown(&with_numbers(world, order, &Query::default()), id))
}

/// `GET /porting_phone_numbers`
pub(super) fn list_numbers(world: &World, query: &Query) -> Handled {
    let filters = query.filters(
        &["porting_order_status", "porting_order_id"],
        world.assumptions.unknown_filter,
    )?;
    let is = |number: &Value, field: &str| {
        filters
            .one(field)
            .is_none_or(|wanted| text(number, field) == wanted)
    };
    let passes = |number: &&Value| is(number, "porting_order_status") && is(number, "porting_order_id");
    let (page, meta) = query.page(
        world.port_in_numbers.iter().filter(passes).collect(),
        &world.assumptions,
    )?;
    Ok(listed(page, &meta))
}

fn find<'a>(world: &'a World, id: &str) -> Result<&'a Map<String, Value>, Answer> {
    demand_uuid(world, id)?;
    let order = world.port_ins.iter().find(|order| field(order, "id") == id);
    order.ok_or_else(Answer::not_found)
}

fn shown(order: &Value, id: &str) -> Answer {
    let url = format!("/v2/porting_phone_numbers?filter[porting_order_id]={id}");
    Answer::json(
        200,
        json!({ "data": order, "meta": { "phone_numbers_url": url } }),
    )
}

fn with_numbers(world: &World, order: &Map<String, Value>, query: &Query) -> Value {
    let mut order = order.clone();
    if query.get("include_phone_numbers") != Some("false") {
        let numbers: Vec<&Value> = numbers_of(world, &order).take(50).collect();
        order.insert("phone_numbers".to_owned(), json!(numbers));
    }
    Value::Object(order)
}

fn numbers_of<'a>(world: &'a World, order: &Map<String, Value>) -> impl Iterator<Item = &'a Value> {
    let id = field(order, "id").to_owned();
    let is_its = move |number: &&Value| text(number, "porting_order_id") == id;
    world.port_in_numbers.iter().filter(is_its)
}

/// Splits a body into single edits, and validates each.
fn collect(
    edits: &mut Vec<(String, Value)>,
    prefix: &str,
    fields: &Map<String, Value>,
) -> Result<(), Answer> {
    for (name, value) in fields {
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        if let Value::Object(inner) = value {
            collect(edits, &path, inner)?;
            continue;
        }
        let editable = EDITABLE.iter().find(|(known, _)| *known == path);
        let Some((_, holds)) = editable else { continue };
        if !holds.takes(value) {
            let pointer = format!("/{}", path.replace('.', "/"));
            return Err(Answer::invalid(&pointer, "The value has the wrong type."));
        }
        edits.push((path, value.clone()));
    }
    Ok(())
}

/// Sets a field at a path, and creates missing or null parents.
fn set(order: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            // Its effect, filled-in requirements, is not simulated.
            if path != "requirement_group_id" {
                order.insert(path.to_owned(), value);
            }
        }
        Some((first, rest)) => {
            let inner = order.entry(first).or_insert(Value::Null);
            if !inner.is_object() {
                *inner = json!({});
            }
            if let Value::Object(inner) = inner {
                set(inner, rest, value);
            }
        }
    }
}

fn field<'a>(order: &'a Map<String, Value>, name: &str) -> &'a str {
    order.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

impl Holds {
    fn takes(self, value: &Value) -> bool {
        let word = value.as_str();
        match (self, value) {
            (_, Value::Null) => true,
            (Self::Text, _) => word.is_some(),
            (Self::Flag, _) => value.is_boolean(),
            (Self::Whole, _) => value.is_i64(),
            (Self::List, _) => value.is_array(),
            (Self::Parts, _) => false,
            (Self::Id, _) => word.is_some_and(|word| word.parse::<uuid::Uuid>().is_ok()),
            (Self::Instant, _) => word.is_some_and(|word| word.parse::<Timestamp>().is_ok()),
            (Self::OneOf(words), _) => word.is_some_and(|word| words.contains(&word)),
        }
    }
}
