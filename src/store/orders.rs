//! Orders: their last read state, and the queue of those that need a look.
//!
//! Whatever writes many orders locks them in the order of their keys, so that no two writers wait in a circle.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};

use super::StoreError;
use crate::domain::{AccountName, Certainty, Order, OrderId, PhoneNumber};

/// An order taken from the queue, for as long as its lease lasts.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The account whose order it is.
    pub account: AccountName,
    /// The order.
    pub order_id: OrderId,
    /// Grows with every claim; whoever writes with an older one is refused.
    pub fence: i64,
    /// How many looks in a row have failed.
    pub failures: i32,
}

/// A pending order as the list shows it: enough to know of it and to rank it.
#[derive(Debug, Clone)]
pub struct ListedOrder {
    /// The order as listed.
    pub order: Order,
    /// Our own deadline for it, where Telnyx says when it came.
    pub decide_by: Option<Timestamp>,
}

/// Takes up to `limit` orders that are due, the earliest deadline first, before them those that may be older than known.
/// A claim lasts `lease` by the database's clock; one that was not released is taken again after that.
pub async fn claim_due(
    db: impl PgExecutor<'_>,
    now: Timestamp,
    limit: i64,
    lease: SignedDuration,
) -> Result<Vec<Claim>, StoreError> {
    let mut rows = sqlx::query_as!(
        ClaimRow,
        "-- claim_due
        update orders set fence = fence + 1, due_at = null, lease_expires_at = now() + make_interval(secs => $3)
        where (account, order_id) in (
            select account, order_id from orders
            where (due_at <= $1 and lease_expires_at is null) or lease_expires_at < now()
            order by arrival_uncertain desc, decide_by nulls first, due_at
            limit $2
            for update skip locked
        )
        returning account, order_id, fence, failures, arrival_uncertain, decide_by",
        now.to_sqlx() as jiff_sqlx::Timestamp,
        limit,
        lease.as_secs_f64(),
    )
    .fetch_all(db)
    .await?;
    rows.sort_by_key(|row| {
        (
            !row.arrival_uncertain,
            row.decide_by.map(jiff_sqlx::Timestamp::to_jiff),
        )
    });
    rows.into_iter().map(Claim::try_from).collect()
}

struct ClaimRow {
    account: String,
    order_id: String,
    fence: i64,
    failures: i32,
    arrival_uncertain: bool,
    decide_by: Option<jiff_sqlx::Timestamp>,
}

impl TryFrom<ClaimRow> for Claim {
    type Error = StoreError;

    fn try_from(row: ClaimRow) -> Result<Self, StoreError> {
        Ok(Self {
            account: parsed(&row.account)?,
            order_id: parsed(&row.order_id)?,
            fence: row.fence,
            failures: row.failures,
        })
    }
}

/// Gives an order back. It is looked at again at `next`, or earlier if something has woken it meanwhile.
pub async fn release(
    db: impl PgExecutor<'_>,
    claim: &Claim,
    next: Option<Timestamp>,
    failures: i32,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "-- release
        update orders set lease_expires_at = null, failures = $5, due_at = least(due_at, $4)
        where account = $1 and order_id = $2 and fence = $3",
        claim.account.as_str(),
        claim.order_id.as_str(),
        claim.fence,
        next.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        failures,
    )
    .execute(db)
    .await?;
    one(done.rows_affected(), "lease")
}

/// Makes sure that the claim still holds, and keeps it from being taken until the transaction ends.
pub async fn hold_claim(db: &mut PgConnection, claim: &Claim) -> Result<(), StoreError> {
    let held = sqlx::query_scalar!(
        r#"-- hold_claim
        select lease_expires_at > now() as "held!" from orders
        where account = $1 and order_id = $2 and fence = $3
        for update"#,
        claim.account.as_str(),
        claim.order_id.as_str(),
        claim.fence,
    )
    .fetch_optional(db)
    .await?;
    if held == Some(true) {
        Ok(())
    } else {
        Err(StoreError::Overtaken("lease"))
    }
}

