//! Claims: orders claimed from the queue, each until its lease expires.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};

use super::StoreError;
use super::columns::{one, parsed};
use crate::domain::{AccountName, OrderId};

/// An order claimed from the queue, until its lease expires.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The account whose order it is.
    pub account: AccountName,
    /// The order.
    pub order_id: OrderId,
    /// The fence increases with every claim. A write with an older fence is refused.
    pub fence: i64,
    /// The number of failed attempts to process the order in a row.
    pub failures: i32,
}

/// Claims up to `limit` due orders, earliest deadline first. Orders that may be older than is known come before them. A
/// claim lasts for `lease` by the database's clock. If it is not released, the order is claimed again after that.
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

/// Releases an order. It is processed again at `next`, or earlier if it has been woken in the meantime.
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

/// Checks that the claim is still valid, and keeps the order from being claimed until the transaction ends.
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
