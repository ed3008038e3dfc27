//! Orders that wait for a person or for confirmation.

use jiff::Timestamp;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::domain::{AccountName, AnswerState, EpisodeState, OrderId};
use crate::store::columns::parsed;
use crate::store::{StoreError, readable};

/// An order that requires attention, or whose answer is not confirmed.
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
    /// The number of its episode; 0 before the first read.
    pub episode: i32,
    /// The state of the episode.
    pub state: EpisodeState,
    /// The state of the answer.
    pub answer: AnswerState,
    /// Our deadline.
    pub decide_by: Option<Timestamp>,
    /// Whether Telnyx has not said when the order arrived, so that it may be older than the deadline assumes.
    pub arrival_uncertain: bool,
    /// When it was last read from Telnyx.
    pub read_at: Option<Timestamp>,
    /// When the deadline was found to have passed.
    pub deadline_passed_at: Option<Timestamp>,
    /// When the order arrived at Telnyx.
    pub inserted_at: Option<Timestamp>,
    /// The current decision: its action, rule, mode and reason.
    pub decision: Option<WaitingDecision>,
    /// What requires a person's attention.
    pub trouble: Option<String>,
}

/// The current decision about an order that waits.
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

/// Lists every order that is not known to have left `pending`, whose answer is not confirmed, or which cannot be read:
/// first those that may be older than is known, then by deadline.
pub async fn list_waiting(db: impl PgExecutor<'_>) -> Result<Vec<Waiting>, StoreError> {
    let rows = sqlx::query!(
        r#"-- list_waiting
        select o.account, o.order_id, o.support_key, o.phone_numbers, o.spid, o.carrier_name, o.inserted_at,
            o.arrival_uncertain, o.read_at, o.trouble as order_trouble, coalesce(e.number, 0) as "episode!", coalesce(e.state, 'open') as "state!",
            coalesce(e.answer_state, 'none') as "answer!", least(e.decide_by, o.decide_by) as "decide_by",
            coalesce(e.deadline_passed_at, o.deadline_passed_at) as "deadline_passed_at", e.trouble as "trouble?", d.id as "decision?",
            d.action as "action?", d.rule as "rule?", d.mode as "mode?", d.reason as "reason?"
        from orders o
        left join episodes e on e.account = o.account and e.order_id = o.order_id and e.closed_at is null
        left join decisions d on d.id = e.decision_id
        where e.id is not null or o.trouble is not null or o.status is null or o.status not in
            ('authorized', 'ported', 'completed', 'rejected', 'rejected-pending', 'canceled')
        order by o.arrival_uncertain desc, least(e.decide_by, o.decide_by) nulls first, o.first_seen_at"#
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
                carrier_name: readable::field(row.carrier_name),
                episode: row.episode,
                state: parsed(&row.state)?,
                answer: parsed(&row.answer)?,
                decide_by: row.decide_by.map(jiff_sqlx::Timestamp::to_jiff),
                deadline_passed_at: row.deadline_passed_at.map(jiff_sqlx::Timestamp::to_jiff),
                arrival_uncertain: row.arrival_uncertain,
                read_at: row.read_at.map(jiff_sqlx::Timestamp::to_jiff),
                inserted_at: row.inserted_at.map(jiff_sqlx::Timestamp::to_jiff),
                trouble: readable::text(row.trouble.or(row.order_trouble)),
                decision: row
                    .decision
                    .zip(row.action)
                    .zip(row.mode)
                    .map(|((id, action), mode)| WaitingDecision {
                        id,
                        action,
                        rule: row.rule,
                        mode,
                        reason: readable::text(row.reason),
                    }),
            })
        })
        .collect()
}
