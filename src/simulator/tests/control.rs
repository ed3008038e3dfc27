//! Tests of the control API.

use serde_json::json;

use super::stage::Stage;
use crate::domain::OrderStatus;

#[tokio::test]
async fn another_process_can_open_and_move_orders() {
    let stage = Stage::new().await;
    let new = json!({"numbers": ["+13125550177"], "pin": "4711", "zip": "60601", "bounces": 1});
    let (status, opened) = stage.post("/_simulator/orders", new).await;
    assert_eq!((status, &opened["data"]["zip"]), (201, &json!("60601")));
    let id = opened["data"]["id"].as_str().unwrap();
    let order = id.parse().unwrap();
    stage
        .answer(&order, "rejected-pending", json!({"reason": "Wrong PIN."}))
        .await;
    let (status, moved) = stage
        .post(&format!("/_simulator/orders/{id}/bounce"), json!({}))
        .await;
    assert_eq!(
        (status, &moved["data"]["history"][2]["by"]),
        (200, &json!("hand"))
    );
    assert_eq!(
        stage
            .post(&format!("/_simulator/orders/{id}/port"), json!({}))
            .await
            .0,
        409
    );
    assert_eq!(stage.sim.order(&order).unwrap().status, OrderStatus::Pending);
    assert_eq!(
        stage.get("/_simulator/requests").await.1["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn another_process_can_let_things_go_wrong_and_right_again() {
    let stage = Stage::new().await;
    let faults = async |fault: &str| stage.post("/_simulator/faults", json!({"fault": fault})).await.0;
    assert_eq!(faults("list-orders=503:always").await, 204);
    assert_eq!(faults("list-orders=strange").await, 422);
    assert_eq!(stage.get("/portouts").await.0, 503);
    stage.call("DELETE", "/_simulator/faults", None).await.unwrap();
    assert_eq!(stage.get("/portouts").await.0, 200);

    let receiver = stage.receiver([]).await;
    let spoiled = json!({"copies": {"of": 2}, "signature": "not-at-all", "timestamp_off_by": "-PT400S"});
    let (status, _) = stage
        .call("PUT", "/_simulator/webhook-faults", Some(spoiled))
        .await
        .unwrap();
    assert_eq!(status, 204);
    let _order = stage.open();
    stage.sim.webhooks_at_rest().await;
    assert_eq!(receiver.received().len(), 2);
    assert!(receiver.received()[0].0.get("telnyx-signature-ed25519").is_none());
    let bad = json!({"copies": "often"});
    assert_eq!(
        stage
            .call("PUT", "/_simulator/webhook-faults", Some(bad))
            .await
            .unwrap()
            .0,
        422
    );
}

#[tokio::test]
async fn the_control_surface_is_not_in_the_log_of_requests_and_needs_no_key() {
    let stage = Stage::new().await;
    let url = format!("{}/orders", stage.sim.control_url());
    let response = stage.client().get(url).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(stage.sim.requests().is_empty());
    assert_eq!(
        stage.post("/_simulator/orders", json!({"numbrs": []})).await.0,
        422
    );
}
