//! Decisions. The table is append-only, and each row is chained to the previous one.

use futures_util::TryStreamExt;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::StoreError;
use super::chain::{self, Chain, ChainHash, Link, Walk};
use super::columns::{parsed, text};
use crate::domain::{AccountName, Action, Cause, DecidedBy, Mode, OrderId};

/// Converts a row to a decision. Every statement that selects these columns uses the same names.
macro_rules! decision_row {
    ($row:ident) => {
        $crate::store::decisions::Row {
            id: $row.id,
            account: $row.account,
            order_id: $row.order_id,
            episode: $row.episode,
            action: $row.action,
            decided_by: $row.decided_by,
            person: $row.person,
            rule: $row.rule,
            rule_set: $row.rule_set,
            cause: $row.cause,
            reason: $row.reason,
            host_messaging: $row.host_messaging,
            mode: $row.mode,
            facts: $row.facts,
            trace: $row.trace,
            supersedes: $row.supersedes,
            decided_at: $row.decided_at,
        }
    };
}
pub(in crate::store) use decision_row;

/// A decision with everything it is based on. It is recorded before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The decision's ID.
    pub id: Uuid,
    /// The account whose order it is.
    pub account: AccountName,
    /// The order.
    pub order_id: OrderId,
    /// The number of the order's episode.
    pub episode: i32,
    /// What was decided.
    pub action: Action,
    /// Who or what decided.
    pub by: DecidedBy,
    /// The name of the person, if a person decided.
    pub person: Option<String>,
    /// The rule that decided. `None` if no rule did (`no_match`, `on_unknown`, a person, the clock).
    pub rule: Option<String>,
    /// The rule set that was active.
    pub rule_set: Option<[u8; 32]>,
    /// The neutral cause of a rejection.
    pub cause: Option<Cause>,
    /// The reason: sent to Telnyx with an answer, or shown to a person for a hold.
    pub reason: Option<String>,
    /// Whether messaging should stay at Telnyx.
    pub host_messaging: bool,
    /// Whether the decision is acted on.
    pub mode: Mode,
    /// The facts, as a JSON object.
    pub facts: String,
    /// How the decision was reached, as JSON.
    pub trace: String,
    /// The decision of the same episode that it replaces.
    pub supersedes: Option<Uuid>,
    /// When it was made, to the microsecond.
    pub decided_at: Timestamp,
}

impl Decision {
    /// Returns the row's hash after a previous hash.
    #[must_use]
    pub fn hash(&self, prev: &ChainHash) -> ChainHash {
        let bytes = |value: Option<&str>| value.map(|text| text.as_bytes().to_vec());
        let optional = [
            bytes(self.person.as_deref()),
            bytes(self.rule.as_deref()),
            self.rule_set.map(|hash| hash.to_vec()),
            bytes(self.cause.as_ref().map(AsRef::as_ref)),
            bytes(self.reason.as_deref()),
            self.supersedes.map(|id| id.as_bytes().to_vec()),
        ];
        let (episode, at) = (
            self.episode.to_be_bytes(),
            self.decided_at.as_microsecond().to_be_bytes(),
        );
        let host_messaging = [u8::from(self.host_messaging)];
        let mut fields: Vec<&[u8]> = vec![
            Chain::Decisions.as_ref().as_bytes(),
            self.id.as_bytes(),
            self.account.as_str().as_bytes(),
            self.order_id.as_str().as_bytes(),
            &episode,
            self.action.as_ref().as_bytes(),
            self.by.as_ref().as_bytes(),
            &host_messaging,
            self.mode.as_ref().as_bytes(),
            self.facts.as_bytes(),
            self.trace.as_bytes(),
            &at,
        ];
        for field in &optional {
            fields.extend(chain::nullable(field.as_deref()));
        }
        chain::hash(prev, &fields)
    }
}

