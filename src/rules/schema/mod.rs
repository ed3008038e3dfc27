//! A JSON Schema of rule files, with which editors complete, explain and check them during typing.
//!
//! It is generated from the tables with which files are read, so it is always up to date. It is less strict than
//! `portoutd check`, which also checks what a schema cannot express, such as that a list exists or that an id is
//! unique.

mod keys;
mod patterns;
mod values;

use serde_json::{Map, Value, json};

use super::facts::fact::Fact;
use super::model::condition_name::{CONDITIONS, GROUPS};
use super::parse::TableKind;
use values::{condition, fact};

/// The schema, in draft 7: the one that the editors' TOML plug-ins (Taplo, Even Better TOML) know best.
#[must_use]
pub fn schema() -> Value {
    let definitions = json!({
        "defaults": table(TableKind::Defaults),
        "list": with(table(TableKind::List), values::entries_by_type()),
        "entry": table(TableKind::ListEntry),
        "rule": with(table(TableKind::Rule), rejects_with_a_cause()),
        "reject": table(TableKind::Reject),
        "conditions": conditions(),
        "test": table(TableKind::Test),
        "given": given(),
    });
    let head = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "The rules of portoutd",
        "description": "Decides what happens to a port-out request. `portoutd check` prints every problem in a file.",
        "definitions": definitions,
    });
    with(table(TableKind::File), head)
}

/// A table with the keys that it has and no others.
fn table(table_kind: TableKind) -> Value {
    let keys = table_kind.keys().iter();
    let properties: Map<String, Value> = keys
        .map(|key| ((*key).to_owned(), keys::property(table_kind, key)))
        .collect();
    let required: &[&str] = match table_kind {
        TableKind::File => &["version"],
        TableKind::List => &["type"],
        TableKind::ListEntry => &["value"],
        TableKind::Rule => &["id", "match", "action"],
        TableKind::Reject => &["because"],
        TableKind::Test => &["name", "expect"],
        TableKind::Defaults => &[],
    };
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// Adds members to a schema.
fn with(mut schema: Value, further: Value) -> Value {
    if let (Value::Object(members), Value::Object(further)) = (&mut schema, further) {
        members.extend(further);
    }
    schema
}

/// `reject` belongs to rules that reject, and to all of them.
fn rejects_with_a_cause() -> Value {
    json!({
        "if": { "properties": { "action": { "const": "reject" } }, "required": ["action"] },
        "then": { "required": ["reject"] },
        "else": { "not": { "required": ["reject"] } },
    })
}

fn conditions() -> Value {
    let leaves = CONDITIONS.iter().map(|name| (name.key, condition(name)));
    let mut conditions = grouped(leaves);
    if let Value::Object(members) = &mut conditions {
        members.insert("minProperties".to_owned(), json!(1));
    }
    conditions
}

fn given() -> Value {
    let facts = Fact::all().map(|known| (known.name(), fact(known)));
    grouped(facts.chain([("now", values::time())]))
}

/// An object with names of which some have a group: `carrier.spid` is in `carrier`.
fn grouped(leaves: impl Iterator<Item = (&'static str, Value)>) -> Value {
    let object = |properties: Map<String, Value>| json!({ "type": "object", "properties": properties, "additionalProperties": false });
    let mut outer = Map::new();
    let mut groups: Vec<(&str, Map<String, Value>)> = GROUPS.map(|group| (group, Map::new())).into();
    for (name, schema) in leaves {
        let (group, key) = name.split_once('.').unwrap_or(("", name));
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, members)) => members.insert(key.to_owned(), schema),
            None => outer.insert(name.to_owned(), schema),
        };
    }
    for (group, members) in groups {
        outer.insert(group.to_owned(), object(members));
    }
    object(outer)
}

#[cfg(test)]
mod tests;
