//! Tests of webhooks and their deliveries.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ed25519_dalek::{Signature, VerifyingKey};
use jiff::SignedDuration;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::stage::Stage;
use crate::simulator::assumptions::{DeliveredAgain, SignatureOfARetry, WebhookEventId};
use crate::simulator::new_order::NewOrder;
use crate::simulator::webhooks::{AttemptEnd, DeliveryState, WebhookFaults};

/// Returns the signing time if the announced key verifies the signature.
fn verified(stage: &Stage, (headers, body): &(HeaderMap, Bytes)) -> Option<i64> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let key: [u8; 32] = STANDARD.decode(stage.sim.public_key()).ok()?.try_into().ok()?;
    let signature: [u8; 64] = STANDARD
        .decode(text("telnyx-signature-ed25519")?)
        .ok()?
        .try_into()
        .ok()?;
    let timestamp = text("telnyx-timestamp")?;
    let mut message = format!("{timestamp}|").into_bytes();
    message.extend_from_slice(body);
    let key = VerifyingKey::from_bytes(&key).ok()?;
    key.verify_strict(&message, &Signature::from_bytes(&signature))
        .ok()?;
    timestamp.parse().ok()
}

const NOON: i64 = 1_795_435_200;

#[tokio::test]
async fn every_change_of_an_order_is_told_by_a_signed_webhook_and_an_event() {
    let stage = Stage::new().await;
    let receiver = stage.receiver([]).await;
    let order = stage.sim.open_order(NewOrder::default().pin(Some("4711")));
    stage.sim.webhooks_at_rest().await;
    stage
        .answer(&order, "rejected-pending", json!({"reason": "Wrong PIN."}))
        .await;
    stage.sim.webhooks_at_rest().await;
    stage.sim.bounce(&order).unwrap();
    stage.sim.webhooks_at_rest().await;
    stage.sim.cancel(&order).unwrap();
    stage.sim.webhooks_at_rest().await;
    assert_eq!(
        receiver.statuses(),
        ["pending", "rejected-pending", "pending", "canceled"]
    );
    for webhook in receiver.received() {
        assert_eq!(verified(&stage, &webhook), Some(NOON));
    }
    let bodies = receiver.bodies();
    assert_eq!(bodies[0]["data"]["payload"]["attempted_pin"], "4711");
    assert_eq!(bodies[1]["data"]["payload"]["rejection_reason"], "Wrong PIN.");
    assert_eq!(bodies[1]["data"]["payload"].get("attempted_pin"), None);
    assert_eq!(bodies[1]["data"]["payload"]["carrier_name"], "Telnyx");
    let (_, events) = stage.get("/portouts/events").await;
    let mut listed: Vec<&Value> = events["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["id"])
        .collect();
    listed.reverse();
    let posted: Vec<&Value> = bodies.iter().map(|body| &body["data"]["id"]).collect();
    assert_eq!(listed, posted);
    assert_eq!(events["data"][0]["payload_status"], "completed");
}

#[tokio::test]
async fn a_webhook_that_is_not_taken_is_tried_again_with_its_attempt_counted() {
    let stage = Stage::new().await;
    let receiver = stage.receiver([500, 404]).await;
    let _order = stage.open();
    stage.sim.webhooks_at_rest().await;
    assert_eq!(stage.sim.deliveries()[0].state, DeliveryState::ToBeTriedAgain);
    stage.clock.advance(SignedDuration::from_secs(9));
    assert_eq!(receiver.received().len(), 1);
    for (seconds, attempts) in [(1, 2), (60, 3)] {
        stage.clock.advance(SignedDuration::from_secs(seconds));
        stage
            .sim
            .wait_until(|sim| sim.deliveries()[0].attempts.len() == attempts)
            .await;
    }
    let delivery = stage.sim.deliveries().remove(0);
    assert_eq!(delivery.state, DeliveryState::Delivered);
    let ends: Vec<_> = delivery
        .attempts
        .iter()
        .map(|attempt| attempt.end.clone())
        .collect();
    assert_eq!(ends, [500, 404, 200].map(AttemptEnd::Answered));
    let counted: Vec<_> = receiver
        .bodies()
        .iter()
        .map(|body| body["meta"]["attempt"].clone())
        .collect();
    assert_eq!(counted, [json!(1), json!(2), json!(3)]);
    let signed: Vec<_> = receiver
        .received()
        .iter()
        .map(|webhook| verified(&stage, webhook))
        .collect();
    assert_eq!(signed, [Some(NOON), Some(NOON + 10), Some(NOON + 70)]);
}

#[tokio::test]
async fn a_retry_can_keep_the_time_of_the_first_try() {
    let stage = Stage::assuming(|all| all.signature_of_a_retry = SignatureOfARetry::TimeOfTheFirst).await;
    let receiver = stage.receiver([500]).await;
    let _order = stage.open();
    stage.sim.webhooks_at_rest().await;
    stage.clock.advance(SignedDuration::from_secs(600));
    stage
        .sim
        .wait_until(|sim| sim.deliveries()[0].attempts.len() == 2)
        .await;
    assert_eq!(verified(&stage, &receiver.received()[1]), Some(NOON));
}

#[tokio::test]
async fn a_refusal_is_final_where_only_trouble_is_tried_again() {
    let stage = Stage::assuming(|all| all.delivered_again = DeliveredAgain::AfterTroubleOfTheReceiver).await;
    let _receiver = stage.receiver([404, 503]).await;
    let _order = stage.open();
    stage.sim.webhooks_at_rest().await;
    let _order = stage.open();
    stage.sim.webhooks_at_rest().await;
    let states: Vec<_> = stage
        .sim
        .deliveries()
        .iter()
        .map(|delivery| delivery.state)
        .collect();
    assert_eq!(states, [DeliveryState::Failed, DeliveryState::ToBeTriedAgain]);
}

#[tokio::test]
async fn a_webhook_nobody_takes_has_failed_in_the_end() {
    let stage = Stage::assuming(|all| all.delivered_again_after = vec![Duration::from_secs(1)]).await;
    stage
        .sim
        .set_webhook_url(Some("http://127.0.0.1:1/hook".to_owned()));
    let _order = stage.open();
    stage.sim.webhooks_at_rest().await;
    stage.clock.advance(SignedDuration::from_secs(1));
    stage
        .sim
        .wait_until(|sim| sim.deliveries()[0].state == DeliveryState::Failed)
        .await;
    let (_, failed) = stage.get("/webhook_deliveries?filter[status][eq]=failed").await;
    assert_eq!(failed["data"][0]["attempts"].as_array().unwrap().len(), 2);
    assert_eq!(
        stage
            .get("/webhook_deliveries?filter[status][eq]=delivered")
            .await
            .1["data"],
        json!([])
    );
}

#[tokio::test]
async fn webhooks_are_lost_doubled_or_reversed_on_order() {
    let stage = Stage::new().await;
    let receiver = stage.receiver([]).await;
    stage.sim.set_webhook_faults(WebhookFaults::lose_all());
    let order = stage.open();
    stage.sim.webhooks_at_rest().await;
    assert_eq!(
        (receiver.received().len(), stage.sim.deliveries()[0].state),
        (0, DeliveryState::Lost)
    );
    assert_eq!(stage.get("/portouts/events").await.1["meta"]["total_results"], 1);

    stage.sim.set_webhook_faults(WebhookFaults::duplicate_each());
    stage.sim.authorize_in_portal(&order).unwrap();
    stage.sim.webhooks_at_rest().await;
    let bodies = receiver.bodies();
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0]["data"]["id"], bodies[1]["data"]["id"]);

    stage.sim.set_webhook_faults(WebhookFaults::reverse(3));
    let order = stage.open();
    stage.sim.authorize_in_portal(&order).unwrap();
    assert_eq!(receiver.received().len(), 2);
    stage.sim.port(&order).unwrap();
    stage.sim.webhooks_at_rest().await;
    assert_eq!(receiver.statuses()[2..], ["ported", "authorized", "pending"]);
}

