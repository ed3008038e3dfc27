//! Polls Telnyx for what no webhook announced: first the events, which contain PINs, then the list of all pending
//! orders.
//!
//! INVARIANT: every pending order is known within one poll interval even if no webhook ever arrives.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::ingest::Incoming;
use super::poll_failure::{
    PollError, gauge, read_to_the_end, report_failure, report_skipped, report_unusable,
};
use super::poll_state::PollState;
use crate::domain::{AccountName, Certainty, ErrorChain, Event, OrderId, OrderStatus, arrival};
use crate::engine::alarm::Alarm;
use crate::engine::order_span::poll_span;
use crate::engine::{Engine, alarm};
use crate::lifecycle::{Heartbeat, Lifecycle};
use crate::store::listed_orders::ListedOrder;
use crate::store::{StoreError, in_time, listed_orders, poll_cursors};
use crate::telnyx::{
    self, Client, EventFilter, ListBounds, ListedOrder as Listed, Listing, OrderFilter, ReadError, TimeRange,
};

/// How far back the first poll of an account reads events: as long as the oldest order can still be pending.
const FIRST_POLL: SignedDuration = SignedDuration::from_hours(72);

/// How much of the previously read time is read again, because events may appear late.
const OVERLAP: SignedDuration = SignedDuration::from_mins(5);

/// The number of listed orders that one statement stores, and that are made into events at a time.
const ORDERS_AT_ONCE: usize = 256;

/// How long a poller may show no progress: longer than the longest pause that Telnyx can request plus one page.
const PATIENCE: Duration = Duration::from_mins(8);

/// The settings of polling.
#[derive(Debug, Clone, Copy)]
pub struct Polling {
    /// The time from the start of one poll to the start of the next.
    pub interval: Duration,
}

/// The contents of the list of pending orders, split so that nothing is held twice.
#[derive(Debug, Default)]
struct Pending {
    /// The orders, each once, by ID.
    orders: Vec<ListedOrder>,
    /// Each element as it was received.
    bodies: Vec<Vec<u8>>,
}

impl Engine {
    /// Starts a task for each account that polls until the service stops.
    pub fn start_polling(self: &Arc<Self>, polling: Polling, lifecycle: &Lifecycle) {
        for (account, _) in self.accounts.iter() {
            // Set from the start, so that an alert can tell a poll that never succeeded from a service that does not
            // poll.
            gauge("portoutd_last_poll_timestamp_seconds", account, 0);
            gauge("portoutd_poll_failures_in_a_row", account, 0);
            let (engine, stop) = (self.clone(), lifecycle.stop().clone());
            let (name, account) = (format!("poller of account {account}"), account.clone());
            lifecycle.spawn(name, PATIENCE, |heartbeat| async move {
                engine.keep_polling(&account, polling, &stop, &heartbeat).await;
            });
        }
    }

    async fn keep_polling(
        &self,
        account: &AccountName,
        polling: Polling,
        stop: &CancellationToken,
        heartbeat: &Heartbeat,
    ) {
        let Some(client) = self.accounts.client(account) else {
            return;
        };
        let mut state = PollState::new();
        while !stop.is_cancelled() {
            let polled = tokio::select! {
                () = stop.cancelled() => return,
                polled = self.poll(account, client, &mut state, heartbeat).instrument(poll_span(account)) => polled,
            };
            let pause = match polled {
                Ok(pending) => {
                    metrics::counter!("portoutd_polls_total", "outcome" => "ok").increment(1);
                    tracing::debug!(account = %account, pending, "The poll succeeded");
                    state.succeeded();
                    polling.interval
                }
                Err(error) => {
                    if let PollError::Read(ReadError::AccountTrouble { .. }) = error {
                        self.accounts.report_refused_key();
                    }
                    report_failure(account, &error, &mut state);
                    state.pause(polling.interval)
                }
            };
            let failures = usize::try_from(state.failures()).unwrap_or(usize::MAX);
            gauge("portoutd_poll_failures_in_a_row", account, failures);
            tokio::select! {
                () = stop.cancelled() => {}
                () = heartbeat.while_waiting(self.clock.sleep(pause)) => {}
            }
        }
    }

