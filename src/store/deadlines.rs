//! Deadlines of orders: which ones have passed without an answer, and what is recorded about them.
//!
//! Nothing here waits for a lock, because a worker that hangs with one order must not hide the others.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::columns::{one, parsed};
use super::{StoreError, readable};
use crate::domain::{AccountName, OrderId};

/// An order whose deadline has passed without a confirmed answer and without a recorded alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// The account whose order it is.
    pub account: AccountName,
    /// The order.
    pub order_id: OrderId,
    /// Its deadline.
    pub decide_by: Timestamp,
    /// What keeps the service from reading or answering the order, as a sentence.
    pub trouble: Option<String>,
}

/// Whether the alarm of an overdue order is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// Not yet. The order is locked until the transaction ends.
    NotYet,
    /// Another replica or a worker has recorded it.
    Already,
    /// Another transaction has locked the order.
    Locked,
}

/// Lists orders whose deadline has passed at `now` without a recorded alarm, earliest deadline first. An order counts
/// until it is known to have left `pending`. A worker has some time to answer an order that was found late: one minute
/// for an episode, and 15 minutes for an order that was never read. An order that had left `pending` counts too if it
/// has been unreadable for an hour although Telnyx reports something new about it, because it may be pending again.
///
/// # Errors
/// The database does not respond or refuses the statement.
pub async fn list_overdue(
    db: impl PgExecutor<'_>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Overdue>, StoreError> {
    let rows = sqlx::query!(
        r#"-- list_overdue
        select account as "account!", order_id as "order_id!", decide_by as "decide_by!", trouble from (
            select o.account, o.order_id, least(e.decide_by, o.decide_by) as decide_by,
                coalesce(e.trouble, o.trouble) as trouble
            from episodes e
            join orders o on o.account = e.account and o.order_id = e.order_id
            where e.closed_at is null and e.deadline_passed_at is null and e.answer_state <> 'confirmed'
                and o.deadline_passed_at is null and least(e.decide_by, o.decide_by) <= $1
                and not (e.opened_at > $1 - interval '1 minute' and e.opened_at <= $1)
            union all
            select o.account, o.order_id, coalesce(o.decide_by, o.first_seen_at + interval '20 hours'), o.trouble
            from orders o
            where (o.status is null or o.status not in
                    ('authorized', 'ported', 'completed', 'rejected', 'rejected-pending', 'canceled'))
                and o.deadline_passed_at is null
                and coalesce(o.decide_by, o.first_seen_at + interval '20 hours') <= $1
                and not (o.first_seen_at > $1 - interval '15 minutes' and o.first_seen_at <= $1)
                and not exists (
                    select from episodes e
                    where e.account = o.account and e.order_id = o.order_id and e.closed_at is null
                )
            union all
            select o.account, o.order_id, coalesce(o.decide_by, o.unread_since), o.trouble
            from orders o
            where o.unread_since <= $1 - interval '1 hour' and o.deadline_passed_at is null
                and o.status in ('authorized', 'ported', 'completed', 'rejected', 'rejected-pending', 'canceled')
                and not exists (
                    select from episodes e
                    where e.account = o.account and e.order_id = o.order_id and e.closed_at is null
                )
        ) as overdue
        order by decide_by
        limit $2"#,
        now.to_sqlx() as jiff_sqlx::Timestamp,
        limit,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Overdue {
                account: parsed(&row.account)?,
                order_id: parsed(&row.order_id)?,
                decide_by: row.decide_by.to_jiff(),
                trouble: readable::text(row.trouble),
            })
        })
        .collect()
}

/// Returns whether the alarm of an order is recorded. Locks the order if it is not.
///
/// # Errors
/// The database does not respond or refuses the statement.
pub async fn lock_unreported(
    db: &mut PgConnection,
    account: &AccountName,
    order: &OrderId,
) -> Result<Reported, StoreError> {
    let unreported = sqlx::query_scalar!(
        r#"-- lock_unreported
        select deadline_passed_at is null as "unreported!" from orders
        where account = $1 and order_id = $2
        for update skip locked"#,
        account.as_str(),
        order.as_str(),
    )
    .fetch_optional(db)
    .await?;
    Ok(match unreported {
        Some(true) => Reported::NotYet,
        Some(false) => Reported::Already,
        None => Reported::Locked,
    })
}

/// Records that the deadline of an order has passed, and wakes the order.
///
/// # Errors
/// The order does not exist, or the database does not respond or refuses the statement.
pub async fn record_passed_deadline(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    order: &OrderId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "-- record_passed_deadline
        update orders set deadline_passed_at = coalesce(deadline_passed_at, $3), due_at = least(due_at, $3)
        where account = $1 and order_id = $2",
        account.as_str(),
        order.as_str(),
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    one(done.rows_affected(), "order")
}

/// Reactivates the deadline of an order that is pending again.
///
/// # Errors
/// The order does not exist, or the database does not respond or refuses the statement.
pub async fn restart_deadline(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    order: &OrderId,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "-- restart_deadline
        update orders set deadline_passed_at = null where account = $1 and order_id = $2",
        account.as_str(),
        order.as_str(),
    )
    .execute(db)
    .await?;
    one(done.rows_affected(), "order")
}

/// Brings the deadline of an episode forward. A deadline is never postponed.
///
/// # Errors
/// The database does not respond or refuses the statement.
pub async fn bring_deadline_forward(
    db: impl PgExecutor<'_>,
    episode: Uuid,
    decide_by: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- bring_deadline_forward
        update episodes set decide_by = least(decide_by, $2) where id = $1",
        episode,
        decide_by.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Returns the time of the database's clock.
///
/// # Errors
/// The database does not respond or refuses the statement.
pub async fn database_time(db: impl PgExecutor<'_>) -> Result<Timestamp, StoreError> {
    let shown = sqlx::query_scalar!(
        r#"-- database_time
        select clock_timestamp() as "shown!: jiff_sqlx::Timestamp""#
    )
    .fetch_one(db)
    .await?;
    Ok(shown.to_jiff())
}