#[tokio::test]
async fn a_reversed_batch_that_is_not_full_is_sent_when_the_fault_ends() {
    let stage = Stage::new().await;
    let receiver = stage.receiver([]).await;
    stage.sim.set_webhook_faults(WebhookFaults::reverse(10));
    let order = stage.open();
    stage.sim.cancel(&order).unwrap();
    stage.sim.set_webhook_faults(WebhookFaults::default());
    stage.sim.webhooks_at_rest().await;
    assert_eq!(receiver.statuses(), ["canceled", "pending"]);
}

#[tokio::test]
async fn a_signature_is_wrong_or_late_on_order() {
    let stage = Stage::new().await;
    let receiver = stage.receiver([]).await;
    stage.sim.set_webhook_faults(WebhookFaults::sign_wrongly());
    let _order = stage.open();
    stage.sim.webhooks_at_rest().await;
    stage
        .sim
        .set_webhook_faults(WebhookFaults::sign_late_by(SignedDuration::from_secs(301)));
    let _order = stage.open();
    stage.sim.webhooks_at_rest().await;
    let signed: Vec<_> = receiver
        .received()
        .iter()
        .map(|webhook| verified(&stage, webhook))
        .collect();
    assert_eq!(signed, [None, Some(NOON - 301)]);
}

