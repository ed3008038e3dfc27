//! The values of conditions in the JSON Schema.

use serde_json::{Value, json};

use super::patterns;
use crate::domain::IdentityCheck;
use crate::domain::words::Word;
use crate::rules::facts::fact::{Fact, Ours};
use crate::rules::facts::field::Field;
use crate::rules::lists::list::ListType;
use crate::rules::model::condition_name::{ConditionName, ValueKind};

/// The values of a condition: one, or several of which any will do.
pub(super) fn condition(name: &ConditionName) -> Value {
    let one = match name.takes {
        ValueKind::Spids => text(&patterns::spid_or_list()),
        ValueKind::Texts | ValueKind::Tags => json!({ "type": "string" }),
        ValueKind::Countries => text(&patterns::country_or_list()),
        ValueKind::Numbers(_) => text(&patterns::number_or_list()),
        ValueKind::Counts => text(&patterns::count_comparison()),
        ValueKind::Spans => text(&patterns::span_comparison()),
        ValueKind::Flag => json!({ "type": "boolean" }),
        ValueKind::Ours => words::<Ours>(),
        ValueKind::Checks => words::<IdentityCheck>(),
    };
    let wants = match name.takes {
        ValueKind::Spids => "A SPID such as \"073H\", or a list such as \"@trusted\".",
        ValueKind::Texts | ValueKind::Tags => {
            "Text, compared as a whole, ignoring case and the kinds of spaces, dashes and quotes; * matches any \
             characters, \"/…/\" is a regular expression; or a list."
        }
        ValueKind::Countries => "A two-letter ISO 3166 code such as \"US\", or a list.",
        ValueKind::Numbers(_) => "A number, a prefix such as \"+1312*\", or a list.",
        ValueKind::Counts => {
            "A comparison: \"> 10\", \">= 1\", \"10..24\" (both ends included), \"!= 3\" or \"7\"."
        }
        ValueKind::Spans => "A comparison with a duration: \"< 48h\" or \"24h..72h\".",
        ValueKind::Flag => "true or false.",
        ValueKind::Ours | ValueKind::Checks => "One of the words, or several.",
    };
    let about = name.fact.about();
    one_or_many(&one, 1, &format!("{about} {wants}"))
}

/// What a test gives for a fact.
pub(super) fn fact(fact: Fact) -> Value {
    let about = fact.about();
    let one = match fact.field() {
        Field::Spid(_) => text(&patterns::spid()),
        Field::Count(_) => json!({ "type": "integer", "minimum": 0 }),
        Field::Flag(_) => json!({ "type": "boolean" }),
        Field::Numbers(_) | Field::Countries(_) | Field::Tags(_) => {
            return one_or_many(&json!({ "type": "string" }), 0, about);
        }
        Field::Ours(_) => words::<Ours>(),
        Field::Check(_) => words::<IdentityCheck>(),
        Field::Span(_) => text(&patterns::span()),
        Field::Instant(_) => time(),
        Field::Text(_) => json!({ "type": "string" }),
    };
    described(one, about)
}

/// The values of a list, by its type.
pub(super) fn entries_by_type() -> Value {
    let of = |kind: ListType, pattern: String| {
        json!({
            "if": { "properties": { "type": { "const": kind.as_ref() } }, "required": ["type"] },
            "then": { "properties": { "values": { "items": { "anyOf": [
                { "type": "string", "pattern": pattern },
                { "type": "object", "properties": { "value": { "pattern": pattern } } },
            ] } } } },
        })
    };
    json!({
        "anyOf": [{ "required": ["values"] }, { "required": ["file"] }],
        "allOf": [of(ListType::Spid, patterns::spid()), of(ListType::Number, patterns::number())],
    })
}

/// A text of a shape.
pub(super) fn text(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

/// A time in a test. Editors see a date of TOML as its text.
pub(super) fn time() -> Value {
    text(&patterns::time())
}

/// One of a fixed set of words, each with what it means.
pub(super) fn words<T: Word>() -> Value {
    words_but::<T>(&[])
}

/// As [`words`], without some of them.
pub(super) fn words_but<T: Word>(refused: &[&str]) -> Value {
    let taken = || T::ALL.iter().filter(|word| !refused.contains(&word.as_str()));
    let words: Vec<&str> = taken().map(|word| word.as_str()).collect();
    let docs: Vec<Option<&str>> = taken().map(|word| word.meaning()).collect();
    json!({ "type": "string", "enum": words, "x-taplo": { "docs": { "enumValues": docs } } })
}

/// One value, or several in an array.
pub(super) fn one_or_many(one: &Value, fewest: usize, about: &str) -> Value {
    json!({
        "description": about,
        "anyOf": [one, { "type": "array", "items": one, "minItems": fewest }],
    })
}

pub(super) fn described(mut schema: Value, about: &str) -> Value {
    if let Value::Object(members) = &mut schema {
        members.insert("description".to_owned(), about.into());
    }
    schema
}
