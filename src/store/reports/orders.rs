//! Lists of orders.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;

use crate::domain::{AccountName, OrderId};
use crate::store::columns::parsed;
use crate::store::{StoreError, readable};

/// An order in the database, without PINs in its texts.
#[derive(Debug, Clone)]
pub struct KnownOrder {
    /// The account.
    pub account: AccountName,
    /// The order.
    pub order_id: OrderId,
    /// Its `PO_…` key.
    pub support_key: Option<String>,
    /// Telnyx's status at the last read.
    pub status: Option<String>,
    /// Its numbers.
    pub phone_numbers: Vec<String>,
    /// The gaining carrier's SPID.
    pub spid: Option<String>,
    /// The gaining carrier's name.
    pub carrier_name: Option<String>,
    /// When the order arrived at Telnyx.
    pub inserted_at: Option<Timestamp>,
    /// When it was first recorded.
    pub first_seen_at: Timestamp,
    /// When it was last read.
    pub read_at: Option<Timestamp>,
    /// Our deadline.
    pub decide_by: Option<Timestamp>,
    /// Why it cannot be read.
    pub trouble: Option<String>,
    /// The order as it was last read, as JSON.
    pub body: Option<Vec<u8>>,
}

/// Lists known orders, newest first.
pub async fn list_orders(
    db: impl PgExecutor<'_>,
    account: Option<&AccountName>,
    status: Option<&str>,
    before: Option<Timestamp>,
    limit: i64,
) -> Result<Vec<KnownOrder>, StoreError> {
    let rows = sqlx::query_as!(
        KnownRow,
        "-- list_orders
        select account, order_id, support_key, status, phone_numbers, spid, carrier_name, inserted_at, first_seen_at,
            read_at, decide_by, trouble, body
        from orders
        where ($1::text is null or status = $1) and ($2::timestamptz is null or first_seen_at < $2)
            and ($4::text is null or account = $4)
        order by first_seen_at desc, order_id
        limit $3",
        status,
        before.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        limit,
        account.map(AccountName::as_str),
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(KnownOrder::try_from).collect()
}

/// Returns the orders with this ID or `PO_…` key: none, one, or one in each of several accounts.
pub async fn find_orders(db: impl PgExecutor<'_>, id_or_key: &str) -> Result<Vec<KnownOrder>, StoreError> {
    let rows = sqlx::query_as!(
        KnownRow,
        "-- find_orders
        select account, order_id, support_key, status, phone_numbers, spid, carrier_name, inserted_at, first_seen_at,
            read_at, decide_by, trouble, body
        from orders where order_id in ($1, lower($1)) or support_key = $1 order by account, first_seen_at desc",
        id_or_key,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(KnownOrder::try_from).collect()
}

struct KnownRow {
    account: String,
    order_id: String,
    support_key: Option<String>,
    status: Option<String>,
    phone_numbers: Vec<String>,
    spid: Option<String>,
    carrier_name: Option<String>,
    inserted_at: Option<jiff_sqlx::Timestamp>,
    first_seen_at: jiff_sqlx::Timestamp,
    read_at: Option<jiff_sqlx::Timestamp>,
    decide_by: Option<jiff_sqlx::Timestamp>,
    trouble: Option<String>,
    body: Option<Vec<u8>>,
}

impl TryFrom<KnownRow> for KnownOrder {
    type Error = StoreError;

    fn try_from(row: KnownRow) -> Result<Self, StoreError> {
        Ok(Self {
            account: parsed(&row.account)?,
            order_id: parsed(&row.order_id)?,
            support_key: row.support_key,
            status: row.status,
            phone_numbers: row.phone_numbers,
            spid: row.spid,
            carrier_name: readable::field(row.carrier_name),
            inserted_at: row.inserted_at.map(jiff_sqlx::Timestamp::to_jiff),
            first_seen_at: row.first_seen_at.to_jiff(),
            read_at: row.read_at.map(jiff_sqlx::Timestamp::to_jiff),
            decide_by: row.decide_by.map(jiff_sqlx::Timestamp::to_jiff),
            trouble: readable::text(row.trouble),
            body: readable::body(row.body),
        })
    }
}
