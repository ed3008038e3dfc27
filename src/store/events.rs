//! Events: everything Telnyx sent or listed, once each.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};

use super::StoreError;
use super::columns::parsed;
use crate::domain::{AccountName, Event, EventSource, IdentityCheck, OrderId, PhoneNumber};

/// An event as it will be kept, with what was found out about it on arrival.
#[derive(Debug, Clone, Copy)]
pub struct NewEvent<'a> {
    /// The account it came for.
    pub account: &'a AccountName,
    /// What Telnyx sent or listed, the PIN taken out.
    pub event: &'a Event,
    /// When it reached us.
    pub received_at: Timestamp,
    /// How its PIN compares with the register; `None` where nothing can be said.
    pub pin_check: Option<IdentityCheck>,
    /// Whether its signature was correct but older than Telnyx's SDKs accept.
    pub late: bool,
}

/// Whether an event was known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsertOutcome {
    /// Kept now, and its order woken.
    New,
    /// Kept before: nothing was changed.
    Known,
}

/// What the register says about one number that an event names.
#[derive(Debug)]
pub struct PinOnFile {
    /// The number asked for.
    pub number: String,
    /// The account asked for.
    pub account: String,
    /// The HMAC of its PIN, where the register has the number and a PIN for it.
    pub pin_hmac: Option<Vec<u8>>,
    /// Whether the register of the account has any number at all.
    pub register_kept: bool,
}

/// The columns of a batch, as Postgres unnests them.
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

/// Keeps events that are new and wakes the orders they name, in one statement; tells for each, in the order given, whether it was new.
///
/// A known event changes nothing. Events of port-ins and those that could not be read wake nothing.
///
/// An order that becomes known gets a deadline: `decide_within` after the earliest event or, should the event give a time
/// that cannot be true, after its receipt. A later read only ever brings it forward.
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
    let mut fresh: HashSet<(&str, &str)> = stored
        .iter()
        .map(|row| (row.account.as_str(), row.dedupe_key.as_str()))
        .collect();
    let novelties = events.iter().map(|one| {
        // Twice in one batch: the first is the new one.
        let is_new = fresh.remove(&(one.account.as_str(), one.event.dedupe_key.as_str()));
        if is_new {
            InsertOutcome::New
        } else {
            InsertOutcome::Known
        }
    });
    Ok(novelties.collect())
}

/// The body of the latest event about an order that could be read, with where it came from; `None` if there is none.
///
/// # Errors
/// The database does not answer or refuses the statement.
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

/// Reads what the register holds on numbers, given as pairs of account and number.
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

/// Lets a connection keep the first plan of each statement: to plan `insert_events` anew costs more than to run it for a few.
pub async fn plan_once(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("-- plan_once\nset plan_cache_mode = force_generic_plan")
        .execute(connection)
        .await?;
    Ok(())
}

impl<'a> Columns<'a> {
    /// Sorted by what is locked, so that two batches with the same events wait for each other and never in a circle.
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
