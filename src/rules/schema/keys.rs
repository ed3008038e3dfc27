//! The keys of each table in the JSON Schema.

use serde_json::{Value, json};

use super::patterns;
use super::values::{described, one_or_many, text, words, words_but};
use crate::domain::{Action, Cause};
use crate::rules::facts::fact::Fact;
use crate::rules::lists::list::ListType;
use crate::rules::model::defaults::AtDecideBy;
use crate::rules::model::rule::RuleMode;
use crate::rules::parse::TableKind;

const LONGEST_TEXT: usize = 500;
const LONGEST_REASON: usize = 255;

/// What a key of a table takes.
pub(super) fn property(table_kind: TableKind, key: &str) -> Value {
    let about = about(table_kind, key);
    let schema = word(key).or_else(|| written(key)).or_else(|| built(key, about));
    described(schema.unwrap_or_else(|| json!({})), about)
}

/// Keys that take one of a fixed set of words.
fn word(key: &str) -> Option<Value> {
    Some(match key {
        "no_match" | "action" | "expect" => words::<Action>(),
        "on_unknown" => words_but::<Action>(&["authorize"]),
        "at_decide_by" => words::<AtDecideBy>(),
        "type" => words::<ListType>(),
        "mode" => words::<RuleMode>(),
        "because" | "cause" => words::<Cause>(),
        _ => return None,
    })
}

/// Keys that take a text, a number or a flag.
fn written(key: &str) -> Option<Value> {
    Some(match key {
        "version" => json!({ "type": "integer", "const": 1 }),
        "host_messaging" => json!({ "type": "boolean" }),
        "timezone" | "note" | "by" => json!({ "type": "string" }),
        "value" => json!({ "type": "string", "minLength": 1 }),
        "decide_within" => text(&patterns::positive_span()),
        "file" => text(&patterns::list_file()),
        "expires" => text(&patterns::day_or_instant()),
        "id" => text(&patterns::id()),
        "about" | "name" => one_line(LONGEST_TEXT),
        "reason" => one_line(LONGEST_REASON),
        _ => return None,
    })
}

/// Keys that take a table or several values.
fn built(key: &str, about: &str) -> Option<Value> {
    Some(match key {
        "defaults" | "reject" | "given" => reference(key),
        "lists" => json!({ "type": "object", "additionalProperties": reference("list") }),
        "rule" | "test" => json!({ "type": "array", "items": reference(key) }),
        "match" | "unless" => reference("conditions"),
        "values" => {
            let item = json!({ "anyOf": [{ "type": "string" }, reference("entry")] });
            json!({ "type": "array", "items": item })
        }
        "notify" => one_or_many(&one_line(LONGEST_TEXT), 0, about),
        "unknown" => {
            let facts = json!({ "type": "string", "enum": Fact::NAMES });
            one_or_many(&facts, 0, about)
        }
        "allow" => json!({
            "type": "object",
            "patternProperties": { "^R1[0-9]{2}$": one_line(LONGEST_TEXT) },
            "additionalProperties": false,
        }),
        _ => return None,
    })
}

fn one_line(longest: usize) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": longest })
}

fn reference(definition: &str) -> Value {
    // Keywords beside a bare `$ref` are ignored in draft 7.
    json!({ "allOf": [{ "$ref": format!("#/definitions/{definition}") }] })
}

/// What a key is for.
pub(super) fn about(table_kind: TableKind, key: &str) -> &'static str {
    if key == "allow" {
        return "Warnings to silence, by code, each with the reason: allow.R110 = \"…\".";
    }
    match table_kind {
        TableKind::File => about_file(key),
        TableKind::Defaults => about_defaults(key),
        TableKind::List | TableKind::ListEntry => about_list(key),
        TableKind::Rule | TableKind::Reject => about_rule(key),
        TableKind::Test => about_test(key),
    }
}

fn about_file(key: &str) -> &'static str {
    match key {
        "version" => "The version of the rule language: always 1.",
        "timezone" => {
            "For dates, for business_hours and for times without an offset, such as \"America/Chicago\". The default is UTC."
        }
        "defaults" => "What happens if no rule decides.",
        "lists" => "Lists, used in conditions as \"@name\".",
        "rule" => {
            "The rules, from top to bottom. The first rule whose match holds and whose unless does not decides."
        }
        "test" => "The expected results of the rules. A file whose tests fail does not become active.",
        _ => "",
    }
}

fn about_defaults(key: &str) -> &'static str {
    match key {
        "no_match" => "The action if no rule decides. The default is hold.",
        "on_unknown" => {
            "The action if a missing fact could change the outcome. The default is hold; authorize is not allowed."
        }
        "decide_within" => {
            "Your deadline, counted from the arrival of the order at Telnyx, such as \"20h\" (s, m, h, d)."
        }
        "at_decide_by" => {
            "What happens to an order that is still on hold at the deadline. The default is notify."
        }
        _ => "",
    }
}

fn about_list(key: &str) -> &'static str {
    match key {
        "type" => "The type of the entries.",
        "values" => "The entries: text in quotes, or { value = \"…\", note = \"…\", expires = 2031-01-31 }.",
        "file" => {
            "More entries in a file beside this one: .csv with the columns value,note,expires, or .txt with one value per line."
        }
        "value" => "The entry itself.",
        "note" => "The reason for the entry, for people.",
        "expires" => "The last day on which the entry is active.",
        _ => "",
    }
}

fn about_rule(key: &str) -> &'static str {
    match key {
        "id" => "The name of the rule in decisions, traces and tests: letters, digits, `-`, `_` and `.`.",
        "about" => "The purpose of the rule.",
        "mode" => "Whether the rule decides. The default is enforce.",
        "expires" => "The last day on which the rule is active.",
        "match" => "All of these conditions must hold.",
        "unless" => "The rule does not apply if any of these conditions holds.",
        "action" => "What happens to the order.",
        "reject" => "The cause of the rejection; required for every rule that rejects.",
        "because" => "The cause of the rejection.",
        "reason" => {
            "The text for the gaining carrier, up to 255 characters. Never write the correct value into it."
        }
        "notify" => "Who is notified when the rule decides.",
        "host_messaging" => {
            "Sent with an authorization or a rejection: whether messaging stays at Telnyx. The default is false."
        }
        _ => "",
    }
}

fn about_test(key: &str) -> &'static str {
    match key {
        "name" => "A sentence that says what the test shows.",
        "given" => "Facts by their names, given.phone_numbers for the numbers, given.now for the time.",
        "expect" => "The expected action.",
        "by" => "The id of the rule that is expected to decide.",
        "cause" => "The cause of the rejection.",
        "unknown" => "The missing facts that could have changed the outcome, and only those.",
        _ => "",
    }
}
