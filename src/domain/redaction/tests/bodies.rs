//! Tests of the redaction of bodies.

use super::*;

#[test]
fn only_the_value_of_a_secret_is_replaced() {
    let body = "{ \"data\" : {\"payload\":{\"attempted_pin\" :\t\"8264\" , \"spid\":\"914B\"}}}\n";
    let expected = "{ \"data\" : {\"payload\":{\"attempted_pin\" :\t\"***\" , \"spid\":\"914B\"}}}\n";
    assert_eq!(redacted(body), expected);
}

#[test]
fn a_body_without_a_secret_is_not_even_copied() {
    for body in [
        r#"{"data":{"payload":{"id":"a","shipping":"pin","pinned":"1234"}}}"#,
        r#"{"title":"Invalid PIN","code":"10015","detail":"The PIN does not match."}"#,
        r#"[{"code":1002,"description":"Invalid PIN","reason_required":false}]"#,
        r#"{"id":"order-pin-4711","support_key":"PO_PIN4711","phone_numbers":["+13125550100"]}"#,
        r#"{"service_address":"100 Pin Oak Court, Unit 1204","zip":"60601","end_user_name":"Pin High 2000 Golf"}"#,
        "",
    ] {
        assert!(
            matches!(redact_body(body.as_bytes()), Cow::Borrowed(_)),
            "{body}: {}",
            redacted(body)
        );
    }
}

#[test]
fn the_value_of_a_key_is_replaced_whatever_its_name_type_and_spelling() {
    for (body, expected) in [
        (r#"{"attempted_pin":8264}"#, r#"{"attempted_pin":"***"}"#),
        (r#"{"attempted_pin":null }"#, r#"{"attempted_pin":"***" }"#),
        (
            r#"{"account_pin":["8264",{"a":"8264"}],"b":1}"#,
            r#"{"account_pin":"***","b":1}"#,
        ),
        (r#"{"Pin_Passcode":{"x":"}8264"}}"#, r#"{"Pin_Passcode":"***"}"#),
        (r#"{"PIN code":"82\"64"}"#, r#"{"PIN code":"***"}"#),
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
        (
            r#"{"attemptedPin":"8264","pin":"8265"}"#,
            r#"{"attemptedPin":"***","pin":"***"}"#,
        ),
        (r#"{"pin 8264":"8264"}"#, r#"{"pin ***":"***"}"#),
    ] {
        assert_eq!(redacted(body), expected);
    }
}

#[test]
fn the_value_of_a_pair_is_replaced() {
    for (body, expected) in [
        (
            r#"{"name":"PIN","value":"hunter"}"#,
            r#"{"name":"PIN","value":"***"}"#,
        ),
        (
            r#"{"value":8264,"key":"account_pin","x":1}"#,
            r#"{"value":"***","key":"account_pin","x":1}"#,
        ),
        (
            r#"{"question":"What is your PIN?","answer":{"text":"8264"}}"#,
            r#"{"question":"What is your PIN?","answer":"***"}"#,
        ),
        (
            r#"{"id":"pin","value":["8264"]}"#,
            r#"{"id":"pin","value":"***"}"#,
        ),
        (
            r#"{"label":"Passcode","typed":"8264","ok":true}"#,
            r#"{"label":"Passcode","typed":"***","ok":true}"#,
        ),
        (r#"["pin","hunter"]"#, r#"["pin","***"]"#),
        (
            r#"[["zip","60601"],["PIN",8264]]"#,
            r#"[["zip","60601"],["PIN","***"]]"#,
        ),
        (
            r#"["The PIN is","8264","zip","60601"]"#,
            r#"["The PIN is","***","zip","60601"]"#,
        ),
    ] {
        assert_eq!(redacted(body), expected);
    }
}

#[test]
fn texts_inside_are_looked_into_and_json_inside_of_texts_stays_json() {
    for (body, expected) in [
        (
            r#"{"comment":"the PIN is 8264\nbye"}"#,
            r#"{"comment":"the PIN is ***\nbye"}"#,
        ),
        (
            r#"{"reason":"\u0050IN 8264 wrong"}"#,
            r#"{"reason":"\u0050IN *** wrong"}"#,
        ),
        (
            r#"{"a":"{\"pin\":8264,\"b\":1}"}"#,
            r#"{"a":"{\"pin\":\"***\",\"b\":1}"}"#,
        ),
        (
            r#"{"a":"{\"b\":\"{\\\"name\\\":\\\"PIN\\\",\\\"value\\\":\\\"hunter\\\"}\"}"}"#,
            r#"{"a":"{\"b\":\"{\\\"name\\\":\\\"PIN\\\",\\\"value\\\":\\\"***\\\"}\"}"}"#,
        ),
        (r#"{"form":"a=1&pin=hunter"}"#, r#"{"form":"a=1&pin=***"}"#),
        (r#"{"xml":"<pin>hunter<\/pin>"}"#, r#"{"xml":"<pin>***<\/pin>"}"#),
        (
            r#"{"end_user_name":"Ada, PIN 8264"}"#,
            r#"{"end_user_name":"Ada, PIN ***"}"#,
        ),
        (
            r#"{"phone_numbers":["PIN 8264"]}"#,
            r#"{"phone_numbers":["PIN ***"]}"#,
        ),
        (r#""PIN 8264""#, r#""PIN ***""#),
    ] {
        assert_eq!(redacted(body), expected);
    }
}

#[test]
fn a_body_that_is_not_json_is_redacted_as_text() {
    for (body, expected) in [
        ("attempted_pin=8264&spid=914B", "attempted_pin=***&spid=914B"),
        (
            r#"{"a":"b"c","pin_number":"8264"}"#,
            r#"{"a":"b"c","pin_number":"***"}"#,
        ),
        (r#"d_pin":"8264","a":"b"}"#, r#"d_pin":"***","a":"b"}"#),
        ("<html>PIN 8264 is wrong</html>", "<html>PIN *** is wrong</html>"),
    ] {
        assert_eq!(redacted(body), expected);
    }
}

#[test]
fn a_pin_in_json_that_is_cut_off_is_blanked_rather_too_far_than_not_at_all() {
    for (body, expected) in [
        (r#"{"attempted_pin":"82"#, r#"{"attempted_pin":"***""#),
        (r#"{"attempted_pin":"8264\"#, r#"{"attempted_pin":"***""#),
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
        (r#"{"comment":"the PIN is 8264"#, r#"{"comment":"the PIN is ***"#),
    ] {
        assert_eq!(redacted(body), expected);
    }
}

#[test]
fn a_body_made_to_be_slow_is_not() {
    for body in [
        "<pin>".repeat(20_000),
        "4711 (PIN)".repeat(10_000),
        "pin='".repeat(20_000),
        "pin=[".repeat(20_000),
        "pin\"".repeat(20_000),
        "[".repeat(100_000),
        format!("{}{}", "[\"pin\",".repeat(20_000), "]".repeat(20_000)),
        "pin=".repeat(20_000),
        "PIN 1 ".repeat(10_000),
        format!("\"{}\"", "\\u0070".repeat(20_000)),
    ] {
        let _ = redact_body(body.as_bytes());
    }
}
