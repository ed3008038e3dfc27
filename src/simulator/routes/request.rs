//! A request to the simulated API, and what every handler asks of one.

use serde_json::Value;
use uuid::Uuid;

use crate::domain::OrderId;
use crate::simulator::wire::{Answer, Query};
use crate::simulator::world::World;

/// A request, read whole.
pub(crate) struct Asked {
    /// The parameters in the path, by their names there.
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) query: Query,
    /// `None` where it is absent or no JSON.
    pub(crate) body: Option<Value>,
}

impl Asked {
    /// The id in the path.
    pub(super) fn id(&self) -> &str {
        self.parameter("id")
    }

    /// The state in the path that an order shall be brought to.
    pub(super) fn target(&self) -> &str {
        self.parameter("target")
    }

    fn parameter(&self, name: &str) -> &str {
        let parameter = self.parameters.iter().find(|(known, _)| known == name);
        parameter.map_or("", |(_, text)| text)
    }
}

/// What a handler gives: both sides are answers, the left one for the request as it should be.
pub(super) type Handled = Result<Answer, Answer>;

/// Reads an order's id out of a path, and makes sure that there is such an order.
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

/// The body as a JSON object.
pub(super) fn demand_object(body: Option<&Value>) -> Result<&serde_json::Map<String, Value>, Answer> {
    body.and_then(Value::as_object)
        .ok_or_else(|| Answer::invalid("/", "The body must be a JSON object."))
}

/// `{data, meta}`.
pub(super) fn listed(data: impl serde::Serialize, meta: &Value) -> Answer {
    Answer::json(200, serde_json::json!({ "data": data, "meta": meta }))
}
