//! What people ask of the record: lists of decisions and orders, and what waits for somebody.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::StoreError;
use super::decisions::{Decision, Row as DecisionRow};
use super::orders::parsed;
use crate::domain::{AccountName, AnswerState, EpisodeState, OrderId};

/// Which decisions to list, newest first.
#[derive(Debug, Clone, Default)]
pub struct DecisionFilter {
    /// Of one order: its id or its `PO_…` key.
    pub order: Option<String>,
    /// With one action.
    pub action: Option<String>,
    /// By one kind of judge.
    pub by: Option<String>,
    /// By one rule.
    pub rule: Option<String>,
    /// Made at or after.
    pub since: Option<Timestamp>,
    /// Made before; the time of the last row seen pages on.
    pub before: Option<Timestamp>,
}

/// A decision beside what became of it.
#[derive(Debug, Clone)]
pub struct DecisionReport {
    /// The decision.
    pub decision: Decision,
    /// The order's `PO_…` key.
    pub support_key: Option<String>,
    /// How far its answer has come; `none` for one that was superseded.
    pub answer: AnswerState,
    /// The last code sent for it.
    pub code: Option<i64>,
}

/// An order that waits for somebody, or whose answer is not confirmed.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The account.
    pub account: AccountName,
    /// The order.
    pub order_id: OrderId,
    /// Its `PO_…` key.
    pub support_key: Option<String>,
    /// Its numbers.
    pub phone_numbers: Vec<String>,
    /// The gaining carrier's SPID.
    pub spid: Option<String>,
    /// The gaining carrier's name.
    pub carrier_name: Option<String>,
    /// Which stay in `pending`; 0 before the first read.
    pub episode: i32,
    /// Where the stay stands.
    pub state: EpisodeState,
    /// How far the answer has come.
    pub answer: AnswerState,
    /// Our deadline.
    pub decide_by: Option<Timestamp>,
    /// When the deadline was found to have passed.
    pub deadline_passed_at: Option<Timestamp>,
    /// When the order came to Telnyx.
    pub inserted_at: Option<Timestamp>,
    /// The decision in force: its action, rule, mode and reason.
    pub decision: Option<WaitingDecision>,
    /// What a person has to look at.
    pub trouble: Option<String>,
}

/// What is said of the decision in force for an order that waits.
#[derive(Debug, Clone)]
pub struct WaitingDecision {
    /// Its id.
    pub id: Uuid,
    /// Its action.
    pub action: String,
    /// Its rule.
    pub rule: Option<String>,
    /// Shadow or enforce.
    pub mode: String,
    /// Its reason.
    pub reason: Option<String>,
}

/// An order as the record knows it.
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
    /// When the order came to Telnyx.
    pub inserted_at: Option<Timestamp>,
    /// When we first heard of it.
    pub first_seen_at: Timestamp,
    /// When it was last read.
    pub read_at: Option<Timestamp>,
    /// Our deadline.
    pub decide_by: Option<Timestamp>,
    /// What keeps us from reading it.
    pub trouble: Option<String>,
    /// The order as last read, as JSON.
    pub body: Option<Vec<u8>>,
}

/// Decisions, newest first.
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
                decision: Decision::try_from(DecisionRow {
                    id: row.id,
                    account: row.account,
                    order_id: row.order_id,
                    episode: row.episode,
                    action: row.action,
                    decided_by: row.decided_by,
                    person: row.person,
                    rule: row.rule,
                    rule_set: row.rule_set,
                    cause: row.cause,
                    reason: row.reason,
                    host_messaging: row.host_messaging,
                    mode: row.mode,
                    facts: row.facts,
                    trace: row.trace,
                    supersedes: row.supersedes,
                    decided_at: row.decided_at,
                })?,
            })
        })
        .collect()
}

/// Every order that nobody has answered yet, or whose answer is not confirmed, most urgent first.
pub async fn list_waiting(db: impl PgExecutor<'_>) -> Result<Vec<Waiting>, StoreError> {
    let rows = sqlx::query!(
        r#"-- list_waiting
        select o.account, o.order_id, o.support_key, o.phone_numbers, o.spid, o.carrier_name, o.inserted_at,
            o.trouble as order_trouble, coalesce(e.number, 0) as "episode!", coalesce(e.state, 'open') as "state!",
            coalesce(e.answer_state, 'none') as "answer!", coalesce(e.decide_by, o.decide_by) as "decide_by",
            e.deadline_passed_at as "deadline_passed_at?", e.trouble as "trouble?", d.id as "decision?",
            d.action as "action?", d.rule as "rule?", d.mode as "mode?", d.reason as "reason?"
        from orders o
        left join episodes e on e.account = o.account and e.order_id = o.order_id and e.closed_at is null
        left join decisions d on d.id = e.decision_id
        where e.id is not null or (o.status = 'pending' and o.due_at is not null) or o.trouble is not null
        order by coalesce(e.decide_by, o.decide_by) nulls first, o.first_seen_at"#
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Waiting {
                account: parsed(&row.account)?,
                order_id: parsed(&row.order_id)?,
                support_key: row.support_key,
                phone_numbers: row.phone_numbers,
                spid: row.spid,
                carrier_name: row.carrier_name,
                episode: row.episode,
                state: parsed(&row.state)?,
                answer: parsed(&row.answer)?,
                decide_by: row.decide_by.map(jiff_sqlx::Timestamp::to_jiff),
                deadline_passed_at: row.deadline_passed_at.map(jiff_sqlx::Timestamp::to_jiff),
                inserted_at: row.inserted_at.map(jiff_sqlx::Timestamp::to_jiff),
                trouble: row.trouble.or(row.order_trouble),
                decision: row
                    .decision
                    .zip(row.action)
                    .zip(row.mode)
                    .map(|((id, action), mode)| WaitingDecision {
                        id,
                        action,
                        rule: row.rule,
                        mode,
                        reason: row.reason,
                    }),
            })
        })
        .collect()
}

/// Known orders, the newest first.
pub async fn list_orders(
    db: impl PgExecutor<'_>,
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
        order by first_seen_at desc, order_id
        limit $3",
        status,
        before.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        limit,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(KnownOrder::try_from).collect()
}

/// The orders with this id or this `PO_…` key: none, one, or one in each of several accounts.
pub async fn find_orders(db: impl PgExecutor<'_>, id_or_key: &str) -> Result<Vec<KnownOrder>, StoreError> {
    let rows = sqlx::query_as!(
        KnownRow,
        "-- find_orders
        select account, order_id, support_key, status, phone_numbers, spid, carrier_name, inserted_at, first_seen_at,
            read_at, decide_by, trouble, body
        from orders where order_id = $1 or support_key = $1 order by account, first_seen_at desc",
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
            carrier_name: row.carrier_name,
            inserted_at: row.inserted_at.map(jiff_sqlx::Timestamp::to_jiff),
            first_seen_at: row.first_seen_at.to_jiff(),
            read_at: row.read_at.map(jiff_sqlx::Timestamp::to_jiff),
            decide_by: row.decide_by.map(jiff_sqlx::Timestamp::to_jiff),
            trouble: row.trouble,
            body: row.body,
        })
    }
}
