//! Evaluates a candidate over an account's history at Telnyx, for rules that have never run.
//!
//! Each order is evaluated once, as of its arrival, on what Telnyx and the register show now and on what our database
//! would have contained. PINs are compared in memory while the events that contain them are read.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use sqlx::PgPool;

use super::rolling_history::RollingHistory;
use super::{BacktestFailed, CaseObserver, Progress};
use crate::domain::{
    AccountName, Action, Event, IdentityCheck, KeyStanding, Order, OrderId, OrderStatus, PinKey,
};
use crate::engine::accounts::Accounts;
use crate::engine::orders::facts;
use crate::rules::backtest::{Backtest, Baseline, Became, Case, Report};
use crate::rules::{Facts, facts_of_order};
use crate::store::{StoreError, numbers, pin_keys};
use crate::telnyx::{self, Client, EventFilter, ListBounds, OrderFilter, ReadError, TimeRange};

/// How far before `since` the history is read, so that the requests of a carrier in the last 24 hours can be counted
/// for the first orders too.
const DAY_BEFORE: SignedDuration = SignedDuration::from_hours(24);

/// The sources that a history is read from and compared with.
#[derive(Debug)]
pub struct History<'a> {
    /// The database that contains the register.
    pub pool: &'a PgPool,
    /// The accounts whose histories are read.
    pub accounts: &'a Accounts,
    /// The key of the PINs on file. Without it no PIN is compared.
    pub pin_key: Option<&'a PinKey>,
    /// Orders that arrived before this time are not evaluated.
    pub since: Timestamp,
}

/// Evaluates every order that arrived at Telnyx at or after `since`, oldest first, and compares the verdict with the
/// order's outcome.
///
/// # Errors
/// Telnyx or the register could not be read, or the observer failed.
pub async fn telnyx_history(
    history: &History<'_>,
    mut backtest: Backtest,
    mut on_progress: impl FnMut(Progress) + Send,
    mut witness: impl CaseObserver,
) -> Result<Report, BacktestFailed> {
    for (account, client) in history.accounts.iter() {
        let orders = history
            .read_orders(account, client, &mut backtest, &mut on_progress)
            .await?;
        let events = history.read_events(account, client).await?;
        let compared = Register::look(history, account).await?;
        let mut past = RollingHistory::new(compared.pin_key.is_some());
        let total = orders.len() as u64;
        for (place, (came, order)) in orders.into_iter().enumerate() {
            let events = events.get(&order.id).map(Vec::as_slice).unwrap_or_default();
            let mut facts = facts_of_order(&order);
            compared.tell(&mut facts, &order, events).await?;
            past.tell(&mut facts, &order, came);
            past.add(&order, facts.pin, came);
            if came >= history.since {
                let case = case(account, order, facts, came, events);
                let outcome = backtest.evaluate(&case);
                witness(&case, &outcome).map_err(BacktestFailed::Write)?;
            }
            let done = place as u64 + 1;
            on_progress(Progress::Judging { done, total });
        }
    }
    Ok(backtest.finish())
}

impl History<'_> {
    fn window(&self) -> TimeRange {
        let from = self.since.saturating_sub(DAY_BEFORE).unwrap_or(Timestamp::MIN);
        TimeRange {
            from: Some(from),
            to: None,
        }
    }

    /// Reads the orders of the window with their arrival times, oldest first.
    async fn read_orders(
        &self,
        account: &AccountName,
        client: &Client,
        backtest: &mut Backtest,
        on_progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<Vec<(Timestamp, Order)>, BacktestFailed> {
        let filter = OrderFilter {
            inserted_at: self.window(),
            ..OrderFilter::default()
        };
        let tell = |read: telnyx::Progress| {
            on_progress(Progress::Reading {
                account: account.clone(),
                pages: read.pages,
                total: read.total_pages,
            });
        };
        let listed = client.list_all_orders(&filter, tell).await;
        let mut orders = Vec::new();
        for one in listed.map_err(|source| unread(account, source))? {
            match whole(client, one)
                .await
                .map_err(|source| unread(account, source))?
            {
                Some((came, order)) if self.window().from.is_none_or(|from| came >= from) => {
                    orders.push((came, order));
                }
                // Many APIs ignore a filter that they do not understand instead of rejecting it.
                Some(_) => {}
                None => backtest.skip(),
            }
        }
        orders.sort_by(|(came, one), (later, other)| (came, &one.id).cmp(&(later, &other.id)));
        Ok(orders)
    }

    /// Reads the events of the window by order, oldest first. The PINs in them are dropped with the returned map.
    async fn read_events(
        &self,
        account: &AccountName,
        client: &Client,
    ) -> Result<HashMap<OrderId, Vec<Event>>, BacktestFailed> {
        let filter = EventFilter {
            created_at: self.window(),
            ..EventFilter::default()
        };
        let listed = client
            .list_events(&filter, ListBounds::history())
            .await
            .to_the_end();
        let mut events: HashMap<OrderId, Vec<Event>> = HashMap::new();
        for event in listed.map_err(|source| unread(account, source))? {
            if let Some(order) = event.order_id.clone() {
                events.entry(order).or_default().push(event);
            }
        }
        for of_order in events.values_mut() {
            // If two events have the same time, pending comes first: an order cannot be answered before it arrives.
            of_order.sort_by_key(|event| (event.occurred_at, event.status != Some(OrderStatus::Pending)));
        }
        Ok(events)
    }
}

