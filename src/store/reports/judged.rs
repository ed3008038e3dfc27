//! The decisions of the rules with their outcomes: one row per episode.
//!
//! The outcome of an episode is determined in the same way here and in `rule_stats`: *overridden* if a person decided
//! differently from the rules' authorize or reject; *bounced* if another episode followed our rejection; *by silence*
//! if the order was authorized and we sent nothing.

use futures_util::{Stream, TryStreamExt};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgExecutor, PgPool};

use crate::domain::{AccountName, Action, Cause, OrderId};
use crate::store::StoreError;
use crate::store::columns::parsed;

/// The last decision of the rules in one episode, and the outcome of the episode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The account.
    pub account: AccountName,
    /// The order.
    pub order_id: OrderId,
    /// Its `PO_…` key.
    pub support_key: Option<String>,
    /// The number of the episode.
    pub episode: i32,
    /// The action.
    pub action: Action,
    /// The rule that decided, or `None` if no rule did.
    pub rule: Option<String>,
    /// The cause of a rejection.
    pub cause: Option<Cause>,
    /// The facts, as a JSON object.
    pub facts: String,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// Another episode of the same order followed our rejection.
    pub bounced: bool,
    /// A person decided differently from the rules' authorize or reject.
    pub overridden: bool,
    /// The order was authorized, and we sent nothing.
    pub by_silence: bool,
}

/// Streams every episode whose last decision of the rules was made at or after `since`, newest first, so that any
/// number of them can be processed.
pub fn judged(
    pool: &PgPool,
    since: Timestamp,
) -> impl Stream<Item = Result<Judged, StoreError>> + Send + Unpin + '_ {
    let rows = sqlx::query_as!(
        Row,
        r#"-- judged
        select d.account, d.order_id, o.support_key, d.episode, d.action, d.rule, d.cause, d.facts, d.decided_at,
            (e.sent_target = 'rejected-pending' and exists (
                select from episodes further
                where further.account = e.account and further.order_id = e.order_id and further.number > e.number
            )) is true as "bounced!",
            (d.action <> 'hold' and exists (
                select from decisions person
                where person.account = d.account and person.order_id = d.order_id and person.episode = d.episode
                    and person.decided_by = 'person' and person.action <> d.action
            )) as "overridden!",
            (e.sent_target is null and e.ended_as in ('authorized', 'ported', 'completed')) is true as "by_silence!"
        from decisions d
        join episodes e on e.account = d.account and e.order_id = d.order_id and e.number = d.episode
        join orders o on o.account = d.account and o.order_id = d.order_id
        where d.decided_by = 'rule' and d.decided_at >= $1 and not exists (
            select from decisions later
            where later.account = d.account and later.order_id = d.order_id and later.episode = d.episode
                and later.decided_by = 'rule' and later.seq > d.seq
        )
        order by d.seq desc"#,
        since.to_sqlx() as jiff_sqlx::Timestamp,
    );
    rows.fetch(pool)
        .map_err(StoreError::from)
        .and_then(|row| std::future::ready(Judged::try_from(row)))
}

/// Counts the decisions of the rules at or after `since`: at least as many as the rows of [`judged`].
pub async fn count_judged(db: impl PgExecutor<'_>, since: Timestamp) -> Result<u64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"-- count_judged
        select count(*) as "count!" from decisions where decided_by = 'rule' and decided_at >= $1"#,
        since.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .fetch_one(db)
    .await?;
    Ok(count.unsigned_abs())
}

struct Row {
    account: String,
    order_id: String,
    support_key: Option<String>,
    episode: i32,
    action: String,
    rule: Option<String>,
    cause: Option<String>,
    facts: String,
    decided_at: jiff_sqlx::Timestamp,
    bounced: bool,
    overridden: bool,
    by_silence: bool,
}

impl TryFrom<Row> for Judged {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            account: parsed(&row.account)?,
            order_id: parsed(&row.order_id)?,
            support_key: row.support_key,
            episode: row.episode,
            action: parsed(&row.action)?,
            rule: row.rule,
            cause: row.cause.as_deref().map(parsed).transpose()?,
            facts: row.facts,
            decided_at: row.decided_at.to_jiff(),
            bounced: row.bounced,
            overridden: row.overridden,
            by_silence: row.by_silence,
        })
    }
}
