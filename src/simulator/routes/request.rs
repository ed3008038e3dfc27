//! A request to the simulated API, and the checks that the handlers share.

use serde_json::Value;
use uuid::Uuid;

use crate::domain::OrderId;
use crate::simulator::wire::{Answer, Query};
use crate::simulator::world::World;

/// A complete request.
pub(crate) struct Asked {
    /// The parameters in the path, by their names there.
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) query: Query,
    /// `None` if it is absent or not JSON.
    pub(crate) body: Option<Value>,
}

impl Asked {
    /// The ID in the path.
    pub(super) fn id(&self) -> &str {
        self.parameter("id")
    }

    /// The target status in the path.
    pub(super) fn target(&self) -> &str {
        self.parameter("target")
    }

    fn parameter(&self, name: &str) -> &str {
        let parameter = self.parameters.iter().find(|(known, _)| known == name);
        parameter.map_or("", |(_, text)| text)
    }
}

/// The result of a handler. Both sides are responses; `Ok` is the one for a valid request.
pub(super) type Handled = Result<Answer, Answer>;

/// Parses an order ID in a path, and checks that the order exists.
pub(super) fn known_order(world: &World, text: &str) -> Result<OrderId, Answer> {
    demand_uuid(world, text)?;
    let id: OrderId = text.parse().map_err(|_| Answer::not_found())?;
    world.order(&id).map_err(|_| Answer::not_found())?;
    Ok(id)
}

pub(super) fn demand_uuid(world: &World, text: &str) -> Result<Uuid, Answer> {
    text.parse()
        .map_err(|_| Answer::of_status(world.assumptions.malformed_id_status))
}

/// Returns the body if it is a JSON object.
pub(super) fn demand_object(body: Option<&Value>) -> Result<&serde_json::Map<String, Value>, Answer> {
    body.and_then(Value::as_object)
        .ok_or_else(|| Answer::invalid("/", "The body must be a JSON object."))
}

/// `{data, meta}`.
pub(super) fn listed(data: impl serde::Serialize, meta: &Value) -> Answer {
    Answer::json(200, serde_json::json!({ "data": data, "meta": meta }))
}
