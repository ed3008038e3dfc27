//! What happens by itself as time passes: silence authorizes, reviews end, FOC dates come.

use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::order::{ChangedBy, Order, Review};
use super::world::World;
use crate::domain::{OrderId, OrderStatus};

impl World {
    /// Lets everything happen that was due by now, each at its own time.
    ///
    /// Called before every look at the world, so that a clock moved by hand needs no wait for the task below.
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

    /// Ends the present status of an order in the way it ends by itself.
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
                // Cannot fail: the status was just looked at.
                let _ = self.bounce(id, due, ChangedBy::Review);
            }
            OrderStatus::RejectedPending => self.enter(id, OrderStatus::Rejected, due, ChangedBy::Review),
            _ => {}
        }
        self.next_due = self.first_due().map(|(due, _)| due);
    }
}

/// Moves the world on at the instants when something is due, until stopped.
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
