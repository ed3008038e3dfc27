//! Attempts: the intent before the call, the outcome after it.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::columns::{one, parsed, text};
use super::{StoreError, readable};
use crate::domain::{Outcome, Target};

/// One try to send an answer, as it stands before the call.
#[derive(Debug, Clone)]
pub struct NewAttempt {
    /// Our id.
    pub id: Uuid,
    /// The episode it answers.
    pub episode_id: Uuid,
    /// The decision it carries out.
    pub decision_id: Uuid,
    /// 1 for the first try of the episode.
    pub number: i32,
    /// The state asked for.
    pub target: Target,
    /// The rejection code sent, if one is.
    pub code: Option<i64>,
    /// The text sent.
    pub reason: String,
    /// Whether messaging stays.
    pub host_messaging: bool,
    /// When the intent was recorded.
    pub started_at: Timestamp,
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub struct AttemptEnd {
    /// The class, by which the next step is chosen.
    pub outcome: Outcome,
    /// The HTTP status, if an answer came.
    pub http_status: Option<u16>,
    /// What Telnyx said.
    pub response: Vec<u8>,
    /// What went wrong, as a sentence.
    pub error: Option<String>,
    /// When.
    pub ended_at: Timestamp,
}

/// A recorded attempt, without PINs in its texts.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Our id.
    pub id: Uuid,
    /// 1 for the first try of the episode.
    pub number: i32,
    /// The state asked for.
    pub target: Target,
    /// The rejection code sent.
    pub code: Option<i64>,
    /// The text sent.
    pub reason: String,
    /// When the intent was recorded.
    pub started_at: Timestamp,
    /// When it ended; `None` while it runs, or when the process died in it.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// The HTTP status, if an answer came.
    pub http_status: Option<i32>,
    /// What Telnyx said.
    pub response: Option<Vec<u8>>,
    /// What went wrong.
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

/// Records the intent. Must be committed before the call is made.
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

/// Records how an attempt ended; an attempt ends once.
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

/// The attempt of an episode that has no outcome yet: the process died while it ran.
pub async fn unfinished_attempt(db: impl PgExecutor<'_>, episode: Uuid) -> Result<Option<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        "-- unfinished_attempt
        select id from attempts where episode_id = $1 and ended_at is null",
        episode
    )
    .fetch_optional(db)
    .await?)
}

/// How many attempts of an episode under one decision ended in a class.
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

/// The attempts made for a decision, first to last.
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
