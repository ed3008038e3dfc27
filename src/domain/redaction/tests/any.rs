//! Tests that no secret is left in any generated document.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::names::names_a_secret;
use super::*;

/// Letters that are in no other text of these tests, so that any letter that remains is detected.
const PLANTED: &str = "Ψ8Ψ2Ψ";

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ -oq-~é☃\u{0}]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[ -oq-~é]{0,8}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn secret() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(PLANTED)),
        Just(json!([1, PLANTED, {"b": PLANTED}])),
        Just(json!({"a": {"b": format!("\"}}],\\{PLANTED}")}})),
    ]
}

fn name() -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec![
        "attempted_pin",
        "pin",
        "account_pin",
        "PIN code",
        "portoutpin",
        "passcode",
        "client_secret",
    ]);
    (names, any::<u32>()).prop_map(|(name, bits)| {
        let spell = |(i, c): (usize, char)| match (bits >> (2 * i % 32)) & 3 {
            0 => format!("\\u{:04x}", u32::from(c)),
            1 => c.to_ascii_uppercase().to_string(),
            _ => c.to_string(),
        };
        name.chars().enumerate().map(spell).collect()
    })
}

/// Generates a document with a secret under one of the names. The mark is replaced by the name in one of its spellings.
fn planted() -> impl Strategy<Value = String> {
    let parts = (
        document(),
        document(),
        secret(),
        name(),
        0..3_usize,
        any::<bool>(),
    );
    parts.prop_map(|(before, after, secret, name, depth, pretty)| {
        let mut value = json!({"a": before, "mark": secret, "z": after});
        for _ in 0..depth {
            value = json!([{"deeper": value, "x": "y"}]);
        }
        let text = if pretty {
            serde_json::to_string_pretty(&value)
        } else {
            serde_json::to_string(&value)
        };
        text.unwrap().replace("\"mark\"", &format!("\"{name}\""))
    })
}

fn without_secrets(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(without_secrets).collect(),
        Value::Object(fields) => {
            let blank = |(key, value): (String, Value)| {
                let secret = names_a_secret(&key);
                (
                    key,
                    if secret {
                        json!("***")
                    } else {
                        without_secrets(value)
                    },
                )
            };
            Value::Object(fields.into_iter().map(blank).collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// Generates texts in which names, digits and marks are combined in every way.
fn scrambled() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "PIN", "pin", "4711", "12", "3", "is", "the", " ", ".", ":", "=", "-", "\"", "\\", "\\\"", "{", "}",
        "[", "]", ",", "<", ">", "/", "zip", "60601", "+", "name", "value", "***", "\n", "%70", "\\u0070",
        "é", "(", ")", "'", "passcode",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_planted_secret_never_survives_and_the_rest_does(text in planted()) {
        let after = redacted(&text);
        prop_assert!(!after.contains('Ψ'), "{after}");
        let (before, after): (Value, Value) = (serde_json::from_str(&text)?, serde_json::from_str(&after)?);
        prop_assert_eq!(without_secrets(before), after);
    }

    #[test]
    fn a_planted_secret_does_not_survive_where_the_text_is_cut_off(text in planted(), cut in 0.0..1.0_f64) {
        let bytes = text.as_bytes();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place within the text")]
        let cut = (bytes.len() as f64 * cut) as usize;
        let after = redact_body(&bytes[..cut]).into_owned();
        let after = String::from_utf8_lossy(&after);
        prop_assert!(!after.contains('Ψ'), "{after}");
    }

    #[test]
    fn text_that_names_no_secret_stays_as_it_is(value in document(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value)? } else { value.to_string() };
        prop_assert_eq!(redacted(&text), text);
    }

    #[test]
    fn json_stays_json(text in scrambled(), key in scrambled()) {
        let body = json!({"x": text, "name": key, "value": text, key: [text, {"y": text}]}).to_string();
        let after = redacted(&body);
        prop_assert!(serde_json::from_str::<Value>(&after).is_ok(), "{body}\n{after}");
        prop_assert_eq!(redacted(&after), after);
    }

    #[test]
    fn what_was_redacted_stays_as_it_is(text in scrambled()) {
        let once = redacted(&text);
        prop_assert_eq!(redacted(&once), once);
        let once = redact_text(&text).into_owned();
        prop_assert_eq!(redact_text(&once), once.as_str());
    }

    #[test]
    fn any_bytes_at_all_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = redact_body(&bytes);
    }
}
