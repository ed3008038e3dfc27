//! Tests of Update Status.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::stage::Stage;
use crate::domain::OrderStatus;
use crate::simulator::assumptions::{Again, CodeInBody, ReasonAfterBounce, RejectionCode};
use crate::simulator::new_order::NewOrder;
use crate::simulator::order::ChangedBy;

#[tokio::test]
async fn an_order_is_authorized_and_cannot_be_answered_again() {
    let stage = Stage::new().await;
    let order = stage.open();
    let (status, body) = stage
        .answer(&order, "authorized", json!({"reason": "Verified."}))
        .await;
    assert_eq!((status, &body["data"]["status"]), (200, &json!("authorized")));
    assert_eq!(body["data"]["host_messaging"], false);
    for target in ["authorized", "rejected-pending"] {
        let (status, body) = stage.answer(&order, target, json!({"reason": "Again."})).await;
        assert_eq!(
            (status, &body["errors"][0]["source"]["pointer"]),
            (422, &json!("/status")),
            "{target}"
        );
    }
    let order = stage.sim.order(&order).unwrap();
    assert_eq!(order.reason.as_deref(), Some("Verified."));
    assert_eq!(order.history.last().unwrap().by, ChangedBy::UpdateStatus);
}

#[tokio::test]
async fn the_same_target_again_changes_nothing_where_that_is_assumed() {
    let stage = Stage::assuming(|assumed| assumed.same_target_again = Again::Unchanged).await;
    let order = stage.open();
    stage
        .answer(&order, "authorized", json!({"reason": "Verified."}))
        .await;
    let (status, body) = stage
        .answer(&order, "authorized", json!({"reason": "Again."}))
        .await;
    assert_eq!((status, &body["data"]["reason"]), (200, &json!("Verified.")));
    assert_eq!(
        stage
            .answer(&order, "rejected-pending", json!({"reason": "No."}))
            .await
            .0,
        422
    );
    assert_eq!(stage.sim.order(&order).unwrap().history.len(), 2);
}

#[tokio::test]
async fn a_rejection_keeps_reason_code_and_messaging() {
    let stage = Stage::new().await;
    let order = stage.open();
    let body = json!({"reason": "Wrong PIN.", "rejection_code": 1002, "host_messaging": true});
    let (_, body) = stage.answer(&order, "rejected-pending", body).await;
    let shown = &body["data"];
    assert_eq!(
        (
            &shown["status"],
            &shown["reason"],
            &shown["rejection_code"],
            &shown["host_messaging"]
        ),
        (
            &json!("rejected-pending"),
            &json!("Wrong PIN."),
            &json!(1002),
            &json!(true)
        )
    );
}

#[tokio::test]
async fn a_body_that_is_not_right_is_refused_and_changes_nothing() {
    let stage = Stage::new().await;
    let order = stage.open();
    for (target, body, pointer) in [
        ("authorized", json!({}), "/reason"),
        ("authorized", json!({"reason": null}), "/reason"),
        ("authorized", json!({"reason": "x".repeat(256)}), "/reason"),
        (
            "authorized",
            json!({"reason": "x", "host_messaging": "no"}),
            "/host_messaging",
        ),
        ("authorized", json!(["reason"]), "/"),
        ("rejected-pending", json!({"reason": " "}), "/reason"),
        (
            "rejected-pending",
            json!({"reason": "x", "rejection_code": 9999}),
            "/rejection_code",
        ),
        (
            "rejected-pending",
            json!({"reason": "x", "rejection_code": "1002"}),
            "/rejection_code",
        ),
        (
            "rejected-pending",
            json!({"reason": "", "rejection_code": 1001}),
            "/reason",
        ),
        ("rejected", json!({"reason": "x"}), "/status"),
    ] {
        let (status, answer) = stage.answer(&order, target, body.clone()).await;
        let told = &answer["errors"][0]["source"]["pointer"];
        assert_eq!((status, told), (422, &json!(pointer)), "{target} {body}");
    }
    assert_eq!(stage.sim.order(&order).unwrap().history.len(), 1);
    let longest = json!({"reason": "x".repeat(255), "rejection_code": 1002});
    assert_eq!(stage.answer(&order, "rejected-pending", longest).await.0, 200);
}

#[tokio::test]
async fn a_code_is_taken_refused_demanded_or_passed_over_as_assumed() {
    let with = json!({"reason": "x", "rejection_code": 1002});
    let without = json!({"reason": "x"});
    for (assumed, with_code, without_code) in [
        (CodeInBody::Checked, (200, json!(1002)), 200),
        (CodeInBody::Ignored, (200, Value::Null), 200),
        (CodeInBody::Refused, (422, Value::Null), 200),
        (CodeInBody::Required, (200, json!(1002)), 422),
    ] {
        let stage = Stage::assuming(|all| all.rejection_code = assumed).await;
        let (status, body) = stage
            .answer(&stage.open(), "rejected-pending", with.clone())
            .await;
        assert_eq!(
            (status, body["data"]["rejection_code"].clone()),
            with_code,
            "{assumed:?}"
        );
        let (status, _) = stage
            .answer(&stage.open(), "rejected-pending", without.clone())
            .await;
        assert_eq!(status, without_code, "{assumed:?}");
    }
}

#[tokio::test]
async fn only_the_codes_of_the_very_order_are_taken() {
    let stage = Stage::new().await;
    let only = RejectionCode {
        code: 2040,
        description: "Number is not active",
        reason_required: false,
    };
    let order = stage
        .sim
        .open_order(NewOrder::default().rejection_codes(vec![only]));
    let answer = async |code: i64| {
        let body = json!({"reason": "x", "rejection_code": code});
        stage.answer(&order, "rejected-pending", body).await.0
    };
    assert_eq!(answer(1002).await, 422);
    assert_eq!(answer(2040).await, 200);
}

#[tokio::test]
async fn a_bounced_rejection_is_pending_again_and_can_be_answered() {
    for (assumed, reason) in [
        (ReasonAfterBounce::Kept, json!("Wrong PIN.")),
        (ReasonAfterBounce::Cleared, Value::Null),
    ] {
        let stage = Stage::assuming(|all| all.reason_after_bounce = assumed).await;
        let order = stage.open();
        stage
            .answer(&order, "rejected-pending", json!({"reason": "Wrong PIN."}))
            .await;
        stage.sim.bounce(&order).unwrap();
        let (_, shown) = stage.get(&format!("/portouts/{order}")).await;
        assert_eq!(
            (&shown["data"]["status"], &shown["data"]["reason"]),
            (&json!("pending"), &reason)
        );
        assert_eq!(
            stage
                .answer(&order, "authorized", json!({"reason": "Verified."}))
                .await
                .0,
            200
        );
    }
}

#[tokio::test]
async fn a_read_shows_the_state_before_a_write_for_as_long_as_assumed() {
    let stage = Stage::assuming(|all| all.read_after_write_delay = Duration::from_secs(5)).await;
    let order = stage.open();
    let status = async || stage.get(&format!("/portouts/{order}")).await.1["data"]["status"].clone();
    let (_, answered) = stage
        .answer(&order, "authorized", json!({"reason": "Verified."}))
        .await;
    assert_eq!(answered["data"]["status"], "authorized");
    stage.clock.advance(SignedDuration::from_millis(4_999));
    assert_eq!(status().await, "pending");
    let (_, listed) = stage.get("/portouts?filter[status]=pending").await;
    assert_eq!(listed["meta"]["total_results"], 1);
    assert_eq!(stage.sim.order(&order).unwrap().status, OrderStatus::Authorized);
    stage.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(status().await, "authorized");
}
