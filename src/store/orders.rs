//! Orders: their last read state, and the queue of those that have to be processed.
//!
//! Every statement that writes many orders locks them in key order, so that writers never deadlock.

use super::columns::{numbers, one, text};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;

use super::StoreError;
use super::claims::Claim;
use crate::domain::{AccountName, Certainty, Order, OrderId, PhoneNumber};

/// Returns the status that the last read of a claimed order showed.
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

/// Records a read of the order: its status, anything unusual about it, and the deadline that follows from its arrival.
/// Returns the deadline in effect, which is the earliest of all that were found.
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

/// Records the numbers of an order that was never read, from an event, so that other orders for these numbers are held
/// although this one cannot be read. A read replaces them.
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

/// Returns the order as it was last read, as JSON, or `None` before the first read.
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

/// Records on a readable order what a person has to know about it.
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

/// Records on an order why it cannot be read, and since when.
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

/// Wakes every order that no person has decided and for which nothing was sent, and every order whose answer can still
/// be sent, including a person's answer: the rules, the mode or the register have changed.
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
