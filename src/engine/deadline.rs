//! What happens when `decide_by` comes and nothing was answered.

use super::Engine;
use super::alarm::{self, Alarm};
use super::look::{LookError, Sight};
use crate::clock::new_id;
use crate::domain::{Action, Cause, DecidedBy, Episode};
use crate::rules::AtDecideBy;
use crate::store::decisions::Decision;
use crate::store::episodes;
use crate::store::orders::{self, Claim};

const NO_ANSWER_IN_TIME: &str = "The request could not be verified in time.";

impl Engine {
    /// Tells somebody, once, and then does what `at_decide_by` says, where a machine may.
    pub(super) async fn meet_deadline(
        &self,
        sight: &Sight<'_>,
        episode: Episode,
    ) -> Result<Episode, LookError> {
        let episode = match self.pass_deadline(sight.claim).await? {
            Some(episode) if episode.waits_for_somebody() => episode,
            _ => return Ok(episode),
        };
        let action = match self.rules.current().defaults().at_decide_by {
            AtDecideBy::Notify => return Ok(episode),
            AtDecideBy::Authorize => Action::Authorize,
            AtDecideBy::Reject => Action::Reject,
        };
        if episode.may_decide(DecidedBy::Deadline, action).is_err() {
            return Ok(episode);
        }
        let decision = self.deadline_decision(&episode, action);
        self.record(sight.claim, &episode, &decision).await
    }

    /// Marks the deadline of a claimed order as passed and raises the alarm, if it has come. Needs no read: it also
    /// works while Telnyx cannot be reached.
    pub(super) async fn pass_deadline(&self, claim: &Claim) -> Result<Option<Episode>, LookError> {
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        orders::hold_claim(&mut tx, claim).await?;
        let Some(mut episode) = episodes::lock_latest_episode(&mut tx, &claim.account, &claim.order_id)
            .await?
            .filter(|episode| episode.deadline_is_due(now))
        else {
            return Ok(None);
        };
        episode.pass_deadline(now);
        episodes::save_episode(&mut *tx, &episode).await?;
        tx.commit().await?;
        let sentence =
            "the time to decide is over and nothing was answered: Telnyx will soon authorize by silence";
        alarm::raise(Alarm::DeadlinePassed, &claim.account, &claim.order_id, sentence);
        Ok(Some(episode))
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
