//! Tests of parsing orders.

use super::*;

const WHOLE: &str = r#"{
    "id": "c0b7d0f0-6a5e-4d0e-8a53-6a3d4f1f8a21", "record_type": "portout", "status": "pending",
    "phone_numbers": ["+13125550123", "3125550124", "{{phone_number}}", 13125550125, null, {"n": 1}],
    "support_key": "PO_18c2f4", "spid": " 914b ", "carrier_name": "Prärie Tel", "current_carrier": "Telnyx",
    "authorized_name": "Ada Quill", "end_user_name": "Quill & Sons", "service_address": "12 Larch Street",
    "city": "Peoria", "state": "IL", "zip": "61602", "country_code": "US", "pon": "PR-7731", "vendor": "v1",
    "reason": null, "rejection_code": 1002, "lsr": ["https://example.com/a.pdf"],
    "foc_date": "2026-09-28", "requested_foc_date": "2026-09-28T00:00:00+00:00",
    "inserted_at": "2026-09-21T13:33:20.527000Z", "updated_at": "2026-09-21T13:33:21Z", "host_messaging": false
}"#;

#[test]
fn a_whole_order_is_read() {
    let order = parse_order(WHOLE.as_bytes()).unwrap();
    assert_eq!(order.id.as_str(), "c0b7d0f0-6a5e-4d0e-8a53-6a3d4f1f8a21");
    assert_eq!(order.status, OrderStatus::Pending);
    let readable: Vec<_> = order.numbers.readable.iter().map(ToString::to_string).collect();
    assert_eq!(readable, ["+13125550123", "+13125550124", "+13125550125"]);
    assert_eq!(
        order.numbers.unreadable,
        ["{{phone_number}}", "null", r#"{"n": 1}"#]
    );
    assert_eq!(order.spid.unwrap().as_str(), "914B");
    assert_eq!(order.country.as_deref(), Some("US"));
    assert_eq!(order.rejection_code, Some(1002));
    assert_eq!(order.host_messaging, Some(false));
    assert_eq!(order.foc_date, Some("2026-09-28T00:00:00Z".parse().unwrap()));
    assert_eq!(order.foc_date, order.requested_foc_date);
    assert_eq!(
        order.inserted_at,
        Some("2026-09-21T13:33:20.527Z".parse().unwrap())
    );
    assert_eq!(order.reason, None);
}

#[test]
fn an_order_of_nothing_but_an_id_is_an_order() {
    let order = parse_order(br#"{"id":"c0b7d0f0"}"#).unwrap();
    assert_eq!(order.status, OrderStatus::Other(String::new()));
    assert_eq!(order.numbers.count(), 0);
}

#[test]
fn an_order_with_every_field_null_or_of_another_type_is_an_order() {
    let whole: serde_json::Map<String, serde_json::Value> = serde_json::from_str(WHOLE).unwrap();
    for strange in [
        "null",
        "{}",
        "[]",
        "{\"a\":[1]}",
        "1e400000",
        r#""\ud800\u0000""#,
        "false",
        "-1",
    ] {
        let fields: Vec<String> = whole
            .keys()
            .filter(|name| *name != "id")
            .map(|name| format!("\"{name}\":{strange}"))
            .collect();
        let text = format!(r#"{{"id":"c0b7d0f0",{}}}"#, fields.join(","));
        let order = parse_order(text.as_bytes()).unwrap();
        assert_eq!(order.id.as_str(), "c0b7d0f0", "{strange}");
        assert_eq!(order.inserted_at, None, "{strange}");
    }
}

#[test]
fn a_number_where_a_text_should_be_is_taken_as_text() {
    let order =
        parse_order(br#"{"id":"a","zip":61602,"pon":7731,"spid":6529,"rejection_code":"1001"}"#).unwrap();
    assert_eq!(order.zip.as_deref(), Some("61602"));
    assert_eq!(order.pon.as_deref(), Some("7731"));
    assert_eq!(order.spid.unwrap().as_str(), "6529");
    assert_eq!(order.rejection_code, Some(1001));
}

#[test]
fn what_has_no_usable_id_is_no_order() {
    assert_eq!(parse_order(b"[]"), Err(WireError::NotAnObject));
    assert_eq!(parse_order(br#"{"id":"a"#), Err(WireError::NotAnObject));
    assert_eq!(parse_order(br#"{"id":null}"#), Err(WireError::NoId));
    assert!(matches!(
        parse_order(br#"{"id":"a/../b"}"#),
        Err(WireError::BadId(_))
    ));
}

#[test]
fn bytes_that_are_no_text_cost_one_field_not_the_order() {
    let order = parse_order(b"{\"id\":\"a\",\"city\":\"Peor\xffia\",\"zip\":\"61602\"}").unwrap();
    assert_eq!(order.zip.as_deref(), Some("61602"));
}
