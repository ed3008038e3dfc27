//! Tests of the scenarios.

use std::collections::HashSet;

use jiff::SignedDuration;

use super::stage::Stage;
use crate::simulator::register::register_csv;
use crate::simulator::scenarios::{Scenario, ScenarioRun};

fn performance(scene: Scenario, orders: u64) -> ScenarioRun {
    ScenarioRun {
        scenes: vec![scene],
        orders_per_minute: 60.0,
        orders: Some(orders),
        ..ScenarioRun::default()
    }
}

/// Plays a run to its end and returns the stage.
async fn played(performance: ScenarioRun) -> Stage {
    let stage = Stage::new().await;
    let orders = usize::try_from(performance.orders.unwrap()).unwrap();
    stage.sim.play(performance);
    for count in 1..=orders {
        stage.sim.wait_until(|sim| sim.orders().len() >= count).await;
        stage.clock.advance(SignedDuration::from_secs(11));
    }
    stage
}

#[tokio::test]
async fn one_seed_plays_one_performance() {
    let all = ScenarioRun {
        scenes: Scenario::all().collect(),
        ..performance(Scenario::Bounce, 40)
    };
    let told = |stage: &Stage| {
        let orders = stage.sim.orders();
        orders
            .into_iter()
            .map(|order| (order.support_key, order.phone_numbers))
            .collect::<Vec<_>>()
    };
    let (one, other) = (played(all.clone()).await, played(all).await);
    assert_eq!(told(&one), told(&other));
    assert_eq!(told(&one).len(), 40);
}

#[tokio::test]
async fn the_numbers_of_an_ordinary_day_stand_in_the_register_and_most_pins_are_right() {
    let stage = played(performance(Scenario::OrdinaryDay, 100)).await;
    let register = register_csv(1, 400);
    let lines: Vec<Vec<&str>> = register.lines().map(|line| line.split(',').collect()).collect();
    let line_of = |number: &str| lines.iter().find(|line| line[0] == number);
    let (_, events) = stage.get("/portouts/events?page[size]=250").await;
    let (mut ours, mut right) = (0, 0);
    for event in events["data"].as_array().unwrap() {
        let payload = &event["payload"];
        if payload["status"] == "pending"
            && let Some(line) = line_of(payload["phone_numbers"][0].as_str().unwrap())
        {
            ours += 1;
            right += i32::from(payload["attempted_pin"].as_str().unwrap_or_default() == line[2]);
        }
    }
    assert!(ours >= 90 && right >= 75, "{ours} ours, {right} right");
    assert!(right < ours, "no flaw in a hundred orders");
}

#[tokio::test]
async fn a_fraud_burst_comes_from_one_carrier_and_wrong_pins_are_tried_on_one_subscriber() {
    let stage = played(performance(Scenario::FraudBurst, 12)).await;
    let (_, orders) = stage.get("/portouts").await;
    let carriers: HashSet<_> = orders["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| order["spid"].to_string())
        .collect();
    assert_eq!(carriers.len(), 1);
    let stage = played(performance(Scenario::WrongPins, 4)).await;
    let numbers: HashSet<_> = stage
        .sim
        .orders()
        .into_iter()
        .map(|order| order.phone_numbers)
        .collect();
    assert_eq!(numbers.len(), 1);
}

#[tokio::test]
async fn an_order_of_the_scene_of_silence_is_about_to_be_authorized() {
    let stage = played(performance(Scenario::Silence, 1)).await;
    let order = stage.sim.orders().remove(0);
    let left = stage.clock_now().duration_until(order.due.unwrap());
    assert!(
        left < SignedDuration::from_mins(5) && left > SignedDuration::ZERO,
        "{left}"
    );
}

#[test]
fn a_scene_has_a_name_and_all_stands_for_every_one() {
    assert_eq!(Scenario::named("fraud-burst").unwrap(), [Scenario::FraudBurst]);
    assert_eq!(Scenario::named("all").unwrap().len(), 5);
    assert!(
        Scenario::named("war")
            .unwrap_err()
            .to_string()
            .contains("`ordinary-day`")
    );
}