/// Returns a listed order with its arrival time, and reads the order separately if the list does not contain that time.
/// Returns `None` if the time is unknown or the order cannot be read.
async fn whole(
    client: &Client,
    listed: telnyx::ListedOrder,
) -> Result<Option<(Timestamp, Order)>, ReadError> {
    let Ok(order) = listed.order else {
        return Ok(None);
    };
    if let Some(came) = order.inserted_at {
        return Ok(Some((came, order)));
    }
    let order = client.get_order(&order.id).await?.order;
    Ok(order.inserted_at.map(|came| (came, order)))
}

fn unread(account: &AccountName, source: ReadError) -> BacktestFailed {
    BacktestFailed::Read {
        account: account.clone(),
        source,
    }
}

/// What the orders of an account are compared with.
struct Register<'a> {
    pool: &'a PgPool,
    account: &'a AccountName,
    is_empty: bool,
    pin_key: Option<&'a PinKey>,
    key_standing: KeyStanding,
}

impl<'a> Register<'a> {
    async fn look(history: &History<'a>, account: &'a AccountName) -> Result<Self, StoreError> {
        let is_empty = numbers::register_is_empty(history.pool, account).await?;
        Ok(Self {
            pool: history.pool,
            account,
            is_empty,
            pin_key: history.pin_key.filter(|_| !is_empty),
            key_standing: key_standing(history).await?,
        })
    }

    /// Sets the facts of the comparison, as they would have been in the order's first episode.
    async fn tell(&self, facts: &mut Facts, order: &Order, events: &[Event]) -> Result<(), StoreError> {
        if self.is_empty {
            return Ok(());
        }
        let rows = numbers::numbers_of(self.pool, self.account, &order.numbers.readable).await?;
        facts::compare(facts, order, &rows);
        let attempt = facts::attempt_told(first_stay(events));
        facts.pin = self
            .pin_key
            .zip(attempt)
            .and_then(|(key, attempt)| -> Option<IdentityCheck> {
                let compared = facts::compare_pin(key, self.account, order, attempt, &rows)?;
                self.key_standing.trusted(compared)
            });
        Ok(())
    }
}

async fn key_standing(history: &History<'_>) -> Result<KeyStanding, StoreError> {
    let recorded = pin_keys::recorded_pin_key(history.pool).await?;
    let standing = |key: &PinKey| KeyStanding::of(&key.fingerprint(), recorded.as_ref());
    Ok(history.pin_key.map_or(KeyStanding::NotRecorded, standing))
}

/// Returns the events before the first one with a status other than pending.
fn first_stay(events: &[Event]) -> &[Event] {
    let left = |event: &Event| {
        event
            .status
            .as_ref()
            .is_some_and(|status| *status != OrderStatus::Pending)
    };
    let end = events.iter().position(left).unwrap_or(events.len());
    events.get(..end).unwrap_or(events)
}

fn case(account: &AccountName, order: Order, facts: Facts, came: Timestamp, events: &[Event]) -> Case {
    Case {
        account: account.clone(),
        old: Baseline::AtTelnyx(outcome(&order.status)),
        order_id: order.id,
        support_key: order.support_key,
        episode: 1,
        decided_at: came,
        facts,
        became: Became {
            bounced: came_back(events),
            ..Became::default()
        },
    }
}

/// Maps the final status at Telnyx to an action.
fn outcome(status: &OrderStatus) -> Option<Action> {
    match status {
        OrderStatus::Authorized | OrderStatus::Ported => Some(Action::Authorize),
        OrderStatus::Rejected | OrderStatus::RejectedPending => Some(Action::Reject),
        OrderStatus::Other(word) if word == "completed" => Some(Action::Authorize),
        OrderStatus::Pending | OrderStatus::Canceled | OrderStatus::Other(_) => None,
    }
}

/// Returns whether the order returned to pending after a rejection.
fn came_back(events: &[Event]) -> bool {
    let statuses = events.iter().filter_map(|event| event.status.as_ref());
    let mut after = statuses.skip_while(|status| **status != OrderStatus::RejectedPending);
    after.any(|status| *status == OrderStatus::Pending)
}
