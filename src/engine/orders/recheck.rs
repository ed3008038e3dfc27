//! Before every attempt to send a recorded answer, compares its grounds with the fresh read, the register, the other
//! orders and the active rules.
//!
//! If nothing was applied for certain, the rules are evaluated again and their verdict supersedes the old decision. A
//! person's answer is withdrawn, and the order waits for a person again. If something may have been applied, the target
//! stays, an alarm reports what changed, and the answer is sent again only while the rules still require it.

use super::error::ProcessError;
use super::evaluate::{Judged, is_same, without_nul};
use super::facts::Weighed;
use super::saw::Saw;
use super::snapshot::OrderSnapshot;
use crate::clock::new_id;
use crate::domain::{Action, Change, DecidedBy, Episode, ErrorChain};
use crate::engine::alarm::Alarm;
use crate::engine::{Engine, alarm};
use crate::rules::AtDecideBy;
use crate::store::decisions::{self, Decision};
use crate::store::{StoreError, episodes, in_time, orders};

impl Engine {
    /// Compares, and returns the basis on which the current decision may be sent now. Without a basis nothing may be
    /// sent.
    pub(crate) async fn recheck(
        &self,
        sight: &OrderSnapshot<'_>,
        episode: Episode,
    ) -> Result<Judged, ProcessError> {
        let decision = in_time(self.decision_in_force(&episode)).await?;
        let weighed = self.evaluate_with_facts(sight, &episode).await?;
        match decision.by {
            DecidedBy::Rule | DecidedBy::Deadline => {
                Box::pin(self.recheck_machine(sight, episode, &decision, weighed)).await
            }
            DecidedBy::Person => Box::pin(self.recheck_person(sight, episode, &decision, weighed)).await,
            // The service only decides to hold, so there is nothing to send.
            DecidedBy::Service => Ok(Judged::unchanged(episode)),
        }
    }

    async fn recheck_machine(
        &self,
        sight: &OrderSnapshot<'_>,
        episode: Episode,
        decision: &Decision,
        weighed: Weighed,
    ) -> Result<Judged, ProcessError> {
        let mut now = self.decision_of(&episode, &weighed);
        let saw = Saw::of_decision(decision);
        let moved = saw.as_ref().map(|saw| saw.order_changes(&weighed.saw));
        let order_moved = moved.as_ref().is_none_or(|changes| !changes.is_empty());
        let stands = match decision.by {
            DecidedBy::Deadline => self.deadline_still_says(decision) && now.action == Action::Hold,
            _ => is_same(decision, &now) && !order_moved,
        };
        if stands {
            return Ok(may_be_sent(episode, weighed));
        }
        if !episode.may_be_applied() {
            now.supersedes = Some(decision.id);
            tracing::warn!(
                decision.id = %decision.id,
                decision.action = %decision.action, changes = logged(moved.as_deref().unwrap_or_default()),
                "The order changed before its answer was sent; evaluated the rules again"
            );
            return self.decide(sight, &episode, &now, weighed).await;
        }
        Box::pin(self.keep_target(sight, episode, decision, (&now, weighed))).await
    }

    /// Keeps the target of an answer that may have been applied. It is sent again only if the rules still require it.
    async fn keep_target(
        &self,
        sight: &OrderSnapshot<'_>,
        episode: Episode,
        decision: &Decision,
        (now, weighed): (&Decision, Weighed),
    ) -> Result<Judged, ProcessError> {
        let saw = Saw::of_decision(decision);
        let mut changes = saw.map_or(Vec::new(), |saw| saw.all_changes(&weighed.saw));
        let still_asked_for = match decision.by {
            DecidedBy::Deadline => self.deadline_still_says(decision) && now.action == Action::Hold,
            _ => now.action.target() == decision.action.target(),
        };
        if still_asked_for {
            if changes.is_empty() {
                return Ok(may_be_sent(episode, weighed));
            }
            let told = moved_sentence(&changes, "the same answer is sent again");
            let episode = self.note_moved(sight, episode, &told, &changes).await?;
            return Ok(may_be_sent(episode, weighed));
        }
        if !weighed.verdict.unknown.is_empty() {
            // A fact cannot be obtained at the moment. That is not a change, and nothing is sent until the fact is
            // known.
            return Ok(Judged {
                missing: weighed.verdict.unknown,
                ..Judged::unchanged(episode)
            });
        }
        changes.push(Change::new(
            "rules",
            &[verdict_of(decision)],
            &[weighed.saw.rules.clone().unwrap_or_default()],
        ));
        self.stop(sight, episode, &changes).await
    }

