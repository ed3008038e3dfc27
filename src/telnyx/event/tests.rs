//! Tests of parsing events.

use serde_json::{Value, json};

use super::*;

const ORDER: &str = "c0b7d0f0-6a5e-4d0e-8a53-6a3d4f1f8a21";
const EVENT: &str = "5f1c0a7e-0b52-4b63-9f0e-2f3a9f0b7c11";

fn webhook(event_type: &str, payload: &Value) -> Event {
    let body = json!({
        "data": {"event_type": event_type, "id": EVENT, "occurred_at": "2026-09-21T13:33:20Z",
                 "payload": payload, "record_type": "event"},
        "meta": {"attempt": 1, "delivered_to": "https://example.com/hooks"},
    });
    parse_webhook(body.to_string().as_bytes())
}

fn status_changed(payload: &str) -> Event {
    let start = r#"{"data":{"event_type":"portout.status_changed","id":"e1","payload":"#;
    parse_webhook(format!("{start}{payload}}}}}").as_bytes())
}

fn order_id(event: &Event) -> Option<&str> {
    event.order_id.as_ref().map(OrderId::as_str)
}

/// Returns whether the event contains the PIN that was typed, compared as the register compares it.
fn carries_pin(event: &Event, typed: &str) -> bool {
    let AttemptedPin::Given(pin) = &event.attempted_pin else {
        return false;
    };
    let key = crate::domain::PinKey::from_hex(&"5c".repeat(32)).unwrap();
    let (account, number) = (
        crate::domain::AccountName::default_account(),
        "+13125550123".parse().unwrap(),
    );
    let wanted = key.hmac(&account, number, &Pin::new(typed).unwrap());
    key.hmac(&account, number, pin).is(wanted.as_bytes())
}

