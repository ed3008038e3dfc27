//! Events: everything that Telnyx sent or listed, each once.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};

use super::StoreError;
use super::columns::parsed;
use crate::domain::{AccountName, Event, EventSource, IdentityCheck, OrderId, PhoneNumber};

/// An event to store, with what was found out about it on arrival.
#[derive(Debug, Clone, Copy)]
pub struct NewEvent<'a> {
    /// The account that it arrived for.
    pub account: &'a AccountName,
    /// What Telnyx sent or listed, without the PIN.
    pub event: &'a Event,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The result of comparing its PIN with the register, or `None` if nothing is known.
    pub pin_check: Option<IdentityCheck>,
    /// Whether its signature was valid but older than Telnyx's SDKs accept.
    pub late: bool,
}

/// Whether an event was already stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsertOutcome {
    /// It was stored now, and its order was woken.
    New,
    /// It was stored before, and nothing was changed.
    Known,
}

/// The register's data about one number of an event.
#[derive(Debug)]
pub struct PinOnFile {
    /// The requested number.
    pub number: String,
    /// The requested account.
    pub account: String,
    /// The HMAC of its PIN, if the register contains the number and a PIN for it.
    pub pin_hmac: Option<Vec<u8>>,
    /// Whether the account's register contains any number.
    pub register_kept: bool,
}

/// The columns of a batch, for `unnest`.
#[derive(Default)]
struct Columns<'a> {
    accounts: Vec<&'a str>,
    sources: Vec<&'a str>,
    dedupe_keys: Vec<&'a str>,
    event_ids: Vec<Option<&'a str>>,
    event_types: Vec<Option<&'a str>>,
    order_ids: Vec<Option<&'a str>>,
    occurred_ats: Vec<Option<jiff_sqlx::Timestamp>>,
    received_ats: Vec<jiff_sqlx::Timestamp>,
    bodies: Vec<&'a [u8]>,
    digests: Vec<&'a [u8]>,
    parsed: Vec<&'a str>,
    pin_checks: Vec<Option<&'a str>>,
    lates: Vec<bool>,
}

/// Stores new events and wakes their orders, in one statement. Returns whether each event was new, in the given order.
///
/// A known event changes nothing. Events of port-ins and unreadable events wake nothing.
///
/// A new order gets a deadline: `decide_within` after the earliest event, or after its receipt if the time in the event
/// cannot be true. A later read can only bring it forward.
pub async fn insert_events(
    executor: impl PgExecutor<'_>,
    events: &[NewEvent<'_>],
    decide_within: SignedDuration,
) -> Result<Vec<InsertOutcome>, StoreError> {
    let columns = Columns::sorted(events);
    let stored = sqlx::query!(
        r#"
        -- insert_events
        with stored as (
            insert into events (account, source, dedupe_key, event_id, event_type, order_id, occurred_at,
                received_at, body, digest, parsed, pin_check, late)
            select account, source, dedupe_key, event_id, event_type, order_id, occurred_at,
                received_at, body, digest, parsed, pin_check, late
            from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
                $8::timestamptz[], $9::bytea[], $10::bytea[], $11::text[], $12::text[], $13::boolean[])
                as arrived (account, source, dedupe_key, event_id, event_type, order_id, occurred_at,
                received_at, body, digest, parsed, pin_check, late)
            on conflict on constraint events_once do nothing
            returning account, dedupe_key, order_id, occurred_at, received_at, parsed
        ), woken as (
            insert into orders (account, order_id, first_seen_at, due_at, decide_by)
            select account, order_id, min(received_at), min(received_at),
                min(case when occurred_at between received_at - interval '60 days' and received_at then occurred_at
                    else received_at end) + make_interval(secs => $14)
            from stored
            where order_id is not null and parsed in ('port-out', 'unknown-type')
            group by account, order_id
            order by account, order_id
            on conflict on constraint orders_pkey do update
            set due_at = least(orders.due_at, excluded.due_at),
                decide_by = case when orders.arrival_uncertain then least(orders.decide_by, excluded.decide_by)
                    else orders.decide_by end
            where orders.due_at is null or orders.due_at > excluded.due_at
                or (orders.arrival_uncertain and orders.decide_by > excluded.decide_by)
        )
        select account as "account!", dedupe_key as "dedupe_key!" from stored
        "#,
        &columns.accounts as _,
        &columns.sources as _,
        &columns.dedupe_keys as _,
        &columns.event_ids as _,
        &columns.event_types as _,
        &columns.order_ids as _,
        &columns.occurred_ats as _,
        &columns.received_ats as _,
        &columns.bodies as _,
        &columns.digests as _,
        &columns.parsed as _,
        &columns.pin_checks as _,
        &columns.lates as _,
        decide_within.as_secs_f64(),
    )
    .fetch_all(executor)
    .await?;
    let new = stored
        .iter()
        .map(|row| (row.account.as_str(), row.dedupe_key.as_str()));
    Ok(outcomes(events, new.collect()))
}