    async fn recheck_person(
        &self,
        sight: &OrderSnapshot<'_>,
        episode: Episode,
        decision: &Decision,
        weighed: Weighed,
    ) -> Result<Judged, ProcessError> {
        let changes = match Saw::of_decision(decision) {
            // An authorization cannot be undone, so it is also based on the register, the other orders and the verdict
            // of the rules. A rejection must not wait because a number was locked in the meantime.
            Some(saw) if decision.action == Action::Authorize => {
                let mut changes = saw.all_changes(&weighed.saw);
                // A person who repeats an answer that may have been applied has no other choice, whatever the rules
                // decide.
                let objection = saw.rules_object(&weighed.saw, weighed.verdict.action);
                changes.extend(objection.filter(|_| !episode.may_be_applied()));
                changes
            }
            Some(saw) => saw.order_changes(&weighed.saw),
            // The decision was recorded before decisions contained what the person saw.
            None => Vec::new(),
        };
        if changes.is_empty() {
            return Ok(may_be_sent(episode, weighed));
        }
        if episode.may_be_applied() {
            return self.stop(sight, episode, &changes).await;
        }
        let held = self.withdrawal(&episode, decision, &changes, &weighed);
        let episode = in_time(self.record(sight.claim, &episode, &held)).await?;
        let person = decision.person.as_deref().unwrap_or("a person");
        let sentence = format!(
            "the order changed after {person} answered, so nothing was sent: {}. Answer it again",
            logged(&changes)
        );
        alarm::raise(
            Alarm::GroundsMoved,
            &episode.account,
            &episode.order_id,
            &sentence,
        );
        Ok(Judged::unchanged(episode))
    }

    /// Builds the decision that replaces a person's answer whose grounds have changed: a hold that only a person ends.
    fn withdrawal(
        &self,
        episode: &Episode,
        decision: &Decision,
        changes: &[Change],
        weighed: &Weighed,
    ) -> Decision {
        let person = decision.person.as_deref().unwrap_or("a person");
        let reason = format!("the order changed after {person} answered: {}", told(changes));
        let mut trace = serde_json::json!({
            "summary": format!("the answer `{}` of {person} was not sent", decision.action),
            "changes": changes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        });
        weighed.saw.write_into(&mut trace);
        Decision {
            id: new_id(),
            action: Action::Hold,
            by: DecidedBy::Service,
            person: None,
            rule: None,
            rule_set: None,
            cause: None,
            reason: Some(reason),
            host_messaging: false,
            facts: without_nul(&weighed.facts.to_json()),
            trace: without_nul(&trace),
            supersedes: Some(decision.id),
            decided_at: self.clock.now(),
            account: episode.account.clone(),
            order_id: episode.order_id.clone(),
            episode: episode.number,
            mode: decision.mode,
        }
    }

    /// Stops sending an answer that may have been applied, because its grounds have changed.
    async fn stop(
        &self,
        sight: &OrderSnapshot<'_>,
        episode: Episode,
        changes: &[Change],
    ) -> Result<Judged, ProcessError> {
        let trouble = moved_sentence(
            changes,
            "it is not sent again. Check the order in the portal, or repeat the answer",
        );
        let stopped = self.change_episode(sight, &episode, |episode| episode.stop_answer(trouble.clone()));
        let episode = in_time(stopped).await?;
        raise_moved(&episode, changes);
        Ok(Judged::unchanged(episode))
    }