    /// Polls an account once. Returns how many orders are pending.
    ///
    /// Everything is read before anything is recorded, and orders are ranked before any is woken, so that the order
    /// with the earliest deadline is processed first, with its PIN already compared. A failure of one list does not
    /// keep the other from being recorded, and the part of a failed list that was read is recorded too: knowing of
    /// every order comes first.
    async fn poll(
        &self,
        account: &AccountName,
        client: &Client,
        state: &mut PollState,
        heartbeat: &Heartbeat,
    ) -> Result<usize, PollError> {
        let started = self.clock.now();
        let events = self.read_events(account, client, started).await;
        heartbeat.beat();
        let filter = OrderFilter::pending();
        let listing = client
            .list_orders(&filter, ListBounds::poll(), |_| heartbeat.beat())
            .await;
        let now = self.clock.now();
        let listed = listing.elements.len();
        report_skipped(account, &listing.skipped, state);
        let pending = self.split_listed(account, listing.elements, state);
        let new = self.note(account, &pending.orders, now).await?;
        let read_to = self.earliest_time(client, started);
        let events = self.record_events(account, events, read_to, now).await;
        let seen = self.record_listed(account, pending.bodies, now).await;
        let ids: Vec<OrderId> = pending.orders.into_iter().map(|one| one.order.id).collect();
        let back = in_time(listed_orders::wake_listed(&self.pool, account, &ids, now)).await?;
        let end = read_to_the_end(listing.end);
        let mut left = 0;
        if end.is_ok() {
            // An order that is missing from an incomplete list has not necessarily left.
            left = in_time(listed_orders::wake_unlisted(
                &self.pool, account, &ids, started, now,
            ))
            .await?;
            gauge("portoutd_pending_orders", account, listed);
            let seconds = usize::try_from(now.as_second()).unwrap_or(0);
            gauge("portoutd_last_poll_timestamp_seconds", account, seconds);
        }
        if new + back + left > 0 {
            tracing::info!(
                pending = listed,
                new,
                back,
                left,
                "The poll found orders that no webhook announced"
            );
            self.wake.notify_one();
        }
        end.and(events).and(seen).map(|()| listed)
    }

    /// Reads the events since the last poll, and some from before it.
    async fn read_events(
        &self,
        account: &AccountName,
        client: &Client,
        started: Timestamp,
    ) -> Result<Listing<Event>, PollError> {
        let since = match in_time(poll_cursors::poll_cursor(&self.pool, account)).await? {
            Some(cursor) => cursor
                .min(self.earliest_time(client, started))
                .saturating_sub(OVERLAP),
            None => started.saturating_sub(FIRST_POLL),
        };
        let created_at = TimeRange {
            from: Some(since.unwrap_or(Timestamp::MIN)),
            to: None,
        };
        let filter = EventFilter {
            created_at,
            ..EventFilter::default()
        };
        Ok(client.list_events(&filter, ListBounds::poll()).await)
    }

    /// Records the events that were read, and how far they were read if that is certain.
    async fn record_events(
        &self,
        account: &AccountName,
        events: Result<Listing<Event>, PollError>,
        read_to: Timestamp,
        now: Timestamp,
    ) -> Result<(), PollError> {
        let events = events?;
        let incoming = |event| Incoming::new(account.clone(), event, now);
        self.ingest
            .record_batch(events.elements.into_iter().map(incoming).collect())
            .await?;
        read_to_the_end(events.end)?;
        in_time(poll_cursors::move_poll_cursor(&self.pool, account, read_to)).await?;
        Ok(())
    }

