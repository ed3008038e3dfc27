//! What happens automatically as time passes: silence authorizes, reviews end, FOC dates arrive.

use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::order::{ChangedBy, Order, Review};
use super::world::World;
use crate::domain::{OrderId, OrderStatus};

impl World {
    /// Applies everything that is due by now, each at its own time.
    ///
    /// Called before every access to the world, so that a clock that is moved manually does not need to wait for the
    /// task below.
    pub(super) fn catch_up(&mut self, now: Timestamp) {
        while self.next_due.is_some_and(|due| due <= now) {
            match self.first_due() {
                Some((due, id)) if due <= now => self.pass(&id, due),
                first => self.next_due = first.map(|(due, _)| due),
            }
        }
    }

    fn first_due(&self) -> Option<(Timestamp, OrderId)> {
        let due = |order: &Order| order.due.map(|due| (due, order.details.id.clone()));
        self.orders.iter().filter_map(due).min()
    }

    /// Ends the current status of an order as time does.
    fn pass(&mut self, id: &OrderId, due: Timestamp) {
        let Ok(order) = self.order_mut(id) else { return };
        order.due = None;
        let bounces = matches!(order.review, Review::Bounces(times) if order.rejections <= times);
        match order.details.status {
            OrderStatus::Pending => self.enter(id, OrderStatus::Authorized, due, ChangedBy::Silence),
            OrderStatus::Authorized => {
                self.enter(id, OrderStatus::Ported, due, ChangedBy::FirmOrderCommitment);
            }
            OrderStatus::RejectedPending if bounces => {
                // This cannot fail, because the status was just checked.
                let _ = self.bounce(id, due, ChangedBy::Review);
            }
            OrderStatus::RejectedPending => self.enter(id, OrderStatus::Rejected, due, ChangedBy::Review),
            _ => {}
        }
        self.next_due = self.first_due().map(|(due, _)| due);
    }
}

/// Advances the world when something is due, until the simulator stops.
pub(super) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    let mut changed = shared.changes();
    loop {
        changed.borrow_and_update();
        let due = shared.look(|world, _| world.next_due);
        let sleep = async {
            match due {
                Some(due) => shared.clock().sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep => shared.change(|_, _| ()),
            _ = changed.changed() => {}
        }
    }
}
