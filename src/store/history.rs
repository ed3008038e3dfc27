//! What our own records say of a carrier and of numbers: the facts that no order carries.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;

use super::StoreError;
use super::orders::parsed;
use crate::domain::{AccountName, IdentityCheck, OrderId, PhoneNumber, Spid};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What is known of a carrier from its other orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CarrierHistory {
    /// Its other orders in the last 24 hours.
    pub requests_24h: u32,
    /// Whether it ever had another order.
    pub seen: bool,
}

/// The PIN's word as compared when an event came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinCheck {
    /// The word.
    pub check: IdentityCheck,
    /// When it was compared; a register changed since then makes it worthless.
    pub compared_at: Timestamp,
}

/// What other orders of a carrier tell, as of `now`.
pub async fn carrier_history(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    spid: &Spid,
    but_not: &OrderId,
    now: Timestamp,
) -> Result<CarrierHistory, StoreError> {
    let day_ago = now.saturating_sub(DAY).unwrap_or(Timestamp::MIN);
    let row = sqlx::query!(
        r#"-- carrier_history
        select
            (select count(*) from orders
                where account = $1 and spid = $2 and order_id <> $3 and first_seen_at > $4) as "recent!",
            exists (select from orders where account = $1 and spid = $2 and order_id <> $3) as "seen!""#,
        account.as_str(),
        spid.as_str(),
        but_not.as_str(),
        day_ago.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .fetch_one(db)
    .await?;
    Ok(CarrierHistory {
        requests_24h: u32::try_from(row.recent).unwrap_or(u32::MAX),
        seen: row.seen,
    })
}

/// The most orders with a wrong PIN, other than this one, that any of the numbers had in the last 24 hours.
pub async fn wrong_pins_24h(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    numbers: &[PhoneNumber],
    but_not: &OrderId,
    now: Timestamp,
) -> Result<u32, StoreError> {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let day_ago = now.saturating_sub(DAY).unwrap_or(Timestamp::MIN);
    // MATERIALIZED: the number index first, always; otherwise the planner may walk all events of the day.
    let most = sqlx::query_scalar!(
        r#"-- wrong_pins_24h
        with of_numbers as materialized (
            select order_id, phone_numbers from orders
            where account = $1 and phone_numbers && $2 and phone_numbers <> '{}' and order_id <> $3
        ), wrong as (
            select o.phone_numbers from of_numbers o
            where exists (
                select from events e where e.account = $1 and e.order_id = o.order_id
                    and e.pin_check = 'wrong' and e.received_at > $4
            )
        )
        select coalesce(max(count), 0) as "most!" from (
            select count(*) from wrong, unnest(wrong.phone_numbers) as number
            where number = any ($2) group by number
        ) as counted"#,
        account.as_str(),
        &numbers,
        but_not.as_str(),
        day_ago.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .fetch_one(db)
    .await?;
    Ok(u32::try_from(most).unwrap_or(u32::MAX))
}

/// The newest word on the order's PIN: an event that carried a PIN before one that did not.
pub async fn latest_pin_check(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    order: &OrderId,
) -> Result<Option<PinCheck>, StoreError> {
    let row = sqlx::query!(
        r#"-- latest_pin_check
        select pin_check as "pin_check!", received_at from events
        where account = $1 and order_id = $2 and pin_check is not null
        order by (pin_check in ('right', 'wrong')) desc, occurred_at desc nulls last, id desc
        limit 1"#,
        account.as_str(),
        order.as_str(),
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(PinCheck {
            check: parsed(&row.pin_check)?,
            compared_at: row.received_at.to_jiff(),
        })
    })
    .transpose()
}