    /// Records on the episode what has changed, and raises the alarm once per change.
    async fn note_moved(
        &self,
        sight: &OrderSnapshot<'_>,
        episode: Episode,
        sentence: &str,
        changes: &[Change],
    ) -> Result<Episode, ProcessError> {
        if episode.trouble.as_deref() == Some(sentence) {
            return Ok(episode);
        }
        let noted = self.change_episode(sight, &episode, |episode| {
            episode.trouble = Some(sentence.to_owned());
        });
        let episode = in_time(noted).await?;
        raise_moved(&episode, changes);
        Ok(episode)
    }

    async fn change_episode(
        &self,
        sight: &OrderSnapshot<'_>,
        seen: &Episode,
        change: impl FnOnce(&mut Episode),
    ) -> Result<Episode, ProcessError> {
        let mut tx = self.pool.begin().await?;
        crate::store::claims::hold_claim(&mut tx, sight.claim).await?;
        let mut episode = episodes::lock_latest_episode(&mut tx, &seen.account, &seen.order_id)
            .await?
            .filter(|episode| episode == seen)
            .ok_or(StoreError::Overtaken("episode"))?;
        change(&mut episode);
        episodes::save_episode(&mut *tx, &episode).await?;
        tx.commit().await?;
        Ok(episode)
    }

    /// Compares an order that left `pending` through our answer with the grounds of the answer, because what was added
    /// between our read and the arrival of the answer was not seen.
    pub(crate) async fn compare_with_answered(&self, sight: &OrderSnapshot<'_>, episode: &Episode) {
        let Some(id) = episode.decision_id else { return };
        let decision = match in_time(decisions::decision(&self.pool, id)).await {
            Ok(decision) => decision,
            Err(error) => {
                tracing::warn!(error = %ErrorChain(&error), "Failed to compare the order with the grounds of its answer");
                return;
            }
        };
        let Some(saw) = decision.as_ref().and_then(Saw::of_decision) else {
            return;
        };
        let now = crate::domain::Grounds::of_order(sight.order);
        let mut changes = saw.order.changes(&now);
        // Telnyx itself sets the confirmed date when an order is authorized.
        changes.retain(|change| matches!(change.field(), "phone_numbers" | "spid"));
        if changes.is_empty() {
            return;
        }
        let trouble = format!(
            "the order differs from the one that was answered: {}. Check it in the portal",
            told(&changes)
        );
        if let Err(error) = in_time(orders::note_trouble(&self.pool, sight.claim, &trouble)).await {
            tracing::warn!(error = %ErrorChain(&error), "Failed to record how the order changed");
        }
        raise_moved(episode, &changes);
    }

    fn deadline_still_says(&self, decision: &Decision) -> bool {
        let says = match self.rules.current().defaults().at_decide_by {
            AtDecideBy::Notify => None,
            AtDecideBy::Authorize => Some(Action::Authorize),
            AtDecideBy::Reject => Some(Action::Reject),
        };
        says == Some(decision.action) && decision.mode == self.mode
    }
}

fn may_be_sent(episode: Episode, weighed: Weighed) -> Judged {
    Judged {
        episode,
        missing: weighed.verdict.unknown,
        basis: Some(weighed.basis),
    }
}

fn verdict_of(decision: &Decision) -> String {
    let rule = decision.rule.as_deref();
    rule.map_or_else(
        || decision.action.to_string(),
        |rule| format!("{} by {rule}", decision.action),
    )
}

fn told(changes: &[Change]) -> String {
    let told: Vec<String> = changes.iter().map(ToString::to_string).collect();
    told.join("; ")
}

fn logged(changes: &[Change]) -> String {
    let logged: Vec<String> = changes.iter().map(Change::for_log).collect();
    logged.join("; ")
}

fn moved_sentence(changes: &[Change], what_follows: &str) -> String {
    format!(
        "the order changed after an answer that may have been applied ({}); {what_follows}",
        told(changes)
    )
}

fn raise_moved(episode: &Episode, changes: &[Change]) {
    let sentence = format!(
        "the grounds of the answer have changed, and the answer may have been applied: {}. Check the order in the portal",
        logged(changes)
    );
    alarm::raise(
        Alarm::GroundsMoved,
        &episode.account,
        &episode.order_id,
        &sentence,
    );
}
