//! Orders from Telnyx's list of pending orders.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;

use super::StoreError;
use super::columns::{numbers, text};
use crate::domain::{AccountName, Order, OrderId};

/// A pending order in the list, with enough data to record and rank it.
#[derive(Debug, Clone)]
pub struct ListedOrder {
    /// The listed order.
    pub order: Order,
    /// Our own deadline for it, if Telnyx says when it arrived.
    pub decide_by: Option<Timestamp>,
}

/// Listed orders by column, as one statement receives them.
struct ListedColumns {
    ids: Vec<String>,
    keys: Vec<Option<String>>,
    /// The numbers of each order, separated by spaces.
    numbers: Vec<String>,
    spids: Vec<Option<String>>,
    names: Vec<Option<String>>,
    inserted: Vec<Option<jiff_sqlx::Timestamp>>,
    decide_by: Vec<Option<jiff_sqlx::Timestamp>>,
}

impl ListedColumns {
    /// Always in the same order, so that two writers wait for each other instead of causing a deadlock.
    fn sorted(listed: &[ListedOrder]) -> Self {
        let mut listed: Vec<&ListedOrder> = listed.iter().collect();
        listed.sort_by(|a, b| a.order.id.cmp(&b.order.id));
        let orders = || listed.iter().map(|one| &one.order);
        Self {
            ids: orders().map(|order| order.id.to_string()).collect(),
            keys: orders().map(|order| text(order.support_key.as_deref())).collect(),
            numbers: orders().map(|order| numbers(order).join(" ")).collect(),
            spids: orders()
                .map(|order| order.spid.as_ref().map(ToString::to_string))
                .collect(),
            names: orders()
                .map(|order| text(order.carrier_name.as_deref()))
                .collect(),
            inserted: orders()
                .map(|order| order.inserted_at.map(ToSqlx::to_sqlx))
                .collect(),
            decide_by: listed
                .iter()
                .map(|one| one.decide_by.map(ToSqlx::to_sqlx))
                .collect(),
        }
    }
}

/// Records listed pending orders and ranks them by deadline. Returns how many are new. A new order without an arrival
/// time gets the deadline `at_the_latest`.
///
/// New orders are leased to the poll until [`wake_listed`] releases all of them together. Otherwise the events stored
/// in between would wake them one by one, and not by earliest deadline. If the poll dies, the lease expires.
pub async fn note_listed(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    listed: &[ListedOrder],
    now: Timestamp,
    at_the_latest: Timestamp,
) -> Result<u64, StoreError> {
    let columns = ListedColumns::sorted(listed);
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
        &columns.ids,
        &columns.keys as &[Option<String>],
        &columns.numbers,
        &columns.spids as &[Option<String>],
        &columns.names as &[Option<String>],
        &columns.inserted as &[Option<jiff_sqlx::Timestamp>],
        &columns.decide_by as &[Option<jiff_sqlx::Timestamp>],
        now.to_sqlx() as jiff_sqlx::Timestamp,
        at_the_latest.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .fetch_one(db)
    .await?;
    Ok(u64::try_from(new).unwrap_or(0))
}

/// Records a listed pending order although the database refuses its data, with the trouble. An order that was read
/// before is not changed, because the read contains more. Returns whether anything changed.
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

/// Wakes the listed pending orders without an open episode: new ones, whose lease ends, and ones that returned to
/// pending.
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

/// Wakes the orders that are pending in the database but missing from a complete list of pending orders.
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