    /// Records each element of the list of orders as an event, in chunks.
    async fn record_listed(
        &self,
        account: &AccountName,
        bodies: Vec<Vec<u8>>,
        now: Timestamp,
    ) -> Result<(), PollError> {
        let mut result = Ok(());
        let mut bodies = bodies.into_iter().peekable();
        while bodies.peek().is_some() {
            let events = bodies.by_ref().take(ORDERS_AT_ONCE);
            let events = events.map(|body| telnyx::listed_order_event(&body));
            let incoming = events.map(|event| Incoming::new(account.clone(), event, now));
            let recorded = self.ingest.record_batch(incoming.collect()).await;
            result = result.and(recorded.map(drop).map_err(PollError::from));
        }
        result
    }

    /// Records the listed orders. Returns how many are new. An order that the database refuses is recorded by its ID
    /// alone and does not keep the others from being stored.
    async fn note(
        &self,
        account: &AccountName,
        listed: &[ListedOrder],
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let (mut new, at_the_latest) = (0, self.rules.decide_by(now));
        for some in listed.chunks(ORDERS_AT_ONCE) {
            let noted = listed_orders::note_listed(&self.pool, account, some, now, at_the_latest);
            match in_time(noted).await {
                Ok(noted) => new += noted,
                Err(StoreError::Refused(error)) => {
                    tracing::debug!(error = %ErrorChain(&error), "The database refused a batch of orders; storing each order separately");
                    for one in some {
                        new += self.note_alone(account, one, now).await?;
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(new)
    }

    async fn note_alone(
        &self,
        account: &AccountName,
        listed: &ListedOrder,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let alone = std::slice::from_ref(listed);
        let at_the_latest = self.rules.decide_by(now);
        let noted = in_time(listed_orders::note_listed(
            &self.pool,
            account,
            alone,
            now,
            at_the_latest,
        ))
        .await;
        let Err(StoreError::Refused(error)) = noted else {
            return noted;
        };
        let (order, trouble) = (
            &listed.order.id,
            ErrorChain(&StoreError::Refused(error)).to_string(),
        );
        let trouble = format!("cannot store what Telnyx lists of the order: {trouble}");
        let decide_by = listed.decide_by.unwrap_or(at_the_latest);
        let noted = listed_orders::note_unstorable(&self.pool, account, order, &trouble, now, decide_by);
        match in_time(noted).await {
            Ok(false) => Ok(0),
            Ok(true) => {
                alarm::raise(Alarm::OrderUnreadable, account, order, &trouble);
                Ok(1)
            }
            Err(StoreError::Refused(error)) => {
                // Its bytes are still recorded as an event, and the event wakes the order.
                let trouble = format!(
                    "{trouble}; its ID cannot be stored either: {}",
                    ErrorChain(&error)
                );
                alarm::raise(Alarm::OrderUnreadable, account, order, &trouble);
                Ok(0)
            }
            Err(error) => Err(error),
        }
    }

    /// Separates the listed orders from their bytes, and reports elements that are not usable as orders, once each.
    fn split_listed(&self, account: &AccountName, elements: Vec<Listed>, state: &mut PollState) -> Pending {
        let mut pending = Pending::default();
        let mut orders = BTreeMap::new();
        let mut errors = BTreeMap::new();
        for Listed { body, order } in elements {
            match order {
                // Only `pending` orders belong in this list, even if Telnyx ignores the filter.
                Ok(order) if order.status == OrderStatus::Pending => {
                    let (arrived, certainty) = arrival(&order, self.clock.now(), self.latest_time());
                    let decide_by = (certainty == Certainty::Certain).then(|| self.rules.decide_by(arrived));
                    orders.insert(order.id.clone(), ListedOrder { order, decide_by });
                }
                Ok(_) => {}
                Err(error) => {
                    let digest = self.ingest.stored_digest(telnyx::listed_order_event(&body));
                    errors.insert(digest, error);
                }
            }
            pending.bodies.push(body);
        }
        pending.orders = orders.into_values().collect();
        report_unusable(account, &errors, state);
        pending
    }
}
