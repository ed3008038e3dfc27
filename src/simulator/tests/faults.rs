//! Tests of the faults of calls.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::stage::Stage;
use crate::domain::{OrderId, OrderStatus};
use crate::simulator::faults::{Call, Fault, FaultOrder, Times};

async fn authorize(stage: &Stage, order: &OrderId) -> reqwest::Result<(u16, Value)> {
    let path = format!("/portouts/{order}/authorized");
    stage
        .call("PATCH", &path, Some(json!({"reason": "Verified."})))
        .await
}

fn status(stage: &Stage, order: &OrderId) -> OrderStatus {
    stage.sim.order(order).unwrap().status
}

#[tokio::test]
async fn a_refusal_has_its_status_and_no_effect() {
    let stage = Stage::new().await;
    let order = stage.open();
    for code in [401, 403, 404, 409, 422, 429, 500, 503] {
        stage.sim.faults().next(Call::UpdateStatus, Fault::Status(code));
        let (told, body) = authorize(&stage, &order).await.unwrap();
        assert_eq!(told, code);
        assert!(body["errors"][0]["code"].is_string(), "{code}");
    }
    stage
        .sim
        .faults()
        .next(Call::UpdateStatus, Fault::EmptyStatus(503));
    assert_eq!(authorize(&stage, &order).await.unwrap(), (503, json!("")));
    assert_eq!(status(&stage, &order), OrderStatus::Pending);
    assert_eq!(authorize(&stage, &order).await.unwrap().0, 200);
    assert_eq!(stage.sim.requests_of(Call::UpdateStatus).len(), 10);
}

#[tokio::test]
async fn a_limited_call_is_told_when_to_come_back() {
    let stage = Stage::new().await;
    stage.sim.faults().next(Call::ListOrders, Fault::RateLimited(7));
    stage
        .sim
        .faults()
        .next(Call::ListOrders, Fault::RateLimitedWithoutRetryAfter(9));
    let first = stage.send("GET", "/portouts", None).await.unwrap();
    assert_eq!(first.status(), 429);
    let header = |name: &str| first.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(
        (header("x-ratelimit-reset"), header("retry-after")),
        (Some("7"), Some("7"))
    );
    let second = stage.send("GET", "/portouts", None).await.unwrap();
    assert_eq!(second.headers()["x-ratelimit-reset"], "9");
    assert!(second.headers().get("retry-after").is_none());
}

#[tokio::test]
async fn an_applied_call_has_its_effect_however_its_answer_is_spoilt() {
    let stage = Stage::new().await;
    let other = Fault::OtherStatus(OrderStatus::Pending);
    for fault in [Fault::EmptyBody, Fault::HalfJson, other] {
        let order = stage.open();
        stage.sim.faults().next(Call::UpdateStatus, fault.clone());
        let (told, body) = authorize(&stage, &order).await.unwrap();
        assert_eq!(told, 200);
        assert_ne!(body["data"]["status"], "authorized", "{fault:?}");
        assert_eq!(status(&stage, &order), OrderStatus::Authorized, "{fault:?}");
    }
    for fault in [Fault::CutBody, Fault::AppliedThenDropped] {
        let order = stage.open();
        stage.sim.faults().next(Call::UpdateStatus, fault.clone());
        assert!(authorize(&stage, &order).await.is_err(), "{fault:?}");
        assert_eq!(status(&stage, &order), OrderStatus::Authorized, "{fault:?}");
    }
}

#[tokio::test]
async fn a_cut_body_comes_after_headers_that_promise_all_of_it() {
    let stage = Stage::new().await;
    stage.sim.faults().next(Call::ListOrders, Fault::CutBody);
    let response = stage.send("GET", "/portouts", None).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.content_length().unwrap() > 0);
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn a_connection_dropped_before_the_body_was_read_has_no_effect() {
    let stage = Stage::new().await;
    let order = stage.open();
    stage.sim.faults().next(Call::UpdateStatus, Fault::Dropped);
    assert!(authorize(&stage, &order).await.is_err());
    assert_eq!(status(&stage, &order), OrderStatus::Pending);
    let request = stage.sim.requests().remove(0);
    assert_eq!(
        (request.fault.as_deref(), request.status),
        (Some("Dropped"), None)
    );
}

#[tokio::test]
async fn a_call_that_is_never_answered_is_applied_or_not_as_ordered() {
    let stage = Stage::new().await;
    for (fault, after) in [
        (Fault::AppliedThenTimeout, OrderStatus::Authorized),
        (Fault::Timeout, OrderStatus::Pending),
    ] {
        let order = stage.open();
        stage.sim.faults().next(Call::UpdateStatus, fault.clone());
        let unanswered = authorize(&stage, &order);
        let seen = stage.sim.wait_until(|sim| sim.faults().waiting() == 0);
        tokio::select! {
            answered = unanswered => panic!("answered with {answered:?}"),
            () = seen => {}
        }
        let path = format!("/portouts/{order}");
        assert_eq!(
            stage.get(&path).await.1["data"]["status"],
            after.as_str(),
            "{fault:?}"
        );
    }
    assert!(
        stage
            .sim
            .requests_of(Call::UpdateStatus)
            .iter()
            .all(|request| request.status.is_none())
    );
}

