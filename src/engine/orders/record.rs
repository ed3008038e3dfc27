//! Records a decision and makes it the current one, in one transaction.

use super::error::ProcessError;
use crate::domain::Episode;
use crate::engine::Engine;
use crate::engine::order_span::in_order_span;
use crate::store::claims::Claim;
use crate::store::decisions::{self, Decision};
use crate::store::{StoreError, claims, episodes};

impl Engine {
    /// Records a decision of the rules, the clock or the service. Fails if a person or another worker has changed the
    /// episode.
    ///
    /// INVARIANT: after this returns, the decision with its facts, trace, rule set and chain entry is committed.
    pub(crate) async fn record(
        &self,
        claim: &Claim,
        judged: &Episode,
        decision: &Decision,
    ) -> Result<Episode, ProcessError> {
        let mut tx = self.pool.begin().await?;
        claims::hold_claim(&mut tx, claim).await?;
        let mut episode = episodes::lock_latest_episode(&mut tx, &claim.account, &claim.order_id)
            .await?
            .filter(|episode| episode.id == judged.id && episode.decision_id == judged.decision_id)
            .ok_or(StoreError::Overtaken("episode"))?;
        episode
            .decide(decision.id, decision.by, decision.action, decision.mode)
            .map_err(|_| StoreError::Overtaken("episode"))?;
        decisions::insert_decision(&mut tx, decision).await?;
        episodes::save_episode(&mut *tx, &episode).await?;
        tx.commit().await?;
        tell_decided(decision);
        Ok(episode)
    }
}

/// Counts a recorded decision and logs it.
pub(crate) fn tell_decided(decision: &Decision) {
    metrics::counter!("portoutd_decisions_total", "action" => decision.action.to_string(),
        "by" => decision.by.to_string(), "mode" => decision.mode.to_string())
    .increment(1);
    in_order_span(&decision.account, &decision.order_id, || {
        tracing::info!(
            decision.id = %decision.id,
            decision.action = %decision.action,
            decision.by = %decision.by,
            decision.mode = %decision.mode,
            rule.id = decision.rule.as_deref().unwrap_or("-"),
            "Recorded a decision"
        );
    });
}
