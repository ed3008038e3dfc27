//! Comments of an order.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::request::{Handled, demand_object, known_order, listed};
use crate::simulator::wire::{Answer, Query};
use crate::simulator::world::World;

/// `GET /portouts/{id}/comments`
pub(super) fn list(world: &World, id: &str, query: &Query) -> Handled {
    let id = known_order(world, id)?;
    let comments = world.comments.iter().filter(|comment| comment.portout_id == id);
    let (page, meta) = query.page(comments.collect(), &world.assumptions)?;
    Ok(listed(page, &meta))
}

/// `POST /portouts/{id}/comments`
pub(super) fn create(world: &mut World, id: &str, body: Option<&Value>, now: Timestamp) -> Handled {
    let id = known_order(world, id)?;
    let text = demand_object(body)?.get("body").and_then(Value::as_str);
    let text = text.filter(|text| !text.trim().is_empty());
    let text = text.ok_or_else(|| Answer::invalid("/body", "The text of the comment is required."))?;
    let author = Some(world.user_id);
    let comment = world.comment(&id, text.to_owned(), author, now);
    let comment = comment.map_err(|_| Answer::not_found())?;
    let comment = world.comments.iter().find(|kept| kept.id == comment);
    Ok(Answer::json(201, json!({ "data": comment })))
}