#[tokio::test]
async fn a_delayed_call_is_answered_when_the_clock_has_moved() {
    let stage = Stage::new().await;
    let order = stage.open();
    stage
        .sim
        .faults()
        .next(Call::UpdateStatus, Fault::Delay(Duration::from_secs(30)));
    let path = format!("/portouts/{order}/authorized");
    let call = stage.call("PATCH", &path, Some(json!({"reason": "Verified."})));
    let clock = async {
        stage.sim.wait_until(|sim| sim.faults().waiting() == 0).await;
        assert_eq!(status(&stage, &order), OrderStatus::Pending);
        stage.clock.advance(SignedDuration::from_secs(30));
    };
    let (answered, ()) = tokio::join!(call, clock);
    assert_eq!(answered.unwrap().0, 200);
}

#[tokio::test]
async fn a_fault_about_the_code_waits_for_the_body_that_it_is_about() {
    let stage = Stage::new().await;
    let order = stage.open();
    stage.sim.faults().next(Call::UpdateStatus, Fault::RefusesCode);
    let with = json!({"reason": "x", "rejection_code": 1002});
    let (told, _) = stage
        .answer(&order, "rejected-pending", json!({"reason": "x"}))
        .await;
    assert_eq!((told, stage.sim.faults().waiting()), (200, 1));
    let order = stage.open();
    assert_eq!(
        stage.answer(&order, "rejected-pending", with.clone()).await.0,
        422
    );
    stage.sim.faults().next(Call::UpdateStatus, Fault::DemandsCode);
    assert_eq!(
        stage
            .answer(&order, "rejected-pending", json!({"reason": "x"}))
            .await
            .0,
        422
    );
    assert_eq!(stage.answer(&order, "rejected-pending", with).await.0, 200);
}

#[tokio::test]
async fn faults_queue_and_one_for_any_call_stands_behind_those_of_the_call() {
    let stage = Stage::new().await;
    stage.sim.faults().next(Call::Any, Fault::Status(503));
    stage.sim.faults().times(2, Call::ListOrders, Fault::Status(500));
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(stage.get("/portouts").await.0);
    }
    assert_eq!(told, [500, 500, 503, 200]);
    stage.sim.faults().always(Call::ListOrders, Fault::Status(502));
    assert_eq!(
        (stage.get("/portouts").await.0, stage.get("/portouts").await.0),
        (502, 502)
    );
    stage.sim.faults().clear();
    assert_eq!(stage.get("/portouts").await.0, 200);
}

#[tokio::test]
async fn more_requests_in_a_second_than_assumed_are_limited() {
    let stage = Stage::assuming(|all| all.requests_per_second = Some(2)).await;
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(stage.get("/portouts").await.0);
    }
    stage.clock.advance(SignedDuration::from_millis(1_001));
    told.push(stage.get("/portouts").await.0);
    assert_eq!(told, [200, 200, 429, 200]);
}

#[test]
fn a_fault_is_ordered_in_words() {
    for (words, call, fault, times) in [
        (
            "update-status=503",
            Call::UpdateStatus,
            Fault::Status(503),
            Times::Only(1),
        ),
        ("any=timeout:always", Call::Any, Fault::Timeout, Times::Always),
        (
            "list-orders=rate-limited-30:3",
            Call::ListOrders,
            Fault::RateLimited(30),
            Times::Only(3),
        ),
        (
            "get-order=delay-1500ms",
            Call::GetOrder,
            Fault::Delay(Duration::from_millis(1500)),
            Times::Only(1),
        ),
        (
            "get-order=empty-500",
            Call::GetOrder,
            Fault::EmptyStatus(500),
            Times::Only(1),
        ),
        (
            "update-status=other-status-rejected-pending",
            Call::UpdateStatus,
            Fault::OtherStatus(OrderStatus::RejectedPending),
            Times::Only(1),
        ),
    ] {
        assert_eq!(words.parse(), Ok(FaultOrder { call, fault, times }), "{words}");
    }
    for (words, told) in [
        ("update-status", "CALL=FAULT"),
        ("patch=503", "`patch` is not a valid call"),
        ("any=explode", "`explode` is not a valid fault"),
        ("any=99", "`99` is not a valid fault"),
        ("any=503:0", "`0` is not a valid count"),
    ] {
        let error = words.parse::<FaultOrder>().unwrap_err().to_string();
        assert!(error.contains(told), "{words}: {error}");
    }
}
