//! The values of conditions in the JSON Schema.

use serde_json::{Value, json};
use strum::{EnumMessage, VariantNames};

use super::patterns;
use crate::domain::IdentityCheck;
use crate::rules::facts::fact::{Fact, Ours};
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
    let about = name.fact.get_documentation().unwrap_or_default();
    one_or_many(&one, 1, &format!("{about} {wants}"))
}

/// What a test gives for a fact.
pub(super) fn fact(fact: Fact) -> Value {
    let about = fact.get_documentation().unwrap_or_default();
    let one = match fact {
        Fact::CarrierSpid => text(&patterns::spid()),
        Fact::CarrierRequests24h | Fact::NumbersCount | Fact::NumbersWrongPins24h | Fact::TimesRejected => {
            json!({ "type": "integer", "minimum": 0 })
        }
        Fact::CarrierSeen
        | Fact::NumbersFrozen
        | Fact::NumbersOtherPending
        | Fact::BusinessHours
        | Fact::OwnPortIn => {
            json!({ "type": "boolean" })
        }
        Fact::PhoneNumbers | Fact::NumbersCountry | Fact::NumbersTags => {
            return one_or_many(&json!({ "type": "string" }), 0, about);
        }
        Fact::NumbersOurs => words::<Ours>(),
        Fact::Pin | Fact::Zip | Fact::Name | Fact::Address => words::<IdentityCheck>(),
        Fact::FocIn => text(&patterns::span()),
        Fact::RequestedFoc => time(),
        Fact::CarrierName
        | Fact::Country
        | Fact::State
        | Fact::City
        | Fact::EndUser
        | Fact::Pon
        | Fact::Vendor => json!({ "type": "string" }),
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
pub(super) fn words<T: VariantNames + EnumMessage + std::str::FromStr>() -> Value {
    words_but::<T>(&[])
}

/// As [`words`], without some of them.
pub(super) fn words_but<T: VariantNames + EnumMessage + std::str::FromStr>(refused: &[&str]) -> Value {
    let words: Vec<&str> = T::VARIANTS
        .iter()
        .filter(|word| !refused.contains(*word))
        .copied()
        .collect();
    let meaning = |word: &&str| word.parse::<T>().ok().and_then(|word| word.get_documentation());
    let docs: Vec<Option<&str>> = words.iter().map(meaning).collect();
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
