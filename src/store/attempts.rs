//! Attempts to send an answer: the intent, recorded before the call, and the outcome, recorded after it.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::columns::{one, parsed, text};
use super::{StoreError, readable};
use crate::domain::{Outcome, Target};

/// An attempt to send an answer, before the call.
#[derive(Debug, Clone)]
pub struct NewAttempt {
    /// The attempt's ID.
    pub id: Uuid,
    /// The episode that it answers.
    pub episode_id: Uuid,
    /// The decision that it carries out.
    pub decision_id: Uuid,
    /// The number of the attempt in its episode, from 1.
    pub number: i32,
    /// The requested status.
    pub target: Target,
    /// The rejection code that is sent, if any.
    pub code: Option<i64>,
    /// The text sent.
    pub reason: String,
    /// Whether messaging stays at Telnyx.
    pub host_messaging: bool,
    /// When the intent was recorded.
    pub started_at: Timestamp,
}

/// The end of an attempt.
#[derive(Debug, Clone)]
pub struct AttemptEnd {
    /// The class of the outcome, which determines the next step.
    pub outcome: Outcome,
    /// The HTTP status, if there was a response.
    pub http_status: Option<u16>,
    /// Telnyx's response.
    pub response: Vec<u8>,
    /// The error, as a sentence.
    pub error: Option<String>,
    /// When it ended.
    pub ended_at: Timestamp,
}

/// A recorded attempt, without PINs in its texts.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The attempt's ID.
    pub id: Uuid,
    /// The number of the attempt in its episode, from 1.
    pub number: i32,
    /// The requested status.
    pub target: Target,
    /// The rejection code sent.
    pub code: Option<i64>,
    /// The text sent.
    pub reason: String,
    /// When the intent was recorded.
    pub started_at: Timestamp,
    /// When it ended. `None` while it is in progress, or if the process died during it.
    pub ended_at: Option<Timestamp>,
    /// The outcome.
    pub outcome: Option<Outcome>,
    /// The HTTP status, if there was a response.
    pub http_status: Option<i32>,
    /// Telnyx's response.
    pub response: Option<Vec<u8>>,
    /// The error.
    pub error: Option<String>,
}

struct Row {
    id: Uuid,
    number: i32,
    target: String,
    code: Option<i64>,
    reason: String,
    started_at: jiff_sqlx::Timestamp,
    ended_at: Option<jiff_sqlx::Timestamp>,
    outcome: Option<String>,
    http_status: Option<i32>,
    response: Option<Vec<u8>>,
    error: Option<String>,
}

/// Records the intent. Commit it before making the call.
pub async fn insert_attempt(db: impl PgExecutor<'_>, attempt: &NewAttempt) -> Result<(), StoreError> {
    sqlx::query!(
        "-- insert_attempt
        insert into attempts (id, episode_id, decision_id, number, target, code, reason, host_messaging, started_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        attempt.id,
        attempt.episode_id,
        attempt.decision_id,
        attempt.number,
        attempt.target.as_ref(),
        attempt.code,
        attempt.reason,
        attempt.host_messaging,
        attempt.started_at.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Records the end of an attempt. An attempt ends once.
pub async fn end_attempt(db: impl PgExecutor<'_>, id: Uuid, end: &AttemptEnd) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "-- end_attempt
        update attempts set outcome = $2, http_status = $3, response = $4, error = $5, ended_at = $6
        where id = $1 and ended_at is null",
        id,
        end.outcome.as_ref(),
        end.http_status.map(i32::from),
        end.response,
        text(end.error.as_deref()),
        end.ended_at.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    one(done.rows_affected(), "attempt")
}

/// Returns the attempt of an episode without an outcome: the process died during it.
pub async fn unfinished_attempt(db: impl PgExecutor<'_>, episode: Uuid) -> Result<Option<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        "-- unfinished_attempt
        select id from attempts where episode_id = $1 and ended_at is null",
        episode
    )
    .fetch_optional(db)
    .await?)
}

/// Counts the attempts of an episode for one decision that ended with an outcome.
pub async fn count_outcomes(
    db: impl PgExecutor<'_>,
    episode: Uuid,
    decision: Uuid,
    outcome: Outcome,
) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"-- count_outcomes
        select count(*) as "count!" from attempts where episode_id = $1 and decision_id = $2 and outcome = $3"#,
        episode,
        decision,
        outcome.as_ref()
    )
    .fetch_one(db)
    .await?)
}

/// Returns the attempts for a decision, in order.
pub async fn attempts_of(db: impl PgExecutor<'_>, decision: Uuid) -> Result<Vec<Attempt>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "-- attempts_of
        select id, number, target, code, reason, started_at, ended_at, outcome, http_status, response, error
        from attempts where decision_id = $1 order by number",
        decision
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Attempt::try_from).collect()
}

impl TryFrom<Row> for Attempt {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            number: row.number,
            target: parsed(&row.target)?,
            code: row.code,
            reason: readable::sentence(&row.reason),
            started_at: row.started_at.to_jiff(),
            ended_at: row.ended_at.map(jiff_sqlx::Timestamp::to_jiff),
            outcome: row.outcome.as_deref().map(parsed).transpose()?,
            http_status: row.http_status,
            response: readable::body(row.response),
            error: readable::text(row.error),
        })
    }
}