/// The outcome of each event, in the given order. If an event is twice in one batch, the first one is new.
fn outcomes<'a>(events: &'a [NewEvent<'_>], mut new: HashSet<(&'a str, &'a str)>) -> Vec<InsertOutcome> {
    let keys = events
        .iter()
        .map(|one| (one.account.as_str(), one.event.dedupe_key.as_str()));
    let outcomes = keys.map(|key| {
        if new.remove(&key) {
            InsertOutcome::New
        } else {
            InsertOutcome::Known
        }
    });
    outcomes.collect()
}

/// Returns the body and source of the latest readable event about an order, or `None`.
///
/// # Errors
/// The database does not respond or refuses the statement.
pub async fn latest_event_body(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    order: &OrderId,
) -> Result<Option<(EventSource, Vec<u8>)>, StoreError> {
    let row = sqlx::query!(
        "-- latest_event_body
        select source, body from events
        where account = $1 and order_id = $2 and parsed = 'port-out'
        order by id desc
        limit 1",
        account.as_str(),
        order.as_str(),
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| Ok((parsed(&row.source)?, row.body))).transpose()
}

/// Reads the register's data about numbers, given as pairs of account and number.
pub async fn pins_on_file(
    executor: impl PgExecutor<'_>,
    asked: &[(&AccountName, PhoneNumber)],
) -> Result<Vec<PinOnFile>, StoreError> {
    let accounts: Vec<&str> = asked.iter().map(|(account, _)| account.as_str()).collect();
    let numbers: Vec<String> = asked.iter().map(|(_, number)| number.to_string()).collect();
    let rows = sqlx::query_as!(
        PinOnFile,
        r#"
        -- pins_on_file
        select asked.account as "account!", asked.number as "number!", numbers.pin_hmac,
            exists (select from numbers as any_row where any_row.account = asked.account) as "register_kept!"
        from unnest($1::text[], $2::text[]) as asked (account, number)
        left join numbers on numbers.account = asked.account and numbers.number = asked.number
        "#,
        &accounts as _,
        &numbers as _,
    )
    .fetch_all(executor)
    .await?;
    Ok(rows)
}

/// Lets a connection keep the first plan of each statement, because planning `insert_events` again costs more than
/// running it for a few events.
pub async fn plan_once(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("-- plan_once\nset plan_cache_mode = force_generic_plan")
        .execute(connection)
        .await?;
    Ok(())
}

impl<'a> Columns<'a> {
    /// Sorted by what is locked, so that two batches with the same events wait for each other instead of causing a
    /// deadlock.
    fn sorted(events: &'a [NewEvent<'a>]) -> Self {
        let mut rows: Vec<&NewEvent<'a>> = events.iter().collect();
        rows.sort_by_key(|row| (row.account, &row.event.dedupe_key));
        let mut columns = Self::default();
        for row in rows {
            columns.push(row);
        }
        columns
    }

    fn push(&mut self, row: &'a NewEvent<'a>) {
        let event = row.event;
        self.accounts.push(row.account.as_str());
        self.sources.push(event.source.as_ref());
        self.dedupe_keys.push(&event.dedupe_key);
        self.event_ids.push(event.event_id.as_deref());
        self.event_types.push(event.event_type.as_deref());
        self.order_ids
            .push(event.order_id.as_ref().map(crate::domain::OrderId::as_str));
        self.occurred_ats.push(event.occurred_at.map(ToSqlx::to_sqlx));
        self.received_ats.push(row.received_at.to_sqlx());
        self.bodies.push(&event.body);
        self.digests.push(&event.digest);
        self.parsed.push(event.kind.as_ref());
        self.pin_checks.push(row.pin_check.as_ref().map(AsRef::as_ref));
        self.lates.push(row.late);
    }
}
