//! Tests of the format of every response: each field of the API contract, of its type or null, and no other.

use serde_json::{Value, json};

use super::stage::Stage;
use crate::simulator::new_order::NewOrder;
use crate::simulator::port_ins::NewPortIn;

#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Id,
    Time,
    Flag,
    Whole,
    List,
    Object,
}

use Kind::{Flag, Id, List, Object, Text, Time, Whole};

const ORDER: &[(&str, Kind)] = &[
    ("already_ported", Flag),
    ("authorized_name", Text),
    ("carrier_name", Text),
    ("city", Text),
    ("created_at", Time),
    ("current_carrier", Text),
    ("end_user_name", Text),
    ("foc_date", Time),
    ("host_messaging", Flag),
    ("id", Id),
    ("inserted_at", Time),
    ("lsr", List),
    ("phone_numbers", List),
    ("pon", Text),
    ("reason", Text),
    ("record_type", Text),
    ("rejection_code", Whole),
    ("requested_foc_date", Time),
    ("service_address", Text),
    ("spid", Text),
    ("state", Text),
    ("status", Text),
    ("support_key", Text),
    ("updated_at", Time),
    ("user_id", Id),
    ("vendor", Id),
    ("zip", Text),
];

const META: &[(&str, Kind)] = &[
    ("page_number", Whole),
    ("page_size", Whole),
    ("total_pages", Whole),
    ("total_results", Whole),
];

const EVENT: &[(&str, Kind)] = &[
    ("available_notification_methods", List),
    ("created_at", Time),
    ("event_type", Text),
    ("id", Id),
    ("payload", Object),
    ("payload_status", Text),
    ("portout_id", Id),
    ("record_type", Text),
    ("updated_at", Time),
];

const STATUS_PAYLOAD: &[(&str, Kind)] = &[
    ("attempted_pin", Text),
    ("carrier_name", Text),
    ("id", Id),
    ("phone_numbers", List),
    ("spid", Text),
    ("status", Text),
    ("subscriber_name", Text),
    ("user_id", Id),
];

const COMMENT: &[(&str, Kind)] = &[
    ("body", Text),
    ("created_at", Time),
    ("id", Id),
    ("portout_id", Id),
    ("record_type", Text),
    ("user_id", Id),
];

const DOCUMENT: &[(&str, Kind)] = &[
    ("created_at", Time),
    ("document_id", Id),
    ("id", Id),
    ("portout_id", Id),
    ("record_type", Text),
    ("type", Text),
    ("updated_at", Time),
];

const REJECTION: &[(&str, Kind)] = &[("code", Whole), ("description", Text), ("reason_required", Flag)];

const DELIVERY: &[(&str, Kind)] = &[
    ("attempts", List),
    ("finished_at", Time),
    ("id", Id),
    ("record_type", Text),
    ("started_at", Time),
    ("status", Text),
    ("user_id", Id),
    ("webhook", Object),
];

const ATTEMPT: &[(&str, Kind)] = &[
    ("finished_at", Time),
    ("http", Object),
    ("started_at", Time),
    ("status", Text),
];

const PORT_IN: &[(&str, Kind)] = &[
    ("activation_settings", Object),
    ("additional_steps", List),
    ("created_at", Time),
    ("customer_group_reference", Text),
    ("customer_reference", Text),
    ("description", Text),
    ("documents", Object),
    ("end_user", Object),
    ("id", Id),
    ("messaging", Object),
    ("misc", Object),
    ("old_service_provider_ocn", Text),
    ("parent_support_key", Text),
    ("phone_number_configuration", Object),
    ("phone_number_type", Text),
    ("phone_numbers", List),
    ("porting_phone_numbers_count", Whole),
    ("record_type", Text),
    ("requirements", List),
    ("requirements_met", Flag),
    ("status", Object),
    ("support_key", Text),
    ("updated_at", Time),
    ("user_feedback", Object),
    ("user_id", Id),
    ("webhook_url", Text),
];

const PORT_IN_NUMBER: &[(&str, Kind)] = &[
    ("activation_status", Text),
    ("phone_number", Text),
    ("phone_number_type", Text),
    ("portability_status", Text),
    ("porting_order_id", Id),
    ("porting_order_status", Text),
    ("record_type", Text),
    ("requirements_status", Text),
    ("support_key", Text),
];

fn assert_shape(value: &Value, fields: &[(&str, Kind)]) {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    for (name, kind) in fields {
        let field = object
            .get(*name)
            .unwrap_or_else(|| panic!("`{name}` is missing in {value}"));
        assert!(is(field, *kind), "`{name}` is no {kind:?}: {field}");
    }
    let known = |name: &&String| !fields.iter().any(|(known, _)| known == name);
    assert_eq!(object.keys().find(known), None, "not in the contract");
}

