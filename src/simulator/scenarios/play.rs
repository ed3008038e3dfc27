//! Runs a scenario as time passes.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::ScenarioRun;
use super::plan::{Arrival, Happening, Plan};
use crate::domain::{OrderId, OrderStatus};
use crate::simulator::Shared;
use crate::simulator::moves::later;
use crate::simulator::order::ChangedBy;
use crate::simulator::world::World;

/// What will happen to orders that have arrived.
type Pending = Vec<(Timestamp, OrderId, Happening)>;

/// Opens orders according to the plan, the first one immediately, and applies what happens to them later.
pub(in crate::simulator) async fn play(shared: Arc<Shared>, seed: u64, performance: ScenarioRun) {
    let orders = performance.orders.unwrap_or(u64::MAX);
    let mut plan = Plan::new(seed, &performance);
    let mut pending = Pending::new();
    let mut at = shared.clock().now();
    let mut count = 0;
    while count < orders {
        let Some(arrival) = plan.next() else { break };
        if count > 0 {
            at = later(at, arrival.wait);
        }
        pass_until(&shared, &mut pending, at).await;
        open(&shared, &mut pending, arrival);
        count += 1;
    }
    pass_until(&shared, &mut pending, Timestamp::MAX).await;
    tracing::info!(orders = count, "The scenario run ended");
}

/// Waits for a time, and applies what is due until then. For the end of time, it waits until nothing is left.
async fn pass_until(shared: &Shared, pending: &mut Pending, until: Timestamp) {
    loop {
        let next = pending.iter().enumerate().min_by_key(|(_, (at, ..))| *at);
        let Some((place, at)) = next
            .map(|(place, (at, ..))| (place, *at))
            .filter(|(_, at)| *at <= until)
        else {
            break;
        };
        shared.clock().sleep_until(at).await;
        let (_, order, happening) = pending.swap_remove(place);
        shared.change(|world, now| befall(world, &order, happening, now));
    }
    if until < Timestamp::MAX {
        shared.clock().sleep_until(until).await;
    }
}

fn open(shared: &Shared, pending: &mut Pending, arrival: Arrival) {
    let scene = arrival.scene;
    let age = SignedDuration::try_from(arrival.age).unwrap_or_default();
    let (id, now) = shared.change(|world, now| {
        let inserted_at = now.saturating_sub(age).unwrap_or(now);
        (world.open_order(arrival.order.inserted_at(inserted_at), now), now)
    });
    tracing::info!(order.id = %id, %scene, "An order arrived");
    if let Some((span, happening)) = arrival.later {
        pending.push((later(now, span), id, happening));
    }
}

/// Applies a happening. An order that has ended in the meantime is not changed.
fn befall(world: &mut World, id: &OrderId, happening: Happening, now: Timestamp) {
    let open = [OrderStatus::Pending, OrderStatus::Authorized];
    let Ok(order) = world.order(id) else { return };
    if !order.is_in(&open) {
        return;
    }
    let foc_date = order
        .details
        .foc_date
        .or(order.details.requested_foc_date)
        .unwrap_or(now);
    // None can fail: the order exists, in a status from which each of these is possible.
    let _ = match happening {
        Happening::Canceled => world
            .move_by_hand(id, &open, OrderStatus::Canceled, now, ChangedBy::Hand)
            .is_ok(),
        Happening::Commented => {
            let text = "The subscriber called and asked about this request.".to_owned();
            world.comment(id, text, None, now).is_ok()
        }
        Happening::PutOff => {
            let two_days = SignedDuration::from_hours(48);
            let foc_date = foc_date.saturating_add(two_days).unwrap_or(foc_date);
            world.change_foc(id, foc_date, now).is_ok()
        }
    };
    tracing::info!(order.id = %id, happening = ?happening, "An order changed");
}
