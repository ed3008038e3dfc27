//! A person's answer: recorded at once, sent by the running service.

use jiff::Timestamp;
use sqlx::PgPool;

use crate::clock::new_id;
use crate::domain::{AccountName, Action, Cause, DecidedBy, Mode, MoveRefused, OrderId};
use crate::store::decisions::{self, Decision};
use crate::store::{StoreError, episodes, orders};

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
    /// The person's reason: sent with a rejection, kept with every decision.
    pub reason: String,
    /// The ground of a rejection; `other` if none is given.
    pub cause: Option<Cause>,
    /// Whether messaging shall stay at Telnyx.
    pub host_messaging: bool,
}

/// Why a person's answer was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// The order was never seen pending, or is not any more.
    #[error("the order is not pending as far as we know, so there is nothing to answer")]
    NotPending,
    /// The episode does not allow it.
    #[error(transparent)]
    Refused(#[from] MoveRefused),
    /// The record could not be written.
    #[error("the answer cannot be recorded")]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for NotTaken {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
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
        reason: Some(answer.reason.clone()),
        host_messaging: answer.host_messaging,
        mode: Mode::Enforce,
        facts: "{}".to_owned(),
        trace: serde_json::json!({ "summary": format!("decided by {}", answer.person) }).to_string(),
        supersedes: episode.decision_id,
        decided_at: now,
    };
    episode.decide(decision.id, DecidedBy::Person, answer.action, Mode::Enforce)?;
    decisions::insert_decision(&mut tx, &decision).await?;
    episodes::save_episode(&mut *tx, &episode).await?;
    tx.commit().await?;
    Ok(decision)
}
