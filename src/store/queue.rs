//! Statements that keep the queue of orders moving when clocks are set and workers hang.
//!
//! The statements that run on a schedule skip rows that other transactions have locked. The next run finds them.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;

use super::StoreError;
use crate::domain::{AccountName, OrderId, PhoneNumber};

/// Wakes orders that are due later than `latest`, which no order may be: the clock that set the time was ahead of ours,
/// or ours was set back since. Only an order that waits for its deadline may be due later. Returns how many.
///
/// # Errors
/// The database does not respond or refuses the statement.
pub async fn wake_overslept(
    db: impl PgExecutor<'_>,
    latest: Timestamp,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "-- wake_overslept
        update orders o set due_at = $2
        from (
            select w.account, w.order_id from orders w
            where w.due_at > $1 and (w.failures > 0 or not exists (
                select from episodes e
                where e.account = w.account and e.order_id = w.order_id and e.closed_at is null
                    and e.deadline_passed_at is null and e.decide_by = w.due_at
            ))
            for update skip locked
        ) as woken
        where o.account = woken.account and o.order_id = woken.order_id",
        latest.to_sqlx() as jiff_sqlx::Timestamp,
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Ends leases that last longer than any that is granted, because the database's clock was set back. Returns how many.
///
/// # Errors
/// The database does not respond or refuses the statement.
pub async fn end_overlong_leases(db: impl PgExecutor<'_>) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "-- end_overlong_leases
        update orders o set lease_expires_at = now() - interval '1 second'
        from (
            select w.account, w.order_id from orders w
            where w.lease_expires_at > now() + interval '5 minutes'
            for update skip locked
        ) as ended
        where o.account = ended.account and o.order_id = ended.order_id"
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Wakes up to `limit` orders of an account that are not known to have left `pending`, were last read before
/// `read_before` (or after `now`, if a clock was set back) and are not due by `soon`. Orders that were never read come
/// first, then those whose read is the oldest. Returns how many.
///
/// # Errors
/// The database does not respond or refuses the statement.
pub async fn wake_unread(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    read_before: Timestamp,
    soon: Timestamp,
    now: Timestamp,
    limit: i64,
) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "-- wake_unread
        update orders o set due_at = $4
        from (
            select w.account, w.order_id from orders w
            where w.account = $1
                and (w.status is null or w.status not in
                    ('authorized', 'ported', 'completed', 'rejected', 'rejected-pending', 'canceled'))
                and w.lease_expires_at is null and (w.due_at is null or w.due_at > $3)
                and (w.read_at is null or w.read_at < $2 or w.read_at > $4)
            order by w.read_at nulls first, w.decide_by
            limit $5
            for update skip locked
        ) as woken
        where o.account = woken.account and o.order_id = woken.order_id",
        account.as_str(),
        read_before.to_sqlx() as jiff_sqlx::Timestamp,
        soon.to_sqlx() as jiff_sqlx::Timestamp,
        now.to_sqlx() as jiff_sqlx::Timestamp,
        limit,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Wakes the orders of all accounts that contain one of these numbers and are not known to have left `pending`: another
/// order for the number has ended, and they may no longer have to wait. Returns how many.
///
/// # Errors
/// The database does not respond or refuses the statement.
pub async fn wake_competing(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    ended: &OrderId,
    numbers: &[PhoneNumber],
    now: Timestamp,
) -> Result<u64, StoreError> {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let done = sqlx::query!(
        "-- wake_competing
        update orders o set due_at = least(o.due_at, $4)
        from (
            select w.account, w.order_id from orders w
            where w.phone_numbers && $3 and w.phone_numbers <> '{}' and (w.account <> $1 or w.order_id <> $2)
                and (w.status is null or w.status = 'pending')
            order by w.account, w.order_id
            for update
        ) as woken
        where o.account = woken.account and o.order_id = woken.order_id",
        account.as_str(),
        ended.as_str(),
        &numbers,
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
