//! The events API.

use jiff::Timestamp;

use super::request::{Handled, demand_uuid, listed};
use crate::simulator::assumptions::ListOrder;
use crate::simulator::events::Event;
use crate::simulator::wire::{Answer, Query};
use crate::simulator::world::World;

const TYPES: [&str; 3] = [
    "portout.status_changed",
    "portout.new_comment",
    "portout.foc_date_changed",
];

/// `GET /portouts/events`
pub(super) fn list(world: &World, query: &Query) -> Handled {
    let known = ["event_type", "portout_id", "created_at.gte", "created_at.lte"];
    let filters = query.filters(&known, world.assumptions.unknown_filter)?;
    filters.demand_words("event_type", &TYPES)?;
    let created = filters.span("created_at")?;
    let wanted_type = filters.one("event_type");
    let wanted_order = filters.one("portout_id");
    let passes = |event: &&Event| {
        wanted_type.is_none_or(|wanted| wanted == event.kind.as_ref())
            && wanted_order.is_none_or(|wanted| wanted == event.order.as_str())
            && created(event.created_at)
    };
    let mut found: Vec<&Event> = world.events.iter().filter(passes).collect();
    found.sort_by_key(|event| event.created_at);
    if world.assumptions.list_order == ListOrder::NewestFirst {
        found.reverse();
    }
    let (page, meta) = query.page(found, &world.assumptions)?;
    let page: Vec<_> = page.into_iter().map(Event::as_listed).collect();
    Ok(listed(page, &meta))
}

/// `GET /portouts/events/{id}`
pub(super) fn show(world: &World, id: &str) -> Handled {
    Ok(Answer::data(find(world, id)?.as_listed()))
}

/// `POST /portouts/events/{id}/republish`: sends its webhook again, as a separate delivery.
pub(super) fn republish(world: &mut World, id: &str, now: Timestamp) -> Handled {
    let event = find(world, id)?;
    let (id, data) = (event.id, event.as_webhook());
    world.post(Some(id), data, now);
    Ok(Answer::empty(204))
}

fn find<'a>(world: &'a World, id: &str) -> Result<&'a Event, Answer> {
    let id = demand_uuid(world, id)?;
    let event = world.events.iter().find(|event| event.id == id);
    event.ok_or_else(Answer::not_found)
}
