//! The history of one order.

use jiff::Timestamp;
use sqlx::PgExecutor;

use crate::domain::{AccountName, Episode, OrderId};
use crate::store::episodes::Row;
use crate::store::{StoreError, readable};

/// An event as it is stored, without its body.
#[derive(Debug, Clone)]
pub struct KeptEvent {
    /// Our increasing number of the event.
    pub id: i64,
    /// Its source: `webhook`, `events-api` or `list`.
    pub source: String,
    /// Telnyx's event type.
    pub event_type: Option<String>,
    /// How far it could be parsed.
    pub parsed: String,
    /// When it occurred, according to Telnyx.
    pub occurred_at: Option<Timestamp>,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The result of comparing its PIN with the register.
    pub pin_check: Option<String>,
    /// Whether it was signed too long before it arrived.
    pub late: bool,
}

/// Returns every episode of an order, oldest first.
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

/// Returns every event about an order, oldest first.
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