/// The status that the last read of a claimed order has shown.
pub async fn last_status(db: impl PgExecutor<'_>, claim: &Claim) -> Result<Option<String>, StoreError> {
    let status = sqlx::query_scalar!(
        "-- last_status
        select status from orders where account = $1 and order_id = $2",
        claim.account.as_str(),
        claim.order_id.as_str(),
    )
    .fetch_one(db)
    .await?;
    Ok(status)
}

/// Keeps what a read of the order has shown: its status, what is odd about it, and the deadline that follows from when it
/// came. Gives the deadline that holds: the earliest of all that were found.
pub async fn record_read(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    order: &Order,
    body: &[u8],
    now: Timestamp,
    (decide_by, certainty): (Timestamp, Certainty),
) -> Result<Timestamp, StoreError> {
    let kept = sqlx::query_scalar!(
        r#"-- record_read
        update orders set support_key = $3, status = $4, phone_numbers = $5, spid = $6, carrier_name = $7,
            inserted_at = $8, foc_date = $9, body = $10, read_at = $11, decide_by = least(decide_by, $12),
            arrival_uncertain = arrival_uncertain and $13, trouble = $14, unread_since = null,
            deadline_passed_at = case
                when $4 in ('authorized', 'ported', 'completed', 'rejected', 'rejected-pending', 'canceled') then null
                else deadline_passed_at
            end
        where account = $1 and order_id = $2
        returning decide_by as "decide_by!""#,
        account.as_str(),
        order.id.as_str(),
        text(order.support_key.as_deref()),
        text(Some(order.status.as_str())),
        &numbers(order),
        order.spid.as_ref().map(crate::domain::Spid::as_str),
        text(order.carrier_name.as_deref()),
        order.inserted_at.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        order.foc_date.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        body,
        now.to_sqlx() as jiff_sqlx::Timestamp,
        decide_by.to_sqlx() as jiff_sqlx::Timestamp,
        certainty == Certainty::Uncertain,
        order.status.trouble(),
    )
    .fetch_optional(db)
    .await?;
    let kept = kept.ok_or(StoreError::Overtaken("order"))?;
    Ok(kept.to_jiff())
}

