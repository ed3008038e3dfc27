//! Tests of port-in orders.

use serde_json::{Value, json};

use super::stage::Stage;
use crate::simulator::port_ins::NewPortIn;

fn port_in(stage: &Stage) -> String {
    let new = NewPortIn::default().numbers(["+13125550150", "+13125550151"]);
    let id = stage.sim.open_port_in(&new.customer_reference("T-1"));
    format!("/porting_orders/{id}")
}

#[tokio::test]
async fn an_edit_changes_what_it_names_clears_what_is_null_and_leaves_the_rest() {
    let stage = Stage::new().await;
    let path = port_in(&stage);
    let edit = json!({
        "end_user": {"admin": {"entity_name": "Ada Brandt"}, "location": {"locality": "Chicago"}},
        "messaging": {"enable_messaging": true},
        "activation_settings": {"foc_datetime_requested": "2026-12-01T15:00:00Z"},
        "misc": {"type": "partial", "remaining_numbers_action": "keep"},
    });
    let (status, edited) = stage.patch(&path, edit).await;
    assert_eq!(status, 200);
    assert!(edited["meta"]["phone_numbers_url"].is_string());
    let (_, edited) = stage
        .patch(&path, json!({"customer_reference": null, "misc": null}))
        .await;
    let order = &edited["data"];
    assert_eq!(
        (&order["customer_reference"], &order["misc"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(order["end_user"]["admin"]["entity_name"], "Ada Brandt");
    assert_eq!(order["end_user"]["location"]["locality"], "Chicago");
    assert_eq!(order["messaging"]["enable_messaging"], true);
    assert_eq!(order["messaging"]["messaging_capable"], true);
    assert_eq!(stage.get(&path).await.1["data"], *order);
}

#[tokio::test]
async fn what_cannot_be_edited_stays_and_what_is_of_the_wrong_kind_is_refused() {
    let stage = Stage::new().await;
    let path = port_in(&stage);
    let untouched =
        json!({"id": "x", "status": {"value": "ported"}, "messaging": {"messaging_capable": false}});
    let (status, edited) = stage.patch(&path, untouched).await;
    assert_eq!(
        (status, &edited["data"]["status"]["value"]),
        (200, &json!("submitted"))
    );
    assert_eq!(edited["data"]["messaging"]["messaging_capable"], true);
    for bad in [
        json!({"customer_reference": 3}),
        json!({"documents": {"loa": "no-uuid"}}),
        json!({"misc": {"type": "some"}}),
        json!({"customer_reference": "T-2", "messaging": {"enable_messaging": "yes"}}),
        json!([]),
    ] {
        assert_eq!(stage.patch(&path, bad.clone()).await.0, 422, "{bad}");
    }
    assert_eq!(stage.get(&path).await.1["data"]["customer_reference"], "T-1");
}

#[tokio::test]
async fn the_numbers_of_a_port_in_are_listed() {
    let stage = Stage::new().await;
    let path = port_in(&stage);
    let (_, listed) = stage
        .get("/porting_phone_numbers?filter[porting_order_status]=submitted")
        .await;
    assert_eq!(listed["data"][1]["phone_number"], "+13125550151");
    assert_eq!(
        stage
            .get("/porting_phone_numbers?filter[porting_order_status]=ported")
            .await
            .1["data"],
        json!([])
    );
    let (_, order) = stage.get(&path).await;
    assert_eq!(order["data"]["phone_numbers"].as_array().unwrap().len(), 2);
    let (_, order) = stage.get(&format!("{path}?include_phone_numbers=false")).await;
    assert_eq!(order["data"].get("phone_numbers"), None);
    let (_, found) = stage
        .get("/porting_orders?filter[phone_numbers][phone_number][contains]=5550150")
        .await;
    assert_eq!(found["meta"]["total_results"], 1);
}

#[tokio::test]
async fn a_port_in_tells_of_itself_at_its_own_url() {
    let stage = Stage::new().await;
    let receiver = stage.receiver([]).await;
    let _order = stage.open();
    stage.sim.webhooks_at_rest().await;
    let url = stage.sim.deliveries()[0].url.clone();
    let id = stage.sim.open_port_in(&NewPortIn::default().webhook_url(&url));
    stage.sim.webhooks_at_rest().await;
    let body = receiver.bodies().remove(1);
    assert_eq!(body["data"]["event_type"], "porting_order.status_changed");
    assert_eq!(body["data"]["payload"]["id"], json!(id));
}
