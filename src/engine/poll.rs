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
use crate::domain::{AccountName, Certainty, Event, OrderId, OrderStatus, arrival};
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
    pub fn start_polling(
        self: &Arc<Self>,
        polling: Polling,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) {
        for (account, _) in self.accounts.iter() {
            let (engine, account, stop) = (self.clone(), account.clone(), stop.clone());
            tracker.spawn(async move { engine.keep_polling(&account, polling, &stop).await });
        }
    }

    async fn keep_polling(&self, account: &AccountName, polling: Polling, stop: &CancellationToken) {
        let Some(client) = self.accounts.client(account) else {
            return;
        };
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
    ///
    /// Everything is read before anything is recorded, and orders are ranked before any is woken: so the earliest
    /// deadline is judged first, with its PIN already compared.
    async fn poll(&self, account: &AccountName, client: &Client) -> Result<usize, PollError> {
        let started = self.clock.now();
        let events = self.read_events(account, client, started).await;
        // The list is read even if the events cannot be: knowing of every order comes first.
        let listed = client.list_all_orders(&OrderFilter::pending(), |_| {}).await?;
        let now = self.clock.now();
        let known: Vec<ListedOrder> = listed.iter().filter_map(|one| self.ranked(one)).collect();
        let at_the_latest = self.rules.decide_by(now);
        let new = orders::note_listed(&self.pool, account, &known, now, at_the_latest).await?;
        let incoming = |event| Incoming::new(account.clone(), event, now);
        if let Ok(events) = &events {
            self.ingest
                .record_batch(events.iter().cloned().map(incoming).collect())
                .await?;
            let read_to = self.earliest_time(client, started);
            poll_cursors::move_poll_cursor(&self.pool, account, read_to).await?;
        }
        let seen = listed
            .iter()
            .map(|one| incoming(telnyx::listed_order_event(&one.body)));
        self.ingest.record_batch(seen.collect()).await?;
        let ids: Vec<OrderId> = known.iter().map(|one| one.order.id.clone()).collect();
        let back = orders::wake_listed(&self.pool, account, &ids, now).await?;
        let left = orders::wake_unlisted(&self.pool, account, &ids, started, now).await?;
        if new + back + left > 0 {
            tracing::info!(account = %account, pending = listed.len(), new, back, left, "the poll found what no webhook told");
            self.wake.notify_one();
        }
        gauge("portoutd_pending_orders", account, listed.len());
        gauge(
            "portoutd_last_poll_timestamp_seconds",
            account,
            usize::try_from(now.as_second()).unwrap_or(0),
        );
        events.map(|_| listed.len())
    }

    /// The events since the last poll, and some of those before.
    async fn read_events(
        &self,
        account: &AccountName,
        client: &Client,
        started: Timestamp,
    ) -> Result<Vec<Event>, PollError> {
        let since = match poll_cursors::poll_cursor(&self.pool, account).await? {
            Some(cursor) => cursor
                .min(self.earliest_time(client, started))
                .saturating_sub(OVERLAP),
            None => started.saturating_sub(FIRST_POLL),
        };
        let created_at = TimeRange {
            from: Some(since.unwrap_or(Timestamp::MIN)),
            to: None,
        };
        Ok(client
            .list_events(&EventFilter {
                created_at,
                ..EventFilter::default()
            })
            .await?)
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
        let (arrived, certainty) = arrival(&order, self.clock.now(), self.latest_time());
        let decide_by = (certainty == Certainty::Certain).then(|| self.rules.decide_by(arrived));
        (order.status == OrderStatus::Pending).then_some(ListedOrder { order, decide_by })
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and seconds far below 2^52")]
fn gauge(name: &'static str, account: &AccountName, value: usize) {
    metrics::gauge!(name, "account" => account.to_string()).set(value as f64);
}
