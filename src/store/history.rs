//! The history of carriers and numbers in the database: facts that no order contains.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;

use super::StoreError;
use super::columns::parsed;
use crate::domain::{AccountName, IdentityCheck, OrderId, PhoneNumber, Spid};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What is known about a carrier from its other orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CarrierHistory {
    /// The number of its other orders in the last 24 hours.
    pub requests_24h: u32,
    /// Whether it has ever had another order.
    pub seen: bool,
}

/// The result of comparing a PIN when an event arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinCheck {
    /// The result.
    pub check: IdentityCheck,
    /// When it was compared. A later change of the register makes it invalid.
    pub compared_at: Timestamp,
}

/// Returns what the other orders of a carrier show, as of `now`.
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

/// Returns the highest number of other orders with a wrong PIN that any of the numbers had in the last 24 hours.
pub async fn wrong_pins_24h(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    numbers: &[PhoneNumber],
    but_not: &OrderId,
    now: Timestamp,
) -> Result<u32, StoreError> {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let day_ago = now.saturating_sub(DAY).unwrap_or(Timestamp::MIN);
    // MATERIALIZED, so that the number index is used first. Otherwise the planner may scan all events of the day.
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

/// Returns the latest result for the order's PIN. An event with a PIN takes precedence over one without.
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

/// An order of another carrier that contains one of the same numbers and has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherOrder {
    /// The order.
    pub order_id: OrderId,
    /// Its state: Telnyx's status as last read, or `authorizing` while a decision to authorize is in effect.
    pub standing: String,
}

/// Returns the orders of other carriers, in any account, that contain one of the numbers and can still take it: not
/// ported, completed, rejected or canceled. An order without a SPID counts as another carrier's.
///
/// Every order is committed with its numbers before its facts are gathered. If two orders are processed at the same
/// time, at least one therefore sees the other, regardless of the replicas.
pub async fn other_orders(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    order: &OrderId,
    spid: Option<&Spid>,
    numbers: &[PhoneNumber],
) -> Result<Vec<OtherOrder>, StoreError> {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    // MATERIALIZED, so that the number index is used first.
    let rows = sqlx::query!(
        r#"-- other_orders
        with of_numbers as materialized (
            select account, order_id, spid, status from orders
            where phone_numbers && $1 and phone_numbers <> '{}' and (account <> $2 or order_id <> $3)
        )
        select o.order_id, coalesce(o.status, 'not read yet') as "status!",
            (coalesce(o.status, 'pending') = 'pending' and d.action = 'authorize' and d.mode = 'enforce')
                is true as "authorizing!"
        from of_numbers o
        left join episodes e on e.account = o.account and e.order_id = o.order_id and e.closed_at is null
        left join decisions d on d.id = e.decision_id
        where (o.spid is null or $4::text is null or o.spid <> $4)
            and coalesce(o.status, 'pending') not in ('ported', 'completed', 'rejected', 'canceled')
        order by o.account, o.order_id"#,
        &numbers,
        account.as_str(),
        order.as_str(),
        spid.map(Spid::as_str),
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(OtherOrder {
                order_id: parsed(&row.order_id)?,
                standing: if row.authorizing {
                    "authorizing".to_owned()
                } else {
                    row.status
                },
            })
        })
        .collect()
}

/// Returns a text that changes when the register's rows of some numbers, the existence of the account's register, or
/// the events about the order's PIN change. It contains no PIN and nothing derived from one.
pub async fn register_stamp(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    order: &OrderId,
    numbers: &[PhoneNumber],
) -> Result<String, StoreError> {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    Ok(sqlx::query_scalar!(
        r#"-- register_stamp
        select concat_ws(' ',
            exists (select from numbers where account = $1)::text,
            (select max(id) from events where account = $1 and order_id = $2 and pin_check is not null)::text,
            (select string_agg(format('%s %s %s', number, frozen, updated_at), ' ' order by number)
                from numbers where account = $1 and number = any ($3))
        ) as "stamp!""#,
        account.as_str(),
        order.as_str(),
        &numbers,
    )
    .fetch_one(db)
    .await?)
}
