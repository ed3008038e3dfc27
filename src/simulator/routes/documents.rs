//! Supporting documents of an order.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::request::{Handled, demand_object, known_order};
use crate::simulator::wire::Answer;
use crate::simulator::world::{Document, World};

const MOST_AT_ONCE: usize = 10;

/// `GET /portouts/{id}/supporting_documents`, which responds with 201 according to the API contract.
pub(super) fn list(world: &World, id: &str) -> Handled {
    let id = known_order(world, id)?;
    let documents = world
        .documents
        .iter()
        .filter(|document| document.portout_id == id);
    let documents: Vec<_> = documents.collect();
    Ok(Answer::json(201, json!({ "data": documents })))
}

/// `POST /portouts/{id}/supporting_documents`
pub(super) fn create(world: &mut World, id: &str, body: Option<&Value>, now: Timestamp) -> Handled {
    let id = known_order(world, id)?;
    let given = demand_object(body)?.get("documents").and_then(Value::as_array);
    let given = given.filter(|given| (1..=MOST_AT_ONCE).contains(&given.len()));
    let given =
        given.ok_or_else(|| Answer::invalid("/documents", "Between one and ten documents are required."))?;
    let mut documents = Vec::new();
    for document in given {
        let (kind, attached) = checked(document)?;
        documents.push(Document {
            created_at: now,
            attached,
            id: world.chance.uuid(),
            portout_id: id.clone(),
            record_type: "supporting_document",
            kind,
            updated_at: now,
        });
    }
    let answer = Answer::json(201, json!({ "data": documents }));
    world.documents.extend(documents);
    Ok(answer)
}

fn checked(document: &Value) -> Result<(&'static str, Uuid), Answer> {
    let kind = match document.get("type").and_then(Value::as_str) {
        Some("loa") => "loa",
        Some("invoice") => "invoice",
        _ => return Err(Answer::invalid("/documents/type", "It must be loa or invoice.")),
    };
    let id = document.get("document_id").and_then(Value::as_str);
    let id = id.and_then(|id| id.parse().ok());
    let id = id.ok_or_else(|| Answer::invalid("/documents/document_id", "It must be a UUID."))?;
    Ok((kind, id))
}
