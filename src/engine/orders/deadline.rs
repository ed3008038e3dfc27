//! Handles orders whose `decide_by` has passed without an answer.

use jiff::Timestamp;

use super::error::ProcessError;
use super::record::tell_decided;
use crate::clock::new_id;
use crate::domain::{Action, Cause, DecidedBy, Episode, OrderStatus, arrival};
use crate::engine::alarm::Alarm;
use crate::engine::{Engine, alarm};
use crate::rules::AtDecideBy;
use crate::store::claims::Claim;
use crate::store::deadlines::{self, Reported};
use crate::store::decisions::{self, Decision};
use crate::store::{StoreError, claims, episodes, orders};
use crate::telnyx::ReadOrder;

const NO_ANSWER_IN_TIME: &str = "The request could not be verified in time.";

impl Engine {
    /// If the deadline of a claimed order has passed, raises an alarm once and applies `at_decide_by` where that is
    /// allowed. This needs no read, so it works while Telnyx cannot be reached. Its decision is sent only after a read.
    /// Returns the episode if it was changed.
    pub(crate) async fn pass_deadline(&self, claim: &Claim) -> Result<Option<Episode>, ProcessError> {
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        claims::hold_claim(&mut tx, claim).await?;
        let Some(mut episode) = episodes::lock_latest_episode(&mut tx, &claim.account, &claim.order_id)
            .await?
            .filter(|episode| episode.deadline_is_due(now))
        else {
            return Ok(None);
        };
        let decision = self.at_decide_by(&episode);
        // Raised before it is recorded, so that a process that dies in between costs a second alarm and not the only
        // one.
        if deadlines::lock_unreported(&mut tx, &claim.account, &claim.order_id).await? == Reported::NotYet {
            let sentence = "The deadline has passed without a confirmed answer, so Telnyx will authorize the order by silence. Answer it now";
            alarm::raise(Alarm::DeadlinePassed, &claim.account, &claim.order_id, sentence);
        }
        deadlines::record_passed_deadline(&mut *tx, &claim.account, &claim.order_id, now).await?;
        episode.pass_deadline(now);
        if let Some(decision) = &decision {
            episode
                .decide(decision.id, decision.by, decision.action, decision.mode)
                .map_err(|_| StoreError::Overtaken("episode"))?;
            decisions::insert_decision(&mut tx, decision).await?;
        }
        episodes::save_episode(&mut *tx, &episode).await?;
        tx.commit().await?;
        if let Some(decision) = &decision {
            tell_decided(decision);
        }
        Ok(Some(episode))
    }

    /// Records a read of a claimed order. Returns its deadline, which follows from the best known time of its arrival.
    pub(crate) async fn record_read(
        &self,
        tx: &mut sqlx::PgConnection,
        claim: &Claim,
        read: &ReadOrder,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let (arrived, certainty) = arrival(&read.order, now, self.latest_time());
        let deadline = (self.rules.decide_by(arrived), certainty);
        orders::record_read(tx, &claim.account, &read.order, &read.body, now, deadline).await
    }

    /// Brings the deadline of an open episode forward if the order turns out to be older than was known.
    pub(crate) async fn bring_deadline_forward(
        &self,
        tx: &mut sqlx::PgConnection,
        episode: &mut Episode,
        decide_by: Timestamp,
    ) -> Result<(), StoreError> {
        if decide_by < episode.decide_by {
            episode.decide_by = decide_by;
            deadlines::bring_deadline_forward(tx, episode.id, decide_by).await?;
        }
        Ok(())
    }

    /// Returns the decision that `at_decide_by` makes for an episode, if it makes one and no answer is pending.
    fn at_decide_by(&self, episode: &Episode) -> Option<Decision> {
        let action = match self.rules.current().defaults().at_decide_by {
            AtDecideBy::Notify => return None,
            AtDecideBy::Authorize => Action::Authorize,
            AtDecideBy::Reject => Action::Reject,
        };
        let may = episode.waits_for_somebody() && episode.may_decide(DecidedBy::Deadline, action).is_ok();
        may.then(|| self.deadline_decision(episode, action))
    }

    fn deadline_decision(&self, episode: &Episode, action: Action) -> Decision {
        let rejects = action == Action::Reject;
        Decision {
            id: new_id(),
            account: episode.account.clone(),
            order_id: episode.order_id.clone(),
            episode: episode.number,
            action,
            by: DecidedBy::Deadline,
            person: None,
            rule: None,
            rule_set: Some(self.rules.current().hash()),
            cause: rejects.then_some(Cause::Other),
            reason: rejects.then(|| NO_ANSWER_IN_TIME.to_owned()),
            host_messaging: false,
            mode: self.mode,
            facts: "{}".to_owned(),
            trace: serde_json::json!({ "summary": "decide_by passed, so at_decide_by was applied" })
                .to_string(),
            supersedes: episode.decision_id,
            decided_at: self.clock.now(),
        }
    }
}

/// Raises an alarm if an order without an open episode shows an unknown status that it did not show before: the status
/// may be another name for pending.
pub(crate) fn report_unknown_status(claim: &Claim, status: &OrderStatus, before: Option<&str>) {
    if let Some(trouble) = status.trouble().filter(|_| before != Some(status.as_str())) {
        alarm::raise(Alarm::UnknownStatus, &claim.account, &claim.order_id, &trouble);
    }
}
