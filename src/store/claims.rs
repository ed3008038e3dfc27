//! Claims: orders taken from the queue, each for as long as its lease lasts.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};

use super::StoreError;
use super::columns::{one, parsed};
use crate::domain::{AccountName, OrderId};

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

pub(super) struct ClaimRow {
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
