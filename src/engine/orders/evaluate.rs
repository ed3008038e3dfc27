//! Evaluates the active rules for an open episode and records the verdict if it is new.

use super::error::ProcessError;
use super::facts::{Basis, Weighed};
use super::snapshot::OrderSnapshot;
use super::wording::{self, Checks};
use crate::clock::new_id;
use crate::domain::{Action, Cause, DecidedBy, Episode};
use crate::engine::Engine;
use crate::rules::Fact;
use crate::store::decisions::{self, Decision};
use crate::store::in_time;

const BOUNCED: &str = "The order returned to pending after it had been answered: a person has to answer it.";

/// An episode after its rules were evaluated.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) episode: Episode,
    /// The missing facts.
    pub(crate) missing: Vec<Fact>,
    /// The basis of the current decision in this very read. Without it nothing may be sent.
    pub(crate) basis: Option<Basis>,
}

impl Judged {
    /// Wraps an episode for which nothing was evaluated.
    pub(crate) fn unchanged(episode: Episode) -> Self {
        Self {
            episode,
            missing: Vec::new(),
            basis: None,
        }
    }
}

impl Engine {
    /// Evaluates the rules and records the verdict as a decision, unless the current decision is the same. A decision
    /// of a person or of the clock is not changed.
    pub(crate) async fn judge(
        &self,
        sight: &OrderSnapshot<'_>,
        episode: Episode,
    ) -> Result<Judged, ProcessError> {
        let current = match episode.decision_id {
            Some(id) => in_time(decisions::decision(&self.pool, id)).await?,
            None => None,
        };
        if current
            .as_ref()
            .is_some_and(|decision| decision.by != DecidedBy::Rule)
        {
            return Ok(Judged::unchanged(episode));
        }
        let weighed = self.evaluate_with_facts(sight, &episode).await?;
        let mut decision = self.decision_of(&episode, &weighed);
        decision.supersedes = current.as_ref().map(|decision| decision.id);
        if current.is_some_and(|current| is_same(&current, &decision)) {
            return Ok(Judged {
                missing: weighed.verdict.unknown,
                ..Judged::unchanged(episode)
            });
        }
        self.decide(sight, &episode, &decision, weighed).await
    }

    /// Records the verdict of the rules.
    pub(crate) async fn decide(
        &self,
        sight: &OrderSnapshot<'_>,
        episode: &Episode,
        decision: &Decision,
        weighed: Weighed,
    ) -> Result<Judged, ProcessError> {
        self.may_decide_by(&weighed.rules, decision).await?;
        let episode = in_time(self.record(sight.claim, episode, decision)).await?;
        let verdict = weighed.verdict;
        if !verdict.notify.is_empty() {
            let (notify, rule) = (verdict.notify.join(", "), verdict.rule.as_deref().unwrap_or("-"));
            tracing::warn!(rule.id = rule, notify, "The rule requests a notification");
        }
        Ok(Judged {
            episode,
            missing: verdict.unknown,
            basis: Some(weighed.basis),
        })
    }

    /// Builds the decision that the rules make for an order.
    pub(crate) fn decision_of(&self, episode: &Episode, weighed: &Weighed) -> Decision {
        let decision = self.verdict_as_decision(episode, weighed);
        if !episode.is_bounce() || decision.action == Action::Hold {
            return decision;
        }
        // INVARIANT: rules never answer a bounced order. Their verdict is recorded in the trace.
        Decision {
            action: Action::Hold,
            rule: None,
            cause: None,
            reason: Some(BOUNCED.to_owned()),
            ..decision
        }
    }

    fn verdict_as_decision(&self, episode: &Episode, weighed: &Weighed) -> Decision {
        let Weighed {
            facts,
            verdict,
            rules,
            ..
        } = weighed;
        let reason = match verdict.action {
            Action::Authorize => None,
            Action::Reject => Some(wording::rejection(
                verdict.cause.unwrap_or(Cause::Other),
                verdict.reason.as_deref(),
                Checks {
                    pin: facts.pin,
                    zip: facts.zip,
                },
            )),
            Action::Hold => Some(verdict.sentence_beside_action()),
        };
        Decision {
            id: new_id(),
            account: episode.account.clone(),
            order_id: episode.order_id.clone(),
            episode: episode.number,
            action: verdict.action,
            by: DecidedBy::Rule,
            person: None,
            rule: verdict.rule.clone(),
            rule_set: Some(rules.hash()),
            cause: verdict.cause,
            reason,
            host_messaging: verdict.host_messaging.unwrap_or(false),
            mode: self.mode,
            facts: without_nul(&facts.to_json()),
            trace: without_nul(&self.trace_of(weighed)),
            supersedes: None,
            decided_at: self.clock.now(),
        }
    }

    /// Describes how the verdict was reached, with the candidate's verdict if there is a candidate.
    fn trace_of(&self, weighed: &Weighed) -> serde_json::Value {
        let Weighed {
            facts,
            verdict,
            rules,
            ..
        } = weighed;
        let mut trace = serde_json::json!({
            "rules": verdict.trace,
            "notify": verdict.notify,
            "unknown": verdict.unknown.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "shadow": verdict.shadow,
            "summary": verdict.sentence(),
        });
        weighed.saw.write_into(&mut trace);
        let candidate = self.candidate_says(facts, verdict, rules);
        if let (Some(candidate), Some(trace)) = (candidate, trace.as_object_mut()) {
            trace.insert("candidate".to_owned(), candidate);
        }
        trace
    }
}

/// Postgres cannot store NUL, not even escaped if a query later casts the text to `jsonb`.
pub(crate) fn without_nul(value: &serde_json::Value) -> String {
    value.to_string().replace("\\u0000", "\\ufffd")
}

/// Returns whether two decisions are the same for the same reasons.
pub(crate) fn is_same(current: &Decision, new: &Decision) -> bool {
    let grounds = |one: &Decision| {
        (
            one.action,
            one.rule.clone(),
            one.rule_set,
            one.cause,
            one.reason.clone(),
            one.mode,
        )
    };
    grounds(current) == grounds(new)
}
