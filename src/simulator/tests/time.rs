//! Tests of what happens automatically as time passes.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;

use super::stage::Stage;
use crate::domain::{OrderId, OrderStatus};
use crate::simulator::assumptions::SilenceCountsFrom;
use crate::simulator::moves::MoveError;
use crate::simulator::new_order::NewOrder;
use crate::simulator::order::{ChangedBy, Review};

const DAY: Duration = Duration::from_hours(24);

fn history(stage: &Stage, order: &OrderId) -> Vec<(String, ChangedBy)> {
    let changes = stage.sim.order(order).unwrap().history;
    changes
        .into_iter()
        .map(|change| (change.status.to_string(), change.by))
        .collect()
}

#[tokio::test]
async fn silence_authorizes_and_then_the_number_leaves_on_its_foc_date() {
    let stage = Stage::new().await;
    let order = NewOrder::default()
        .silence_authorizes_after(DAY)
        .requested_foc("2026-11-30T00:00:00Z".parse().unwrap());
    let order = stage.sim.open_order(order);
    stage.clock.advance(SignedDuration::from_secs(24 * 60 * 60 - 1));
    assert_eq!(stage.sim.order(&order).unwrap().status, OrderStatus::Pending);
    stage.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(stage.sim.order(&order).unwrap().status, OrderStatus::Authorized);
    stage.pass(24 * 14);
    let ported = stage.sim.order(&order).unwrap();
    assert_eq!(ported.status, OrderStatus::Ported);
    let last = ported.history.last().unwrap();
    assert_eq!(
        (last.by, last.at.to_string()),
        (ChangedBy::FirmOrderCommitment, "2026-11-30T00:00:00Z".to_owned())
    );
    let (_, shown) = stage.get(&format!("/portouts/{order}")).await;
    assert_eq!(shown["data"]["already_ported"], true);
}

#[tokio::test]
async fn silence_authorizes_no_sooner_than_a_day_and_no_later_than_two() {
    let stage = Stage::new().await;
    let orders: Vec<OrderId> = (0..20).map(|_| stage.open()).collect();
    let authorized = || {
        let is = |order: &&OrderId| stage.sim.order(order).unwrap().status != OrderStatus::Pending;
        orders.iter().filter(is).count()
    };
    stage.clock.advance(SignedDuration::from_secs(24 * 60 * 60 - 1));
    assert_eq!(authorized(), 0);
    stage.pass(12);
    assert!((1..20).contains(&authorized()));
    stage.pass(13);
    assert_eq!(authorized(), 20);
}

#[tokio::test]
async fn a_review_lets_a_rejection_stand_unless_the_order_bounces() {
    let stage = Stage::new().await;
    let stands = stage.open();
    let bounces = stage
        .sim
        .open_order(NewOrder::default().review(Review::Bounces(1)));
    for order in [&stands, &bounces] {
        stage
            .answer(order, "rejected-pending", json!({"reason": "Wrong PIN."}))
            .await;
    }
    stage.pass(4);
    assert_eq!(stage.sim.order(&stands).unwrap().status, OrderStatus::Rejected);
    assert_eq!(stage.sim.order(&bounces).unwrap().status, OrderStatus::Pending);
    stage
        .answer(&bounces, "rejected-pending", json!({"reason": "Wrong PIN."}))
        .await;
    stage.pass(4);
    assert_eq!(
        history(&stage, &bounces).last(),
        Some(&("rejected".to_owned(), ChangedBy::Review))
    );
}

#[tokio::test]
async fn after_a_bounce_silence_counts_anew_or_from_the_insertion_as_assumed() {
    for (assumed, status) in [
        (SilenceCountsFrom::LastPending, OrderStatus::Pending),
        (SilenceCountsFrom::Insertion, OrderStatus::Authorized),
    ] {
        let stage = Stage::assuming(|all| {
            all.silence_counts_from = assumed;
            all.silence_authorizes_after = (DAY, DAY);
        })
        .await;
        let order = stage.sim.open_order(NewOrder::default().review(Review::Never));
        stage.pass(20);
        stage
            .answer(&order, "rejected-pending", json!({"reason": "Wrong PIN."}))
            .await;
        stage.sim.bounce(&order).unwrap();
        stage.pass(4);
        assert_eq!(stage.sim.order(&order).unwrap().status, status, "{assumed:?}");
    }
}

#[tokio::test]
async fn a_foc_date_that_is_put_off_puts_off_the_leaving() {
    let stage = Stage::new().await;
    let order = NewOrder::default().requested_foc("2026-11-25T00:00:00Z".parse().unwrap());
    let order = stage.sim.open_order(order);
    stage
        .answer(&order, "authorized", json!({"reason": "Verified."}))
        .await;
    stage
        .sim
        .change_foc(&order, "2026-11-28T00:00:00Z".parse().unwrap())
        .unwrap();
    stage.pass(3 * 24);
    assert_eq!(stage.sim.order(&order).unwrap().status, OrderStatus::Authorized);
    stage.pass(3 * 24);
    assert_eq!(stage.sim.order(&order).unwrap().status, OrderStatus::Ported);
    let (_, events) = stage
        .get("/portouts/events?filter[event_type]=portout.foc_date_changed")
        .await;
    assert_eq!(events["data"][0]["payload"]["foc_date"], "2026-11-28T00:00:00Z");
}

#[tokio::test]
async fn an_order_moves_only_from_where_it_can() {
    let stage = Stage::new().await;
    let order = stage.open();
    let refused = |moved: Result<(), MoveError>| matches!(moved, Err(MoveError::NotFromHere { .. }));
    assert!(refused(stage.sim.bounce(&order)));
    assert!(refused(stage.sim.accept_rejection(&order)));
    assert!(refused(stage.sim.port(&order)));
    stage.sim.cancel(&order).unwrap();
    assert!(refused(stage.sim.cancel(&order)));
    assert!(refused(stage.sim.authorize_by_silence(&order)));
    let unknown = "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0".parse().unwrap();
    assert!(matches!(stage.sim.cancel(&unknown), Err(MoveError::Unknown(_))));
    assert_eq!(
        history(&stage, &order),
        [
            ("pending".to_owned(), ChangedBy::Opening),
            ("canceled".to_owned(), ChangedBy::Hand)
        ]
    );
}