/// Appends a decision to the chain. This needs a transaction: the chain stays locked until it ends, so call this last.
pub async fn insert_decision(transaction: &mut PgConnection, decision: &Decision) -> Result<(), StoreError> {
    let prev = chain::lock_head(transaction, Chain::Decisions).await?;
    let hash = decision.hash(&prev);
    sqlx::query!(
        "-- insert_decision
        insert into decisions (id, account, order_id, episode, action, decided_by, person, rule, rule_set, cause,
            reason, host_messaging, mode, facts, trace, supersedes, decided_at, prev_hash, hash)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        decision.id,
        decision.account.as_str(),
        decision.order_id.as_str(),
        decision.episode,
        decision.action.as_ref(),
        decision.by.as_ref(),
        decision.person.as_deref(),
        decision.rule.as_deref(),
        decision.rule_set.as_ref().map(<[u8; 32]>::as_slice),
        decision.cause.as_ref().map(AsRef::<str>::as_ref),
        text(decision.reason.as_deref()),
        decision.host_messaging,
        decision.mode.as_ref(),
        decision.facts,
        decision.trace,
        decision.supersedes,
        decision.decided_at.to_sqlx() as jiff_sqlx::Timestamp,
        prev.as_slice(),
        hash.as_slice(),
    )
    .execute(&mut *transaction)
    .await?;
    chain::move_head(transaction, Chain::Decisions, &prev, &hash).await
}

/// Verifies the complete chain row by row. Returns the number of decisions, or where the chain is broken. This needs a
/// snapshot (`repeatable read`), so that nothing is appended between reading the rows and the head.
pub async fn verify_decisions(
    snapshot: &mut PgConnection,
) -> Result<Result<usize, chain::Break>, StoreError> {
    let head = chain::read_head(&mut *snapshot, Chain::Decisions).await?;
    let mut rows = sqlx::query!(
        "-- verify_decisions
        select id, account, order_id, episode, action, decided_by, person, rule, rule_set, cause, reason,
            host_messaging, mode, facts, trace, supersedes, decided_at, prev_hash, hash
        from decisions order by seq"
    )
    .fetch(snapshot);
    let mut walk = Walk::default();
    while let Some(row) = rows.try_next().await? {
        let (prev, stored) = (chain::from_row(&row.prev_hash)?, chain::from_row(&row.hash)?);
        let computed = Decision::try_from(decision_row!(row))?.hash(&prev);
        if let Err(broken) = walk.step(&Link {
            prev,
            stored,
            computed,
        }) {
            return Ok(Err(broken));
        }
    }
    Ok(if walk.last == head {
        Ok(walk.rows)
    } else {
        Err(chain::Break::CutOff(walk.rows))
    })
}

/// Returns a decision by its ID.
pub async fn decision(db: impl PgExecutor<'_>, id: Uuid) -> Result<Option<Decision>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "-- decision
        select id, account, order_id, episode, action, decided_by, person, rule, rule_set, cause, reason,
            host_messaging, mode, facts, trace, supersedes, decided_at
        from decisions where id = $1",
        id
    )
    .fetch_optional(db)
    .await?;
    row.map(Decision::try_from).transpose()
}

/// Returns the traces of an order's decisions, newest first, at most 100.
pub async fn traces_of_order(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    order: &OrderId,
) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        "-- traces_of_order
        select trace from decisions where account = $1 and order_id = $2 order by seq desc limit 100",
        account.as_str(),
        order.as_str(),
    )
    .fetch_all(db)
    .await?)
}

pub(in crate::store) struct Row {
    pub(in crate::store) id: Uuid,
    pub(in crate::store) account: String,
    pub(in crate::store) order_id: String,
    pub(in crate::store) episode: i32,
    pub(in crate::store) action: String,
    pub(in crate::store) decided_by: String,
    pub(in crate::store) person: Option<String>,
    pub(in crate::store) rule: Option<String>,
    pub(in crate::store) rule_set: Option<Vec<u8>>,
    pub(in crate::store) cause: Option<String>,
    pub(in crate::store) reason: Option<String>,
    pub(in crate::store) host_messaging: bool,
    pub(in crate::store) mode: String,
    pub(in crate::store) facts: String,
    pub(in crate::store) trace: String,
    pub(in crate::store) supersedes: Option<Uuid>,
    pub(in crate::store) decided_at: jiff_sqlx::Timestamp,
}

impl TryFrom<Row> for Decision {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            account: parsed(&row.account)?,
            order_id: parsed(&row.order_id)?,
            episode: row.episode,
            action: parsed(&row.action)?,
            by: parsed(&row.decided_by)?,
            person: row.person,
            rule: row.rule,
            rule_set: row.rule_set.and_then(|hash| hash.try_into().ok()),
            cause: row.cause.as_deref().map(parsed).transpose()?,
            reason: row.reason,
            host_messaging: row.host_messaging,
            mode: parsed(&row.mode)?,
            facts: row.facts,
            trace: row.trace,
            supersedes: row.supersedes,
            decided_at: row.decided_at.to_jiff(),
        })
    }
}
