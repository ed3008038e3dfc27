//! Episodes: one row per period in which an order is pending. The complete row is written after each move.

use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::StoreError;
use super::columns::{one, parsed};
use crate::domain::{AccountName, Episode, OrderId};

pub(in crate::store) struct Row {
    pub(in crate::store) id: Uuid,
    pub(in crate::store) account: String,
    pub(in crate::store) order_id: String,
    pub(in crate::store) number: i32,
    pub(in crate::store) state: String,
    pub(in crate::store) opened_at: jiff_sqlx::Timestamp,
    pub(in crate::store) decide_by: jiff_sqlx::Timestamp,
    pub(in crate::store) deadline_passed_at: Option<jiff_sqlx::Timestamp>,
    pub(in crate::store) closed_at: Option<jiff_sqlx::Timestamp>,
    pub(in crate::store) ended_as: Option<String>,
    pub(in crate::store) decision_id: Option<Uuid>,
    pub(in crate::store) answer_state: String,
    pub(in crate::store) sent_target: Option<String>,
    pub(in crate::store) target_binds: bool,
    pub(in crate::store) attempts: i32,
    pub(in crate::store) reads: i32,
    pub(in crate::store) pending_read_at: Option<jiff_sqlx::Timestamp>,
    pub(in crate::store) verified_at: Option<jiff_sqlx::Timestamp>,
    pub(in crate::store) trouble: Option<String>,
}

/// Returns the order's latest episode, locked until the transaction ends.
pub async fn lock_latest_episode(
    db: &mut PgConnection,
    account: &AccountName,
    order: &OrderId,
) -> Result<Option<Episode>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "-- lock_latest_episode
        select id, account, order_id, number, state, opened_at, decide_by, deadline_passed_at, closed_at, ended_as,
            decision_id, answer_state, sent_target, target_binds, attempts, reads, pending_read_at, verified_at, trouble
        from episodes where account = $1 and order_id = $2
        order by number desc limit 1
        for update",
        account.as_str(),
        order.as_str(),
    )
    .fetch_optional(db)
    .await?;
    row.map(Episode::try_from).transpose()
}

/// Inserts a new episode.
pub async fn insert_episode(db: impl PgExecutor<'_>, episode: &Episode) -> Result<(), StoreError> {
    sqlx::query!(
        "-- insert_episode
        insert into episodes (id, account, order_id, number, state, opened_at, decide_by, answer_state)
        values ($1, $2, $3, $4, $5, $6, $7, $8)",
        episode.id,
        episode.account.as_str(),
        episode.order_id.as_str(),
        episode.number,
        episode.state.as_ref(),
        episode.opened_at.to_sqlx() as jiff_sqlx::Timestamp,
        episode.decide_by.to_sqlx() as jiff_sqlx::Timestamp,
        episode.answer.as_ref(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes an episode after its moves. The caller holds its lock.
pub async fn save_episode(db: impl PgExecutor<'_>, episode: &Episode) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "-- save_episode
        update episodes set state = $2, deadline_passed_at = $3, closed_at = $4, ended_as = $5, decision_id = $6,
            answer_state = $7, sent_target = $8, attempts = $9, reads = $10, pending_read_at = $11, verified_at = $12,
            trouble = $13, target_binds = $14
        where id = $1",
        episode.id,
        episode.state.as_ref(),
        episode.deadline_passed_at.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        episode.closed_at.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        episode.ended_as.as_deref(),
        episode.decision_id,
        episode.answer.as_ref(),
        episode.sent_target.as_ref().map(AsRef::<str>::as_ref),
        episode.attempts,
        episode.reads,
        episode.pending_read_at.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        episode.verified_at.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        episode.trouble.as_deref(),
        episode.target_binds,
    )
    .execute(db)
    .await?;
    one(done.rows_affected(), "episode")
}

/// Counts the earlier rejections of the order that Telnyx returned to pending.
pub async fn count_bounced_rejections(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    order: &OrderId,
    before_episode: i32,
) -> Result<u32, StoreError> {
    let count = sqlx::query_scalar!(
        r#"-- count_bounced_rejections
        select count(*) as "count!" from episodes
        where account = $1 and order_id = $2 and number < $3 and sent_target = 'rejected-pending'"#,
        account.as_str(),
        order.as_str(),
        before_episode,
    )
    .fetch_one(db)
    .await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

impl TryFrom<Row> for Episode {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            account: parsed(&row.account)?,
            order_id: parsed(&row.order_id)?,
            number: row.number,
            state: parsed(&row.state)?,
            opened_at: row.opened_at.to_jiff(),
            decide_by: row.decide_by.to_jiff(),
            deadline_passed_at: row.deadline_passed_at.map(jiff_sqlx::Timestamp::to_jiff),
            closed_at: row.closed_at.map(jiff_sqlx::Timestamp::to_jiff),
            ended_as: row.ended_as,
            decision_id: row.decision_id,
            answer: parsed(&row.answer_state)?,
            sent_target: row.sent_target.as_deref().map(parsed).transpose()?,
            target_binds: row.target_binds,
            attempts: row.attempts,
            reads: row.reads,
            pending_read_at: row.pending_read_at.map(jiff_sqlx::Timestamp::to_jiff),
            verified_at: row.verified_at.map(jiff_sqlx::Timestamp::to_jiff),
            trouble: row.trouble,
        })
    }
}
