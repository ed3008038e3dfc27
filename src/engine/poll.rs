//! Asks Telnyx for what no webhook told: first the events, which carry PINs, then the list of all pending orders.
//!
//! INVARIANT: every pending order is known within one poll interval even if no webhook ever arrives.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Engine;
use super::alarm::{self, Alarm};
use crate::domain::{AccountName, OrderId, OrderStatus};
use crate::engine::ingest::{Incoming, NotKept};
use crate::store::orders::{self, ListedOrder};
use crate::store::{StoreError, poll_cursors};
use crate::telnyx::{self, Client, EventFilter, ListedOrder as Listed, OrderFilter, ReadError, TimeRange};

/// How far back the first poll of an account reads events: as long as the oldest order can still be pending.
const FIRST_POLL: SignedDuration = SignedDuration::from_hours(72);

/// How much of what was read before is read again, because events may appear late.
const OVERLAP: SignedDuration = SignedDuration::from_mins(5);

/// How long to wait after a poll that failed, if the interval is longer.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// How polling is done.
#[derive(Debug, Clone, Copy)]
pub struct Polling {
    /// From the start of one poll to the start of the next.
    pub interval: Duration,
}

/// Why a poll did not come to its end; what it had learned before is kept.
#[derive(Debug, thiserror::Error)]
enum PollError {
    #[error("Telnyx did not tell")]
    Read(#[from] ReadError),
    #[error("the record cannot be kept")]
    Store(#[from] StoreError),
    #[error("the events cannot be kept")]
    Ingest(#[from] NotKept),
}

impl Engine {
    /// Polls every account until the token is cancelled, each in a task of its own.
    pub fn start_polling(self: &Arc<Self>, polling: Polling, tracker: &TaskTracker, stop: &CancellationToken) {
        for (account, _) in self.accounts.iter() {
            let (engine, account, stop) = (self.clone(), account.clone(), stop.clone());
            tracker.spawn(async move { engine.keep_polling(&account, polling, &stop).await });
        }
    }

    async fn keep_polling(&self, account: &AccountName, polling: Polling, stop: &CancellationToken) {
        let Some(client) = self.accounts.client(account) else { return };
        while !stop.is_cancelled() {
            let polled = tokio::select! {
                () = stop.cancelled() => return,
                polled = self.poll(account, client) => polled,
            };
            let pause = match polled {
                Ok(pending) => {
                    metrics::counter!("portoutd_polls_total", "outcome" => "ok").increment(1);
                    tracing::debug!(account = %account, pending, "polled");
                    polling.interval
                }
                Err(error) => {
                    metrics::counter!("portoutd_polls_total", "outcome" => "failed").increment(1);
                    tracing::warn!(account = %account, error = &error as &dyn std::error::Error, "the poll did not come to its end");
                    if let PollError::Read(ReadError::AccountTrouble { .. }) = error {
                        let sentence = "Telnyx does not accept the account's API key: nothing can be polled";
                        alarm::raise_for_account(Alarm::AccountTrouble, account, sentence);
                    }
                    polling.interval.min(AFTER_FAILURE)
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.clock.sleep(pause) => {}
            }
        }
    }

    /// One poll of one account. Gives how many orders are pending.
    async fn poll(&self, account: &AccountName, client: &Client) -> Result<usize, PollError> {
        let events = self.poll_events(account, client).await;
        // The list is read even if the events cannot be: knowing of every order comes first.
        let pending = self.poll_pending(account, client).await?;
        events.map(|()| pending)
    }

    async fn poll_events(&self, account: &AccountName, client: &Client) -> Result<(), PollError> {
        let started = self.clock.now();
        let since = match poll_cursors::poll_cursor(&self.pool, account).await? {
            Some(cursor) => cursor.saturating_sub(OVERLAP),
            None => started.saturating_sub(FIRST_POLL),
        };
        let since = since.unwrap_or(Timestamp::MIN);
        let created_at = TimeRange { from: Some(since), to: None };
        let filter = EventFilter { created_at, ..EventFilter::default() };
        let events = client.list_events(&filter).await?;
        let incoming = events.into_iter().map(|event| Incoming::new(account.clone(), event, started));
        self.ingest.record_batch(incoming.collect()).await?;
        poll_cursors::move_poll_cursor(&self.pool, account, started).await?;
        Ok(())
    }

    async fn poll_pending(&self, account: &AccountName, client: &Client) -> Result<usize, PollError> {
        let started = self.clock.now();
        let listed = client.list_all_orders(&OrderFilter::pending(), |_| {}).await?;
        let now = self.clock.now();
        let events = listed.iter().map(|one| telnyx::listed_order_event(&one.body));
        let incoming = events.map(|event| Incoming::new(account.clone(), event, now));
        self.ingest.record_batch(incoming.collect()).await?;
        let known: Vec<ListedOrder> = listed.iter().filter_map(|one| self.ranked(one)).collect();
        let new = orders::note_listed(&self.pool, account, &known, now).await?;
        let ids: Vec<OrderId> = known.iter().map(|one| one.order.id.clone()).collect();
        let left = orders::wake_unlisted(&self.pool, account, &ids, started, now).await?;
        if new > 0 || left > 0 {
            tracing::info!(account = %account, pending = listed.len(), new, left, "the poll found what no webhook told");
            self.wake.notify_one();
        }
        metrics::gauge!("portoutd_pending_orders", "account" => account.to_string()).set(listed.len() as f64);
        metrics::gauge!("portoutd_last_poll_timestamp_seconds", "account" => account.to_string())
            .set(now.as_second() as f64);
        Ok(listed.len())
    }

    /// Anything but `pending` is none of this list's business, whatever the filter was taken for.
    fn ranked(&self, listed: &Listed) -> Option<ListedOrder> {
        let order = match &listed.order {
            Ok(order) => order.clone(),
            Err(error) => {
                tracing::error!(%error, "a listed order cannot be read; its bytes are kept as an event");
                return None;
            }
        };
        let decide_by = order.inserted_at.map(|at| self.rules.decide_by(at));
        (order.status == OrderStatus::Pending).then_some(ListedOrder { order, decide_by })
    }
}
