//! The rejection codes that an order offers.

use super::request::{Handled, known_order};
use crate::simulator::wire::{Answer, Query};
use crate::simulator::world::World;

/// `GET /portouts/rejections/{portout_id}`
pub(super) fn list(world: &World, id: &str, query: &Query) -> Handled {
    let id = known_order(world, id)?;
    let order = world.order(&id).map_err(|_| Answer::not_found())?;
    let filters = query.filters(&["code", "code.in"], world.assumptions.unknown_filter)?;
    let wanted = filters.list("code").or_else(|| filters.list("code.in"));
    let wanted = match wanted {
        None => None,
        Some(codes) => {
            let codes: Result<Vec<i64>, _> = codes.into_iter().map(str::parse).collect();
            Some(codes.map_err(|_| Answer::invalid("/filter/code", "A code is a whole number."))?)
        }
    };
    let offered = order.rejection_codes.iter();
    let listed: Vec<_> = offered
        .filter(|offered| {
            wanted
                .as_ref()
                .is_none_or(|wanted| wanted.contains(&offered.code))
        })
        .collect();
    Ok(Answer::data(listed))
}
