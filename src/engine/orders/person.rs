//! A person's answer: recorded immediately, and sent by the running service.

use jiff::Timestamp;
use sqlx::PgPool;

use super::evaluate::without_nul;
use super::saw::{self, Saw};
use crate::clock::new_id;
use crate::domain::{
    AccountName, Action, Cause, DecidedBy, Grounds, GroundsDigest, Mode, MoveRefused, OrderId, redact_text,
};
use crate::store::decisions::{self, Decision};
use crate::store::{StoreError, episodes, orders};
use crate::telnyx::parse_order;

/// A person's answer to an order.
#[derive(Debug, Clone)]
pub struct PersonsAnswer {
    /// The account whose order it is.
    pub account: AccountName,
    /// The order.
    pub order_id: OrderId,
    /// The action.
    pub action: Action,
    /// The person who answers.
    pub person: String,
    /// The person's reason. It is sent with a rejection and recorded with every decision, in both cases without any
    /// PIN.
    pub reason: String,
    /// The cause of a rejection, `other` by default.
    pub cause: Option<Cause>,
    /// Whether messaging should stay at Telnyx.
    pub host_messaging: bool,
    /// The order as the person saw it: [`grounds_shown`] of what was displayed, or the digest that a client received.
    pub saw: GroundsDigest,
}

/// Why a person's answer was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// The order was never seen pending, or is no longer pending.
    #[error(
        "the order is not pending in the database, so it cannot be answered. Run `portoutd pending` to see which orders are"
    )]
    NotPending,
    /// The state of the episode does not allow it.
    #[error(transparent)]
    Refused(#[from] MoveRefused),
    /// The order was read again since the person viewed it and is different now.
    #[error(
        "the order has changed since you viewed it, so nothing was recorded: {}. View it again, then answer",
        difference.join("; ")
    )]
    Moved {
        /// One line per field that differs: the old and the new value.
        difference: Vec<String>,
    },
    /// The database could not be written.
    #[error("cannot record the answer")]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for NotTaken {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Returns what is displayed of an order, from the JSON that was last read. Returns `None` if the order was not read
/// yet.
#[must_use]
pub fn grounds_shown(body: &[u8]) -> Option<Grounds> {
    parse_order(body).ok().map(|order| Grounds::of_order(&order))
}

/// Records a person's decision in place of the current one, and wakes the order so that it is sent.
///
/// A person's answer is sent in shadow mode too: shadow mode restricts rules, not people.
pub async fn answer(pool: &PgPool, answer: &PersonsAnswer, now: Timestamp) -> Result<Decision, NotTaken> {
    let mut tx = pool.begin().await?;
    // The order first, then its episode: workers lock in the same order, so there is no deadlock.
    orders::wake(&mut *tx, &answer.account, &answer.order_id, now).await?;
    let mut episode = episodes::lock_latest_episode(&mut tx, &answer.account, &answer.order_id)
        .await?
        .ok_or(NotTaken::NotPending)?;
    let superseded = match episode.decision_id {
        Some(id) => decisions::decision(&mut *tx, id).await?,
        None => None,
    };
    let saw = saw::before_a_person(&mut tx, &episode, superseded.as_ref())
        .await?
        .ok_or(NotTaken::NotPending)?;
    if saw.order.digest() != answer.saw {
        let difference = difference(&mut tx, answer, &saw).await?;
        return Err(NotTaken::Moved { difference });
    }
    let mut trace = serde_json::json!({ "summary": format!("decided by {}", answer.person) });
    saw.write_into(&mut trace);
    let rejects = answer.action == Action::Reject;
    let decision = Decision {
        id: new_id(),
        account: answer.account.clone(),
        order_id: answer.order_id.clone(),
        episode: episode.number,
        action: answer.action,
        by: DecidedBy::Person,
        person: Some(answer.person.clone()),
        rule: None,
        rule_set: None,
        cause: rejects.then(|| answer.cause.unwrap_or(Cause::Other)),
        // It is also sent to the gaining carrier, which must not learn a PIN from us.
        reason: Some(redact_text(&answer.reason).into_owned()),
        host_messaging: answer.host_messaging,
        mode: Mode::Enforce,
        facts: "{}".to_owned(),
        trace: without_nul(&trace),
        supersedes: episode.decision_id,
        decided_at: now,
    };
    episode.decide(decision.id, DecidedBy::Person, answer.action, Mode::Enforce)?;
    decisions::insert_decision(&mut tx, &decision).await?;
    episodes::save_episode(&mut *tx, &episode).await?;
    tx.commit().await?;
    Ok(decision)
}

/// Returns one line per field that differs from what the person saw. What the person saw is looked up in the recorded
/// decisions of the order. If it is not found, the lines describe the order as it is now.
async fn difference(
    tx: &mut sqlx::PgConnection,
    answer: &PersonsAnswer,
    now: &Saw,
) -> Result<Vec<String>, StoreError> {
    let recorded = decisions::traces_of_order(tx, &answer.account, &answer.order_id).await?;
    let seen = recorded
        .iter()
        .filter_map(|trace| Saw::of_trace(trace))
        .find(|saw| saw.order.digest() == answer.saw);
    let was = seen.map(|saw| saw.order).unwrap_or_default();
    Ok(was.changes(&now.order).iter().map(ToString::to_string).collect())
}