#[tokio::test]
async fn any_bytes_can_be_signed_and_posted() {
    let stage = Stage::new().await;
    assert!(matches!(
        stage.sim.deliver_raw("x").await,
        AttemptEnd::NotAnswered(_)
    ));
    let receiver = stage.receiver([202]).await;
    let body = b"\xff no JSON \0".to_vec();
    assert_eq!(
        stage.sim.deliver_raw(body.clone()).await,
        AttemptEnd::Answered(202)
    );
    let webhook = receiver.received().remove(0);
    assert_eq!(webhook.1, body);
    assert_eq!(verified(&stage, &webhook), Some(NOON));
    assert!(stage.sim.deliveries().is_empty());
}

#[tokio::test]
async fn a_republished_event_comes_again_with_its_id() {
    let stage = Stage::new().await;
    let receiver = stage.receiver([]).await;
    let order = stage.open();
    let (_, events) = stage
        .get(&format!("/portouts/events?filter[portout_id]={order}"))
        .await;
    let id = events["data"][0]["id"].as_str().unwrap();
    let (status, body) = stage
        .post(&format!("/portouts/events/{id}/republish"), json!({}))
        .await;
    assert_eq!((status, body), (204, json!("")));
    stage.sim.webhooks_at_rest().await;
    let ids: Vec<_> = receiver
        .bodies()
        .iter()
        .map(|body| body["data"]["id"].clone())
        .collect();
    assert_eq!(ids, [json!(id), json!(id)]);
}

#[tokio::test]
async fn a_webhook_can_have_an_id_that_the_events_api_does_not_know() {
    let stage = Stage::assuming(|all| all.webhook_event_id = WebhookEventId::Own).await;
    let receiver = stage.receiver([]).await;
    let _order = stage.open();
    stage.sim.webhooks_at_rest().await;
    let body = receiver.bodies().remove(0);
    let id = body["data"]["id"].as_str().unwrap();
    assert_eq!(stage.get(&format!("/portouts/events/{id}")).await.0, 404);
}

#[tokio::test]
async fn an_unannounced_order_is_found_by_asking_only() {
    let stage = Stage::new().await;
    let receiver = stage.receiver([]).await;
    let order = stage.sim.open_order(NewOrder::default().unannounced());
    stage.sim.webhooks_at_rest().await;
    assert!(receiver.received().is_empty() && stage.sim.deliveries().is_empty());
    let (_, events) = stage.get("/portouts/events").await;
    assert_eq!(events["data"][0]["portout_id"], order.as_str());
}

#[tokio::test]
async fn an_event_of_a_comment_names_the_order_beside_the_comment() {
    let stage = Stage::new().await;
    let order = stage.open();
    stage.sim.comment(&order, "Is this yours?").unwrap();
    let (_, events) = stage
        .get("/portouts/events?filter[event_type]=portout.new_comment")
        .await;
    let payload = &events["data"][0]["payload"];
    let (_, comments) = stage.get(&format!("/portouts/{order}/comments")).await;
    assert_eq!(
        (&payload["portout_id"], &payload["id"]),
        (&json!(order), &comments["data"][0]["id"])
    );
}
