//! A candidate over an account's own history at Telnyx, as far back as Telnyx tells it: for rules that never ran yet.
//!
//! Each order is judged once, as of its coming, on what Telnyx shows of it now, on the register as it is now, and on
//! what our own records would have held. PINs are compared in memory, as the events that carry them are read.

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

/// Read before `since`, so that the first orders have a day behind them that their carrier's requests are counted in.
const DAY_BEFORE: SignedDuration = SignedDuration::from_hours(24);

/// What a history at Telnyx is read and compared with.
#[derive(Debug)]
pub struct History<'a> {
    /// The register's place.
    pub pool: &'a PgPool,
    /// Whose histories, and the way to them.
    pub accounts: &'a Accounts,
    /// The key of the PINs on file; without one no PIN is compared.
    pub pin_key: Option<&'a PinKey>,
    /// Orders that came before this are not judged.
    pub since: Timestamp,
}

/// Judges every order that came to Telnyx at or after `since`, the oldest first, and compares with how it came out.
///
/// # Errors
/// Telnyx or the register could not be read, or the witness failed.
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

    /// The orders of the window with the time of their coming, the oldest first.
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
                // A filter that is not understood is ignored rather than refused by many an API.
                Some(_) => {}
                None => backtest.skip(),
            }
        }
        orders.sort_by(|(came, one), (later, other)| (came, &one.id).cmp(&(later, &other.id)));
        Ok(orders)
    }

    /// The events of the window by order, first to last. The PINs in them live as long as this does.
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
            // Of two in one instant, pending came first: an order is answered as soon as it comes, not sooner.
            of_order.sort_by_key(|event| (event.occurred_at, event.status != Some(OrderStatus::Pending)));
        }
        Ok(events)
    }
}

/// A listed order with the time of its coming; read by itself where the list does not tell that. `None` where nothing
/// tells it, or it cannot be read.
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

    /// Tells what comparing shows, as a look at the order in its first stay would have.
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

/// The events before the first that tells of another status than pending.
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

/// What Telnyx shows in the end, as an answer.
fn outcome(status: &OrderStatus) -> Option<Action> {
    match status {
        OrderStatus::Authorized | OrderStatus::Ported => Some(Action::Authorize),
        OrderStatus::Rejected | OrderStatus::RejectedPending => Some(Action::Reject),
        OrderStatus::Other(word) if word == "completed" => Some(Action::Authorize),
        OrderStatus::Pending | OrderStatus::Canceled | OrderStatus::Other(_) => None,
    }
}

/// Whether a rejection was followed by a further stay in `pending`.
fn came_back(events: &[Event]) -> bool {
    let statuses = events.iter().filter_map(|event| event.status.as_ref());
    let mut after = statuses.skip_while(|status| **status != OrderStatus::RejectedPending);
    after.any(|status| *status == OrderStatus::Pending)
}
