use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn blanked(text: &str) -> String {
    String::from_utf8(blank_pins(text.as_bytes()).into_owned()).unwrap()
}

#[test]
fn only_the_value_of_a_pin_is_replaced() {
    let body = "{ \"data\" : {\"payload\":{\"attempted_pin\" :\t\"8264\" , \"spid\":\"914B\"}}}\n";
    let expected = "{ \"data\" : {\"payload\":{\"attempted_pin\" :\t\"***\" , \"spid\":\"914B\"}}}\n";
    assert_eq!(blanked(body), expected);
}

#[test]
fn a_body_without_a_pin_is_not_even_copied() {
    for body in [
        r#"{"data":{"payload":{"id":"a","shipping":"pin","pinned":"1234"}}}"#,
        r#"["attempted_pin","1234"]"#,
        r#"{"note":"attempted_pin: 1234"}"#,
        "",
    ] {
        assert!(matches!(blank_pins(body.as_bytes()), Cow::Borrowed(_)), "{body}");
    }
}

#[test]
fn a_pin_is_blanked_whatever_its_name_type_and_spelling() {
    for (body, expected) in [
        (r#"{"attempted_pin":8264}"#, r#"{"attempted_pin":"***"}"#),
        (r#"{"attempted_pin":null }"#, r#"{"attempted_pin":"***" }"#),
        (r#"{"pin":["8264",{"a":"8264"}],"b":1}"#, r#"{"pin":"***","b":1}"#),
        (r#"{"Pin_Passcode":{"x":"}8264"}}"#, r#"{"Pin_Passcode":"***"}"#),
        (r#"{"PASSCODE":"82\"64"}"#, r#"{"PASSCODE":"***"}"#),
        (
            r#"{"pin_number":-8264e1,"b":[]}"#,
            r#"{"pin_number":"***","b":[]}"#,
        ),
        (
            r#"{"attempted\u005fpin":"8264"}"#,
            r#"{"attempted\u005fpin":"***"}"#,
        ),
        (
            r#"{"\u0070\u0049\u006E":"8264"}"#,
            r#"{"\u0070\u0049\u006E":"***"}"#,
        ),
        (r#"{"pin":"8264","pin":"8265"}"#, r#"{"pin":"***","pin":"***"}"#),
    ] {
        assert_eq!(blanked(body), expected);
    }
}

#[test]
fn a_pin_in_text_that_is_no_json_at_all_is_blanked() {
    for (body, expected) in [
        ("attempted_pin=8264&spid=914B", "attempted_pin=\"***\"&spid=914B"),
        (
            "{'attempted_pin': '8264', 'a': 1}",
            "{'attempted_pin':\"***\", 'a': 1}",
        ),
        (
            r#"{"a":"b"c","pin_number":"8264"}"#,
            r#"{"a":"b"c","pin_number":"***"}"#,
        ),
        (r#"d_pin":"8264","a":"b"}"#, r#"d_pin":"***","a":"b"}"#),
        (r#""{\"Passcode\":\"8264\"}"#, r#""{\"Passcode\":"***"}"#),
        ("the pin is secret", "the pin is secret"),
    ] {
        let after = blank_pins_in_ruins(body.as_bytes()).into_owned();
        assert_eq!(String::from_utf8(after).unwrap(), expected);
    }
}

#[test]
fn a_text_made_to_be_slow_is_not() {
    let nothing_assigned = "pin\"".repeat(50_000);
    assert_eq!(
        blank_pins_in_ruins(nothing_assigned.as_bytes()),
        nothing_assigned.as_bytes()
    );
}

#[test]
fn a_pin_in_malformed_text_is_blanked_rather_too_far_than_not_at_all() {
    for (body, expected) in [
        (r#"{"attempted_pin":"82"#, r#"{"attempted_pin":"***""#),
        (r#"{"attempted_pin":"8264\"#, r#"{"attempted_pin":"***""#),
        (r#"{"attempted_pin":"#, r#"{"attempted_pin":"***""#),
        (r#"{"attempted_pin":["82", 64"#, r#"{"attempted_pin":"***""#),
        (r#"{"attempted_pin":"82"64","b":1}"#, r#"{"attempted_pin":"***""#),
        (
            r#"{"attempted_pin": 82 64 , "b":1}"#,
            r#"{"attempted_pin": "***" , "b":1}"#,
        ),
        (
            r#"{"attempted_pin": 8264] "b":1}"#,
            r#"{"attempted_pin": "***"] "b":1}"#,
        ),
        (r#"{"attempted_p\in":"8264"}"#, r#"{"attempted_p\in":"***"}"#),
    ] {
        assert_eq!(blanked(body), expected);
    }
}

/// Letters that stand in no other text of these tests, so that a single one left over is seen.
const PLANTED: &str = "Ψ8Ψ2Ψ";

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ -~é☃\u{0}]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[ -~é]{0,8}", inner), 0..4)
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
        "pin_passcode",
        "pin_number",
        "passcode",
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

/// A document with a PIN under one of the names, somewhere inside it; the mark stands for the name as it is spelt.
fn planted() -> impl Strategy<Value = String> {
    (
        document(),
        document(),
        secret(),
        name(),
        0..3_usize,
        any::<bool>(),
    )
        .prop_map(|(before, after, secret, name, depth, pretty)| {
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
                let value = if is_secret(key.trim().as_bytes()) {
                    json!("***")
                } else {
                    without_secrets(value)
                };
                (key, value)
            };
            Value::Object(fields.into_iter().map(blank).collect::<Map<_, _>>())
        }
        other => other,
    }
}

proptest! {
    #[test]
    fn a_planted_pin_never_survives_and_the_rest_does(text in planted()) {
        let after = blanked(&text);
        prop_assert!(!after.contains('Ψ'), "{after}");
        let (before, after): (Value, Value) = (serde_json::from_str(&text)?, serde_json::from_str(&after)?);
        prop_assert_eq!(without_secrets(before), after);
    }

    #[test]
    fn a_planted_pin_does_not_survive_where_the_text_is_cut_off(text in planted(), cut in 0.0..1.0_f64) {
        let bytes = text.as_bytes();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place within the text")]
        let cut = (bytes.len() as f64 * cut) as usize;
        let after = blank_pins(&bytes[..cut]).into_owned();
        let after = String::from_utf8_lossy(&after);
        prop_assert!(!after.contains('Ψ'), "{after}");
    }

    #[test]
    fn text_that_names_no_pin_stays_as_it_is(value in document(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value)? } else { value.to_string() };
        prop_assert_eq!(blanked(&text), text);
    }

    #[test]
    fn any_bytes_at_all_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = blank_pins(&bytes);
    }
}
