//! A person's answer: recorded at once, sent by the running service.

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

/// What a person wants done with an order, and why.
#[derive(Debug, Clone)]
pub struct PersonsAnswer {
    /// The account whose order it is.
    pub account: AccountName,
    /// The order.
    pub order_id: OrderId,
    /// What to do.
    pub action: Action,
    /// Who says so.
    pub person: String,
    /// The person's reason: sent with a rejection, kept with every decision, both without any PIN in it.
    pub reason: String,
    /// The ground of a rejection; `other` if none is given.
    pub cause: Option<Cause>,
    /// Whether messaging shall stay at Telnyx.
    pub host_messaging: bool,
    /// The order as the person saw it: [`grounds_shown`] of what was shown, or the digest that a client was given.
    pub saw: GroundsDigest,
}

/// Why a person's answer was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// The order was never seen pending, or is not any more.
    #[error(
        "the order is not pending in the database, so it cannot be answered. Run `portoutd pending` to see which orders are"
    )]
    NotPending,
    /// The episode does not allow it.
    #[error(transparent)]
    Refused(#[from] MoveRefused),
    /// The order was read again since the person looked at it, and it is different now.
    #[error(
        "the order has changed since you viewed it, so nothing was recorded: {}. View it again, then answer",
        difference.join("; ")
    )]
    Moved {
        /// A line per field that is different: what was, and what is.
        difference: Vec<String>,
    },
    /// The record could not be written.
    #[error("cannot record the answer")]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for NotTaken {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What is shown of an order, from the JSON that was last read. `None` where nothing was read yet.
#[must_use]
pub fn grounds_shown(body: &[u8]) -> Option<Grounds> {
    parse_order(body).ok().map(|order| Grounds::of_order(&order))
}

/// Records a person's decision, in the place of the one in force, and wakes the order so that it is sent.
///
/// A person's answer is sent in shadow mode too: shadow keeps rules from acting, not people.
pub async fn answer(pool: &PgPool, answer: &PersonsAnswer, now: Timestamp) -> Result<Decision, NotTaken> {
    let mut tx = pool.begin().await?;
    // The order first, then its episode: the same order of locks as the workers', so that none waits in a circle.
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

/// A line per field that is not as the person saw it. What the person saw is found among the recorded decisions of the
/// order; where it is not, the lines say what the order is now.
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
