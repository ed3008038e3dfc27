//! Webhook deliveries.

use super::request::{Handled, demand_uuid, listed};
use crate::simulator::webhooks::Record;
use crate::simulator::wire::{Answer, Filters, Query};
use crate::simulator::world::World;

const FILTERS: [&str; 8] = [
    "status.eq",
    "event_type",
    "started_at.gte",
    "started_at.lte",
    "finished_at.gte",
    "finished_at.lte",
    "attempts.contains",
    "webhook.contains",
];

/// `GET /webhook_deliveries`, newest first.
pub(super) fn list(world: &World, query: &Query) -> Handled {
    let filters = query.filters(&FILTERS, world.assumptions.unknown_filter)?;
    let passes = wanted(&filters)?;
    let listed_records = world.deliveries.iter().rev().filter(|record| record.is_listed());
    let found: Vec<&Record> = listed_records.filter(|record| passes(record)).collect();
    let (page, meta) = query.page(found, &world.assumptions)?;
    let page: Vec<_> = page
        .into_iter()
        .map(|record| record.as_listed(world.user_id))
        .collect();
    Ok(listed(page, &meta))
}

/// `GET /webhook_deliveries/{id}`
pub(super) fn show(world: &World, id: &str) -> Handled {
    let id = demand_uuid(world, id)?;
    let mut records = world.deliveries.iter().filter(|record| record.is_listed());
    let record = records
        .find(|record| record.id == id)
        .ok_or_else(Answer::not_found)?;
    Ok(Answer::data(record.as_listed(world.user_id)))
}

fn wanted(filters: &Filters) -> Result<impl Fn(&Record) -> bool, Answer> {
    filters.demand_words("status.eq", &["delivered", "failed"])?;
    let started = filters.span("started_at")?;
    let finished = filters.span("finished_at")?;
    Ok(move |record: &Record| {
        let state = if record.is_delivered() {
            "delivered"
        } else {
            "failed"
        };
        let types = filters.list("event_type");
        filters.one("status.eq").is_none_or(|wanted| wanted == state)
            && types.is_none_or(|types| record.event_type().is_some_and(|is| types.contains(&is)))
            && filters
                .one("attempts.contains")
                .is_none_or(|part| record.url().contains(part))
            && filters
                .one("webhook.contains")
                .is_none_or(|part| record.webhook_contains(part))
            && started(record.started_at)
            && record.finished_at().is_none_or(&finished)
    })
}
