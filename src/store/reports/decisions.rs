//! Lists of decisions.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::domain::AnswerState;
use crate::store::columns::parsed;
use crate::store::decisions::{Decision, decision_row};
use crate::store::{StoreError, readable};

/// Which decisions to list, newest first.
#[derive(Debug, Clone, Default)]
pub struct DecisionFilter {
    /// Only of this order: its ID or its `PO_…` key.
    pub order: Option<String>,
    /// Only with this action.
    pub action: Option<String>,
    /// Only by this kind of decider.
    pub by: Option<String>,
    /// Only by this rule.
    pub rule: Option<String>,
    /// Only made at or after this time.
    pub since: Option<Timestamp>,
    /// Only made before this time. Pass the time of the last row to get the next page.
    pub before: Option<Timestamp>,
}

/// A decision with its outcome, without PINs in its texts.
#[derive(Debug, Clone)]
pub struct DecisionReport {
    /// The decision.
    pub decision: Decision,
    /// The order's `PO_…` key.
    pub support_key: Option<String>,
    /// The state of its answer; `none` for a decision that was superseded.
    pub answer: AnswerState,
    /// The last rejection code that was sent for it.
    pub code: Option<i64>,
    /// What requires a person's attention, if this is the current decision.
    pub trouble: Option<String>,
}

/// Lists decisions, newest first.
pub async fn list_decisions(
    db: impl PgExecutor<'_>,
    filter: &DecisionFilter,
    limit: i64,
) -> Result<Vec<DecisionReport>, StoreError> {
    let rows = sqlx::query!(
        r#"-- list_decisions
        select d.id, d.account, d.order_id, d.episode, d.action, d.decided_by, d.person, d.rule, d.rule_set, d.cause,
            d.reason, d.host_messaging, d.mode, d.facts, d.trace, d.supersedes, d.decided_at, o.support_key,
            case when e.decision_id = d.id then e.answer_state else 'none' end as "answer!",
            case when e.decision_id = d.id then e.trouble end as trouble,
            (select a.code from attempts a where a.decision_id = d.id order by a.number desc limit 1) as "code?"
        from decisions d
        join orders o on o.account = d.account and o.order_id = d.order_id
        join episodes e on e.account = d.account and e.order_id = d.order_id and e.number = d.episode
        where ($1::text is null or d.order_id = $1 or o.support_key = $1)
            and ($2::text is null or d.action = $2)
            and ($3::text is null or d.decided_by = $3)
            and ($4::text is null or d.rule = $4)
            and ($5::timestamptz is null or d.decided_at >= $5)
            and ($6::timestamptz is null or d.decided_at < $6)
        order by d.decided_at desc, d.seq desc
        limit $7"#,
        filter.order,
        filter.action,
        filter.by,
        filter.rule,
        filter.since.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        filter.before.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        limit,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(DecisionReport {
                answer: parsed(&row.answer)?,
                support_key: row.support_key,
                code: row.code,
                trouble: readable::text(row.trouble),
                decision: readable::decision(Decision::try_from(decision_row!(row))?),
            })
        })
        .collect()
}

/// Returns one decision by its ID, with its outcome.
pub async fn decision_report(
    db: impl PgExecutor<'_> + Copy,
    id: Uuid,
) -> Result<Option<DecisionReport>, StoreError> {
    let order = sqlx::query_scalar!(
        "-- decision_report\nselect order_id from decisions where id = $1",
        id
    )
    .fetch_optional(db)
    .await?;
    let Some(order) = order else { return Ok(None) };
    let filter = DecisionFilter {
        order: Some(order),
        ..DecisionFilter::default()
    };
    let all = list_decisions(db, &filter, i64::from(i32::MAX)).await?;
    Ok(all.into_iter().find(|report| report.decision.id == id))
}