fn is(value: &Value, kind: Kind) -> bool {
    let text = value.as_str();
    value.is_null()
        || match kind {
            Text => text.is_some(),
            Id => text.is_some_and(|text| text.parse::<uuid::Uuid>().is_ok()),
            Time => text.is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
            Flag => value.is_boolean(),
            Whole => value.is_i64(),
            List => value.is_array(),
            Object => value.is_object(),
        }
}

#[tokio::test]
async fn orders_have_every_field_of_the_contract() {
    let stage = Stage::new().await;
    let bare = stage.sim.open_order(NewOrder::default().without_carrier());
    let full = NewOrder::default()
        .name("Ada Brandt")
        .address("1 Elm Court")
        .place("Chicago", "IL")
        .zip("60601")
        .pon("1")
        .vendor("0e66ed3b-37e6-4fed-93d6-a30ce2493661");
    let full = stage.sim.open_order(full);
    let answer = json!({"reason": "x", "rejection_code": 1002});
    let (_, answered) = stage.answer(&full, "rejected-pending", answer).await;
    assert_shape(&answered["data"], ORDER);
    assert_shape(&stage.get(&format!("/portouts/{bare}")).await.1["data"], ORDER);
    let (_, listed) = stage.get("/portouts").await;
    assert_shape(&listed["meta"], META);
    for order in listed["data"].as_array().unwrap() {
        assert_shape(order, ORDER);
    }
    assert_shape(
        &stage.get(&format!("/portouts/rejections/{bare}")).await.1["data"][0],
        REJECTION,
    );
}

#[tokio::test]
async fn times_come_with_and_without_fractions_and_in_both_ways_of_writing_utc() {
    let stage = Stage::new().await;
    stage.clock.advance(jiff::SignedDuration::from_millis(250));
    let order = stage.open();
    let (_, shown) = stage.get(&format!("/portouts/{order}")).await;
    assert_eq!(shown["data"]["inserted_at"], "2026-11-23T12:00:00.25Z");
    assert_eq!(shown["data"]["updated_at"], "2026-11-23T12:00:00+00:00");
    assert!(
        shown["data"]["requested_foc_date"]
            .as_str()
            .unwrap()
            .ends_with("T00:00:00Z")
    );
}

#[tokio::test]
async fn events_comments_documents_and_deliveries_have_every_field_of_the_contract() {
    let stage = Stage::new().await;
    let _receiver = stage.receiver([]).await;
    let order = stage.sim.open_order(NewOrder::default().pin(Some("4711")));
    let (_, comment) = stage
        .post(&format!("/portouts/{order}/comments"), json!({"body": "x"}))
        .await;
    assert_shape(&comment["data"], COMMENT);
    let document = json!({"type": "loa", "document_id": "5a16902a-2ee9-4882-a247-420fc6627b62"});
    let documents = format!("/portouts/{order}/supporting_documents");
    let (_, document) = stage.post(&documents, json!({"documents": [document]})).await;
    assert_shape(&document["data"][0], DOCUMENT);
    let (_, events) = stage.get("/portouts/events").await;
    assert_shape(&events["meta"], META);
    assert_shape(&events["data"][0], EVENT);
    assert_shape(&events["data"][1], EVENT);
    assert_shape(&events["data"][1]["payload"], STATUS_PAYLOAD);
    stage.sim.webhooks_at_rest().await;
    let (_, deliveries) = stage.get("/webhook_deliveries").await;
    assert_shape(&deliveries["meta"], META);
    let delivery = &deliveries["data"][0];
    assert_shape(delivery, DELIVERY);
    assert_shape(&delivery["attempts"][0], ATTEMPT);
    let id = delivery["id"].as_str().unwrap();
    assert_eq!(
        stage.get(&format!("/webhook_deliveries/{id}")).await.1["data"],
        *delivery
    );
}

#[tokio::test]
async fn port_ins_have_every_field_of_the_contract() {
    let stage = Stage::new().await;
    let id = stage
        .sim
        .open_port_in(&NewPortIn::default().numbers(["+13125550150"]));
    assert_shape(
        &stage.get(&format!("/porting_orders/{id}")).await.1["data"],
        PORT_IN,
    );
    let (_, numbers) = stage.get("/porting_phone_numbers").await;
    assert_shape(&numbers["meta"], META);
    assert_shape(&numbers["data"][0], PORT_IN_NUMBER);
}