/// Keeps the numbers that an event names for an order that was never read, so that other orders for these numbers are
/// held although this one cannot be read. A read replaces them.
pub async fn record_announced_numbers(
    db: impl PgExecutor<'_>,
    claim: &Claim,
    numbers: &[PhoneNumber],
) -> Result<(), StoreError> {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    sqlx::query!(
        "-- record_announced_numbers
        update orders set phone_numbers = $4
        where account = $1 and order_id = $2 and fence = $3 and read_at is null and phone_numbers = '{}'",
        claim.account.as_str(),
        claim.order_id.as_str(),
        claim.fence,
        &numbers,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The order as it was last read, as JSON; `None` before the first read.
pub async fn last_read_body(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    order: &OrderId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let body = sqlx::query_scalar!(
        "-- last_read_body
        select body from orders where account = $1 and order_id = $2",
        account.as_str(),
        order.as_str(),
    )
    .fetch_optional(db)
    .await?;
    Ok(body.flatten())
}

/// Says on the order what a person has to know of it, although it can be read.
pub async fn note_trouble(db: impl PgExecutor<'_>, claim: &Claim, trouble: &str) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "-- note_trouble
        update orders set trouble = $4 where account = $1 and order_id = $2 and fence = $3",
        claim.account.as_str(),
        claim.order_id.as_str(),
        claim.fence,
        trouble,
    )
    .execute(db)
    .await?;
    one(done.rows_affected(), "lease")
}

/// Says on the order itself what keeps us from reading it, and since when.
pub async fn set_trouble(
    db: impl PgExecutor<'_>,
    claim: &Claim,
    trouble: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "-- set_trouble
        update orders set trouble = $4, unread_since = coalesce(unread_since, $5)
        where account = $1 and order_id = $2 and fence = $3",
        claim.account.as_str(),
        claim.order_id.as_str(),
        claim.fence,
        trouble,
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    one(done.rows_affected(), "lease")
}

/// Makes listed pending orders known and ranks them by deadline. Gives how many were not known before. A new order of which
/// Telnyx does not say when it came gets the deadline `at_the_latest`.
///
/// New ones are leased to the poll itself until [`wake_listed`] frees them all at once: else the events kept in between
/// would wake them one by one, and not the earliest deadline first. If the poll dies, the lease runs out.
pub async fn note_listed(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    listed: &[ListedOrder],
    now: Timestamp,
    at_the_latest: Timestamp,
) -> Result<u64, StoreError> {
    let mut listed: Vec<&ListedOrder> = listed.iter().collect();
    // Always in the same order, so that two writers wait for each other instead of dead-locking.
    listed.sort_by(|a, b| a.order.id.cmp(&b.order.id));
    let ids: Vec<String> = listed.iter().map(|one| one.order.id.to_string()).collect();
    let keys: Vec<Option<String>> = listed
        .iter()
        .map(|one| text(one.order.support_key.as_deref()))
        .collect();
    let spids: Vec<Option<String>> = listed
        .iter()
        .map(|one| one.order.spid.as_ref().map(ToString::to_string))
        .collect();
    let names: Vec<Option<String>> = listed
        .iter()
        .map(|one| text(one.order.carrier_name.as_deref()))
        .collect();
    let inserted: Vec<Option<jiff_sqlx::Timestamp>> = listed
        .iter()
        .map(|one| one.order.inserted_at.map(ToSqlx::to_sqlx))
        .collect();
    let decide_by: Vec<Option<jiff_sqlx::Timestamp>> = listed
        .iter()
        .map(|one| one.decide_by.map(ToSqlx::to_sqlx))
        .collect();
    let numbers: Vec<String> = listed.iter().map(|one| numbers(&one.order).join(" ")).collect();
    let new = sqlx::query_scalar!(
        r#"-- note_listed
        with noted as (
            insert into orders as o (account, order_id, support_key, status, phone_numbers, spid, carrier_name,
                inserted_at, decide_by, arrival_uncertain, first_seen_at, lease_expires_at)
            select $1, id, key, 'pending', coalesce(string_to_array(nullif(numbers, ''), ' '), '{}'), spid, name,
                inserted, coalesce(decide_by, $10), decide_by is null, $9, now() + interval '1 minute'
            from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
                $8::timestamptz[]) as l (id, key, numbers, spid, name, inserted, decide_by)
            on conflict (account, order_id) do update set
                support_key = coalesce(excluded.support_key, o.support_key),
                inserted_at = coalesce(excluded.inserted_at, o.inserted_at),
                decide_by = least(o.decide_by, excluded.decide_by),
                arrival_uncertain = o.arrival_uncertain and excluded.arrival_uncertain
            where o.decide_by is null or o.support_key is null or excluded.decide_by < o.decide_by
                or (o.arrival_uncertain and not excluded.arrival_uncertain)
            returning (xmax = 0) as new
        )
        select count(*) filter (where new) as "new!" from noted"#,
        account.as_str(),
        &ids,
        &keys as &[Option<String>],
        &numbers,
        &spids as &[Option<String>],
        &names as &[Option<String>],
        &inserted as &[Option<jiff_sqlx::Timestamp>],
        &decide_by as &[Option<jiff_sqlx::Timestamp>],
        now.to_sqlx() as jiff_sqlx::Timestamp,
        at_the_latest.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .fetch_one(db)
    .await?;
    Ok(u64::try_from(new).unwrap_or(0))
}

/// Makes a listed pending order known although the database refuses what is listed of it, and says so on the order. An
/// order that was read before is left as it is: the read knows more. Gives whether anything changed.
pub async fn note_unstorable(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    order: &OrderId,
    trouble: &str,
    now: Timestamp,
    decide_by: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "-- note_unstorable
        insert into orders as o (account, order_id, status, trouble, first_seen_at, due_at, decide_by,
            arrival_uncertain)
        values ($1, $2, 'pending', $3, $4, $4, $5, true)
        on conflict (account, order_id) do update set trouble = excluded.trouble
        where o.trouble is null and o.read_at is null",
        account.as_str(),
        order.as_str(),
        trouble,
        now.to_sqlx() as jiff_sqlx::Timestamp,
        decide_by.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Wakes those listed pending orders that have no open episode: new ones, freed of the poll's lease, and ones that
/// came back.
pub async fn wake_listed(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    listed: &[OrderId],
    now: Timestamp,
) -> Result<u64, StoreError> {
    let listed: Vec<String> = listed.iter().map(ToString::to_string).collect();
    let done = sqlx::query!(
        "-- wake_listed
        update orders o set due_at = $3, lease_expires_at = null
        from (
            select account, order_id from orders w
            where w.account = $1 and w.order_id = any ($2)
                -- A fence of 0: never claimed by a worker, so the lease is the poll's.
                and (w.fence = 0 or (w.due_at is null and w.lease_expires_at is null))
                and not exists (
                    select from episodes e
                    where e.account = w.account and e.order_id = w.order_id and e.closed_at is null
                )
            order by account, order_id
            for update
        ) as woken
        where o.account = woken.account and o.order_id = woken.order_id",
        account.as_str(),
        &listed,
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Wakes the orders we hold for pending that a full list of pending orders does not show.
pub async fn wake_unlisted(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    listed: &[OrderId],
    read_before: Timestamp,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let listed: Vec<String> = listed.iter().map(ToString::to_string).collect();
    let done = sqlx::query!(
        "-- wake_unlisted
        update orders o set due_at = least(o.due_at, $4)
        from (
            select w.account, w.order_id from orders w
            join episodes e on e.account = w.account and e.order_id = w.order_id and e.closed_at is null
            where w.account = $1 and w.order_id <> all ($2) and w.lease_expires_at is null
                -- A read in the future was made before the clock was set back.
                and (w.read_at < $3 or w.read_at > $4)
            order by w.account, w.order_id
            for update of w
        ) as woken
        where o.account = woken.account and o.order_id = woken.order_id",
        account.as_str(),
        &listed,
        read_before.to_sqlx() as jiff_sqlx::Timestamp,
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Wakes one order.
pub async fn wake(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    order: &OrderId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "-- wake
        update orders set due_at = least(due_at, $3) where account = $1 and order_id = $2",
        account.as_str(),
        order.as_str(),
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    one(done.rows_affected(), "order")
}

/// Wakes every order that no person has decided and nothing was sent for, and every one whose answer can still be sent,
/// a person's too: what its verdict or its answer rests on (the rules, the mode, the register) has changed.
pub async fn wake_undecided(db: impl PgExecutor<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "-- wake_undecided
        update orders o set due_at = least(o.due_at, $1)
        from (
            select w.account, w.order_id from orders w
            join episodes e on e.account = w.account and e.order_id = w.order_id and e.closed_at is null
            left join decisions d on d.id = e.decision_id
            where (e.state in ('open', 'held') and (d.id is null or d.decided_by <> 'person'))
                or (e.state = 'answering' and e.answer_state in ('waiting', 'unknown'))
            order by w.account, w.order_id
            for update of w
        ) as woken
        where o.account = woken.account and o.order_id = woken.order_id",
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Postgres cannot keep a NUL in a text.
pub(super) fn text(value: Option<&str>) -> Option<String> {
    value.map(|text| text.replace('\0', "\u{fffd}"))
}

pub(super) fn one(affected: u64, what: &'static str) -> Result<(), StoreError> {
    if affected == 1 {
        Ok(())
    } else {
        Err(StoreError::Overtaken(what))
    }
}

pub(in crate::store) fn parsed<T: std::str::FromStr>(kept: &str) -> Result<T, StoreError> {
    Ok(crate::domain::word(std::any::type_name::<T>(), kept)?)
}

fn numbers(order: &Order) -> Vec<String> {
    order.numbers.readable.iter().map(ToString::to_string).collect()
}
