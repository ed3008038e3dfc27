//! The history of one order.

use jiff::Timestamp;
use sqlx::PgExecutor;

use crate::domain::{AccountName, Episode, OrderId};
use crate::store::episodes::Row;
use crate::store::{StoreError, readable};

/// An event as it stands in the record, without its body.
#[derive(Debug, Clone)]
pub struct KeptEvent {
    /// Our number for it, growing.
    pub id: i64,
    /// The way it came: `webhook`, `events-api` or `list`.
    pub source: String,
    /// Telnyx's type.
    pub event_type: Option<String>,
    /// What could be made of it.
    pub parsed: String,
    /// When it happened, by Telnyx.
    pub occurred_at: Option<Timestamp>,
    /// When it reached us.
    pub received_at: Timestamp,
    /// How its PIN compared with the register.
    pub pin_check: Option<String>,
    /// Whether it was signed too long before it reached us.
    pub late: bool,
}

/// Every stay of an order in `pending`, first to last.
pub async fn episodes_of(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    order: &OrderId,
) -> Result<Vec<Episode>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "-- episodes_of
        select id, account, order_id, number, state, opened_at, decide_by, deadline_passed_at, closed_at, ended_as,
            decision_id, answer_state, sent_target, target_binds, attempts, reads, pending_read_at, verified_at, trouble
        from episodes where account = $1 and order_id = $2 order by number",
        account.as_str(),
        order.as_str(),
    )
    .fetch_all(db)
    .await?;
    let readable = |episode: Episode| Episode {
        trouble: readable::text(episode.trouble),
        ..episode
    };
    rows.into_iter()
        .map(|row| Episode::try_from(row).map(readable))
        .collect()
}

/// Everything that was heard of an order, first to last.
pub async fn events_of(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    order: &OrderId,
) -> Result<Vec<KeptEvent>, StoreError> {
    let rows = sqlx::query!(
        "-- events_of
        select id, source, event_type, parsed, occurred_at, received_at, pin_check, late
        from events where account = $1 and order_id = $2 order by id",
        account.as_str(),
        order.as_str(),
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| KeptEvent {
            id: row.id,
            source: row.source,
            event_type: readable::field(row.event_type),
            parsed: row.parsed,
            occurred_at: row.occurred_at.map(jiff_sqlx::Timestamp::to_jiff),
            received_at: row.received_at.to_jiff(),
            pin_check: row.pin_check,
            late: row.late,
        })
        .collect())
}
