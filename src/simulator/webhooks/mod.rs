//! Webhooks: what is sent, its faults, and its deliveries.

pub(super) mod courier;
mod faults;
pub(super) mod outgoing;
mod record;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::world::World;
use outgoing::Outgoing;

pub use faults::{Copies, Sequence, SignatureMade, WebhookFaults};
pub(super) use record::Record;
pub use record::{AttemptEnd, Delivery, DeliveryAttempt, DeliveryState};

impl World {
    /// Puts a webhook for the account's URL into the outbox, as far as the current faults allow.
    pub(super) fn post(&mut self, event: Option<Uuid>, data: Value, at: Timestamp) {
        if let Some(url) = self.webhook_url.clone() {
            self.post_to(url, event, data, at);
        }
    }

    /// Like `post`, for another URL.
    pub(super) fn post_to(&mut self, url: String, event: Option<Uuid>, data: Value, at: Timestamp) {
        let copies = match self.webhook_faults.copies {
            Copies::Of(copies) => copies,
            Copies::Lost => {
                let id = self.chance.uuid();
                self.deliveries.push(Record::lost(id, event, url, data, at));
                return;
            }
        };
        for _ in 0..copies {
            let id = self.chance.uuid();
            let record = Record::waiting(id, event, url.clone(), data.clone(), at);
            self.deliveries.push(record);
            let outgoing = Outgoing {
                record: self.deliveries.len() - 1,
                url: url.clone(),
                data: data.clone(),
            };
            self.queue(outgoing);
        }
    }

    fn queue(&mut self, outgoing: Outgoing) {
        match self.webhook_faults.sequence {
            Sequence::AsItComes => self.outbox.push_back(vec![outgoing]),
            Sequence::Reversed { of } => {
                self.held_back.push(outgoing);
                if self.held_back.len() >= of {
                    self.release_held_back();
                }
            }
        }
    }

    /// Sends what a reversed sequence holds back, in reverse order.
    pub(super) fn release_held_back(&mut self) {
        let mut batch = std::mem::take(&mut self.held_back);
        batch.reverse();
        if !batch.is_empty() {
            self.outbox.push_back(batch);
        }
    }
}