#[test]
fn a_change_of_status_names_its_order_and_carries_its_pin() {
    let payload = json!({"attempted_pin": "82-64", "carrier_name": "Prärie Tel", "id": ORDER, "spid": "914B",
                         "phone_numbers": ["+13125550123"], "status": "pending", "subscriber_name": null});
    let event = webhook("portout.status_changed", &payload);
    assert_eq!(event.source, EventSource::Webhook);
    assert_eq!(event.kind, EventKind::PortOut);
    assert_eq!(event.dedupe_key, format!("event:portout.status_changed:{EVENT}"));
    assert_eq!(event.event_id.as_deref(), Some(EVENT));
    assert_eq!(order_id(&event), Some(ORDER));
    assert_eq!(event.occurred_at, Some("2026-09-21T13:33:20Z".parse().unwrap()));
    assert_eq!(event.status, Some(OrderStatus::Pending));
    assert_eq!(event.numbers.readable.len(), 1);
    assert!(carries_pin(&event, "8264"));
    let kept = String::from_utf8(event.body.clone()).unwrap();
    assert!(
        !kept.contains("82-64") && kept.contains(r#""attempted_pin":"***""#),
        "{kept}"
    );
    assert!(!format!("{event:?}").contains("8264"));
}

#[test]
fn the_digest_beside_a_blanked_body_does_not_give_the_pin_away() {
    let event = status_changed(r#"{"id":"a","attempted_pin":"8264"}"#);
    let other = status_changed(r#"{"id":"a","attempted_pin":"8265"}"#);
    assert_eq!(event.digest, other.digest);
    assert_eq!(event.digest, <[u8; 32]>::from(Sha256::digest(&event.body)));
}

#[test]
fn a_comment_names_its_order_beside_its_own_id() {
    let payload = json!({"comment": "hello", "id": "a-comment", "portout_id": ORDER});
    let event = webhook("portout.new_comment", &payload);
    assert_eq!(order_id(&event), Some(ORDER));
    assert!(matches!(event.attempted_pin, AttemptedPin::NotTold));
    let event = webhook(
        "portout.new_comment",
        &json!({"comment": "hello", "id": "a-comment"}),
    );
    assert_eq!(order_id(&event), None, "a comment's id is no order");
}

#[test]
fn in_the_events_api_the_order_named_outside_the_payload_wins() {
    let element = json!({
        "id": EVENT, "event_type": "portout.status_changed", "portout_id": ORDER, "payload_status": "completed",
        "available_notification_methods": ["webhook"], "record_type": "portout_event",
        "payload": {"id": "something-else", "status": "pending", "attempted_pin": null},
        "created_at": "2026-09-21T13:33:20.527000Z", "updated_at": "2026-09-21T13:33:21Z",
    });
    let event = parse_listed_event(element.to_string().as_bytes());
    assert_eq!(event.source, EventSource::EventsApi);
    assert_eq!(order_id(&event), Some(ORDER));
    assert_eq!(
        event.occurred_at,
        Some("2026-09-21T13:33:20.527Z".parse().unwrap())
    );
    assert_eq!(event.dedupe_key, format!("event:portout.status_changed:{EVENT}"));
    assert!(matches!(event.attempted_pin, AttemptedPin::NotGiven));
}

#[test]
fn only_what_could_have_carried_a_pin_tells_that_none_was_given() {
    let not_given = [
        r#"{"status":"pending"}"#,
        r#"{"status":"pending","attempted_pin":""}"#,
        r#"{"status":"pending","attempted_pin":null}"#,
        r#"{"status":"pending","attempted_pin":" - "}"#,
    ];
    for payload in not_given {
        let pin = status_changed(payload).attempted_pin;
        assert!(matches!(pin, AttemptedPin::NotGiven), "{payload}");
    }
    let not_told = [
        r#"{"status":"authorized"}"#,
        r#"{"status":"ported","attempted_pin":null}"#,
        "{}",
        "null",
        r#"{"status":"pending","attempted_pin":{"v":"8264"}}"#,
        r#"{"status":"pending","attempted_pin":true}"#,
    ];
    for payload in not_told {
        let pin = status_changed(payload).attempted_pin;
        assert!(matches!(pin, AttemptedPin::NotTold), "{payload}");
    }
    for payload in [
        r#"{"status":"pending","attempted_pin":8264}"#,
        r#"{"attempted\u005fpin":"8264"}"#,
    ] {
        assert!(carries_pin(&status_changed(payload), "8264"), "{payload}");
    }
}

#[test]
fn a_port_in_event_is_kept_with_or_without_the_wrapper() {
    let bare = json!({"id": EVENT, "event_type": "porting_order.deleted", "occurred_at": "2026-09-21T13:33:20Z",
                      "payload": {"id": "a-port-in", "customer_reference": "r"}});
    let wrapped = json!({"data": bare});
    for body in [bare, wrapped] {
        let event = parse_webhook(body.to_string().as_bytes());
        assert_eq!(event.kind, EventKind::PortingOrder);
        assert_eq!(event.dedupe_key, format!("event:porting_order.deleted:{EVENT}"));
        assert_eq!(order_id(&event), None);
    }
}

#[test]
fn an_unknown_type_is_kept_and_wakes_an_order_only_if_it_names_one() {
    let event = webhook("call.initiated", &json!({"id": "a-call"}));
    assert_eq!((event.kind, order_id(&event)), (EventKind::UnknownType, None));
    let event = webhook("message.sent", &json!({"id": "a-message", "portout_id": ORDER}));
    assert_eq!(
        (event.kind, order_id(&event)),
        (EventKind::UnknownType, Some(ORDER))
    );
    let event = webhook("portout.something_new", &json!({"id": ORDER}));
    assert_eq!((event.kind, order_id(&event)), (EventKind::PortOut, Some(ORDER)));
}

#[test]
fn what_cannot_be_read_is_kept_with_its_pin_blanked() {
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "\"text\"",
        "{\"data\":",
        r#"{"data":{"payload":{"attempted_pin":"8264"}}}"#,
        r#"{"data":{"event_type":"portout.status_changed","payload":{"attempted_pin":"8264"#,
        "attempted_pin=8264",
        r#"{"event_type":["portout.status_changed"],"pin":8264}"#,
    ] {
        let event = parse_webhook(body.as_bytes());
        assert_eq!(event.kind, EventKind::Unparsable, "{body}");
        assert!(event.dedupe_key.starts_with("digest:"), "{body}");
        let kept = String::from_utf8(event.body).unwrap();
        assert!(!kept.contains("8264"), "{kept}");
    }
}

#[test]
fn strange_json_neither_panics_nor_hides_the_order() {
    let deep = "[".repeat(20_000) + &"]".repeat(20_000);
    for strange in [
        "1e400000",
        r#""\ud800""#,
        r#""\u0000""#,
        "{\"a\":1,\"a\":2}",
        &deep,
    ] {
        let event = status_changed(&format!(
            r#"{{"x":{strange},"id":"twice","id":"{ORDER}","spid":{strange}}}"#
        ));
        assert_eq!(
            order_id(&event),
            Some(ORDER),
            "{}",
            strange.get(..20).unwrap_or(strange)
        );
        assert_eq!(event.kind, EventKind::PortOut);
    }
    let body =
        b"{\"data\":{\"event_type\":\"portout.status_changed\",\"payload\":{\"id\":\"a\",\"n\":\"\xff\"}}}";
    let event = parse_webhook(body);
    assert_eq!(order_id(&event), Some("a"));
    assert_eq!(event.body, body, "the body is kept as it came");
}

#[test]
fn nothing_of_an_event_can_spoil_the_row_it_is_kept_in() {
    let long = "x".repeat(3000);
    for name in [r"nul\u0000", r"esc\u001b[2J", &long] {
        let body = format!(
            r#"{{"event_type":"portout.status_changed","id":"{name}","payload":{{"id":"{name}","status":"{name}"}}}}"#
        );
        let event = parse_webhook(body.as_bytes());
        assert_eq!((event.event_id, event.order_id), (None, None));
        assert!(event.dedupe_key.starts_with("digest:"));
        let status = event.status.unwrap();
        assert!(status.as_str().len() <= 1024 && !status.as_str().contains('\0'));
        let event = parse_webhook(body.replace("portout.status_changed", name).as_bytes());
        assert_eq!((event.kind, event.event_type), (EventKind::Unparsable, None));
    }
}

#[test]
fn each_state_in_which_an_order_is_listed_is_one_event() {
    let listed = |status: &str| {
        let order = json!({"id": ORDER, "status": status, "phone_numbers": ["+13125550123"],
                           "updated_at": "2026-09-21T13:33:20Z"});
        listed_order_event(order.to_string().as_bytes())
    };
    let event = listed("pending");
    assert_eq!(
        (event.source, event.kind),
        (EventSource::List, EventKind::PortOut)
    );
    assert_eq!(
        event.dedupe_key,
        format!("listed:{ORDER}:{}", hex::encode(event.digest))
    );
    assert_eq!(order_id(&event), Some(ORDER));
    assert_eq!(event.status, Some(OrderStatus::Pending));
    assert!(matches!(event.attempted_pin, AttemptedPin::NotTold));
    assert_eq!(event.dedupe_key, listed("pending").dedupe_key);
    assert_ne!(event.dedupe_key, listed("authorized").dedupe_key);
    assert_eq!(listed_order_event(b"{}").kind, EventKind::Unparsable);
}

proptest::proptest! {
    #[test]
    fn no_bytes_at_all_make_reading_fail(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = (parse_webhook(&bytes), parse_listed_event(&bytes), listed_order_event(&bytes));
    }
}
