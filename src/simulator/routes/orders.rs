//! The list of orders, and single ones.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::request::{Handled, known_order, listed};
use crate::domain::{PhoneNumber, Spid};
use crate::simulator::assumptions::ListOrder;
use crate::simulator::order::{Details, Order};
use crate::simulator::wire::{Answer, Filters, Query};
use crate::simulator::world::World;

const STATUSES: [&str; 6] = [
    "pending",
    "authorized",
    "ported",
    "rejected",
    "rejected-pending",
    "canceled",
];

const FILTERS: [&str; 14] = [
    "carrier_name",
    "country_code",
    "country_code_in",
    "foc_date",
    "inserted_at.gte",
    "inserted_at.lte",
    "phone_number",
    "pon",
    "ported_out_at.gte",
    "ported_out_at.lte",
    "spid",
    "status",
    "status_in",
    "support_key",
];

/// `GET /portouts`
pub(super) fn list(world: &World, query: &Query, now: Timestamp) -> Handled {
    let filters = query.filters(&FILTERS, world.assumptions.unknown_filter)?;
    let passes = wanted(&filters)?;
    let mut found: Vec<(&Order, &Details)> = Vec::new();
    for order in &world.orders {
        let shown = order.shown(now);
        if passes(order, shown) {
            found.push((order, shown));
        }
    }
    // The sort is stable: orders with the same time stay in the order of their opening.
    found.sort_by_key(|(_, details)| details.inserted_at);
    if world.assumptions.list_order == ListOrder::NewestFirst {
        found.reverse();
    }
    let (page, meta) = query.page(found, &world.assumptions)?;
    let page: Vec<Value> = page.into_iter().map(as_listed).collect();
    Ok(listed(page, &meta))
}

fn as_listed((order, shown): (&Order, &Details)) -> Value {
    let mut element = json!(shown);
    if let Value::Object(fields) = &mut element {
        fields.extend(order.odd_in_list.clone());
    }
    element
}

/// `GET /portouts/{id}`
pub(super) fn show(world: &World, id: &str, now: Timestamp) -> Handled {
    let id = known_order(world, id)?;
    let order = world.order(&id).map_err(|_| Answer::not_found())?;
    Ok(Answer::data(order.shown(now)))
}

/// Combines all filters into one condition: every filter that is present must match.
fn wanted(filters: &Filters) -> Result<impl Fn(&Order, &Details) -> bool, Answer> {
    filters.demand_words("status", &STATUSES)?;
    filters.demand_words("status_in", &STATUSES)?;
    let inserted = filters.span("inserted_at")?;
    let ported = filters.span("ported_out_at")?;
    let ported_asked = filters
        .one("ported_out_at.gte")
        .or(filters.one("ported_out_at.lte"))
        .is_some();
    let foc = filters.time("foc_date")?;
    Ok(move |order: &Order, shown: &Details| {
        let status = shown.status.as_str();
        is(filters.one("status"), |wanted| wanted == status)
            && is(filters.list("status_in"), |wanted| wanted.contains(&status))
            && is(filters.one("carrier_name"), |wanted| {
                same_text(wanted, shown.carrier_name.as_deref())
            })
            && is(filters.one("spid"), |wanted| {
                same_spid(wanted, shown.spid.as_deref())
            })
            && is(filters.one("pon"), |wanted| shown.pon.as_deref() == Some(wanted))
            && is(filters.one("support_key"), |wanted| shown.support_key == wanted)
            && is(filters.one("phone_number"), |wanted| has_number(shown, wanted))
            && is(filters.one("country_code"), |wanted| {
                order.countries.iter().any(|at| at == wanted)
            })
            && is(filters.list("country_code_in"), |wanted| {
                order
                    .countries
                    .iter()
                    .any(|country| wanted.contains(&country.as_str()))
            })
            && is(foc, |wanted| {
                shown.foc_date.is_some_and(|at| same_day(at, wanted))
            })
            && inserted(shown.inserted_at)
            && (!ported_asked || order.ported_at.is_some_and(&ported))
    })
}

/// Returns whether a filter matches. An absent filter does.
fn is<T>(wanted: Option<T>, holds: impl FnOnce(T) -> bool) -> bool {
    wanted.is_none_or(holds)
}

fn same_text(wanted: &str, shown: Option<&str>) -> bool {
    shown.is_some_and(|shown| shown.to_lowercase() == wanted.to_lowercase())
}

fn same_spid(wanted: &str, shown: Option<&str>) -> bool {
    shown.is_some_and(|shown| shown.parse::<Spid>().ok() == wanted.parse::<Spid>().ok())
}

fn has_number(shown: &Details, wanted: &str) -> bool {
    let parsed = wanted.parse::<PhoneNumber>().ok();
    let same = |number: &String| number == wanted || parsed.is_some() && number.parse().ok() == parsed;
    shown.phone_numbers.iter().any(same)
}

fn same_day(one: Timestamp, other: Timestamp) -> bool {
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    day(one) == day(other)
}
