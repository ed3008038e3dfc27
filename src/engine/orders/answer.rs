//! Sends a decision to Telnyx: commits the attempt, makes the call, then commits the outcome.

use std::time::Duration;

use jiff::Timestamp;

use super::error::ProcessError;
use super::facts::Basis;
use super::rejection_code::{self, OTHER};
use super::snapshot::OrderSnapshot;
use super::wording;
use super::workers::ACCOUNT_PAUSE;
use crate::clock::new_id;
use crate::domain::{Action, Cause, Episode, EpisodeState, ErrorChain, Outcome, Target};
use crate::engine::alarm::Alarm;
use crate::engine::{Engine, alarm};
use crate::store::attempts::{self, AttemptEnd, NewAttempt};
use crate::store::decisions::{self, Decision};
use crate::store::{StoreError, episodes, history, in_time};
use crate::telnyx::{Answer, SendOutcome};

/// INVARIANT: nothing is answered unless a read at most this old returned `pending`. The age is measured in uptime, so
/// that setting the clock back does not make an old read young.
const READ_GOOD_FOR: Duration = Duration::from_mins(1);

/// An attempt that is about to be made, and its basis.
struct Plan<'a> {
    episode: &'a Episode,
    decision: &'a Decision,
    target: Target,
    basis: &'a Basis,
}

impl Engine {
    /// Sends the answer of the current decision. Returns the updated episode, and a time before which nothing may be
    /// sent.
    pub(crate) async fn answer(
        &self,
        sight: &OrderSnapshot<'_>,
        episode: Episode,
        basis: &Basis,
    ) -> Result<(Episode, Option<Timestamp>), ProcessError> {
        let decision = in_time(self.decision_in_force(&episode)).await?;
        let Some(target) = decision.action.target() else {
            return Ok((episode, None));
        };
        self.may_authorize(&decision).await?;
        let code = self.code(sight, &episode, &decision).await?;
        let reason = wording::of_decision(&decision);
        let send_by = sight.read_uptime.saturating_add(READ_GOOD_FOR);
        let answer = Answer {
            reason,
            rejection_code: code,
            host_messaging: decision.host_messaging,
            send_by,
        };
        // Waits for the turn first: the comparison in `intend` has to be the last step before the call.
        let Some(turn) = sight.client.turn_to_answer(send_by).await else {
            return Ok((episode, Some(self.in_seconds(1))));
        };
        let plan = Plan {
            episode: &episode,
            decision: &decision,
            target,
            basis,
        };
        let attempt = in_time(self.intend(sight, &plan, &answer)).await?;
        let sent = turn.update_status(&sight.claim.order_id, target, &answer).await;
        let episode = in_time(self.conclude(&attempt, &episode, &sent)).await?;
        self.tell(&episode, &sent);
        let not_before = self.not_before(&episode, &sent);
        Ok((episode, not_before))
    }

    pub(crate) async fn decision_in_force(&self, episode: &Episode) -> Result<Decision, ProcessError> {
        let id = episode.decision_id.ok_or(StoreError::Overtaken("episode"))?;
        let decision = decisions::decision(&self.pool, id)
            .await?
            .ok_or(StoreError::Overtaken("decision"))?;
        Ok(decision)
    }

    /// Returns the code to send with a rejection. After a refusal the other form is tried: without a code, or with one.
    async fn code(
        &self,
        sight: &OrderSnapshot<'_>,
        episode: &Episode,
        decision: &Decision,
    ) -> Result<Option<i64>, ProcessError> {
        if decision.action != Action::Reject {
            return Ok(None);
        }
        let counted = attempts::count_outcomes(&self.pool, episode.id, decision.id, Outcome::Refused);
        let refused = in_time(counted).await?;
        if self.send_rejection_code == (refused > 0) {
            return Ok(None);
        }
        let offered = match sight.client.list_rejections(&sight.claim.order_id).await {
            Ok(codes) => self.record_offered_codes(&episode.account, codes).await,
            Err(error) => {
                tracing::warn!(error = %ErrorChain(&error), "Failed to read the rejection codes from Telnyx; sending 1001 with a reason");
                return Ok(Some(OTHER));
            }
        };
        Ok(Some(rejection_code::resolve(
            decision.cause.unwrap_or(Cause::Other),
            &offered,
        )))
    }

    /// Commits the attempt. Fails if the lease, the episode or the decision has been superseded.
    async fn intend(
        &self,
        sight: &OrderSnapshot<'_>,
        plan: &Plan<'_>,
        answer: &Answer,
    ) -> Result<NewAttempt, ProcessError> {
        let Plan {
            episode: planned,
            decision,
            target,
            ..
        } = *plan;
        let now = self.clock.now();
        if self.clock.uptime().saturating_sub(sight.read_uptime) > READ_GOOD_FOR {
            return Err(StoreError::Overtaken("read of the order").into());
        }
        let mut tx = self.pool.begin().await?;
        crate::store::claims::hold_claim(&mut tx, sight.claim).await?;
        let mut episode = episodes::lock_latest_episode(&mut tx, &planned.account, &planned.order_id)
            .await?
            .filter(|episode| episode.id == planned.id && episode.decision_id == Some(decision.id))
            .ok_or(StoreError::Overtaken("episode"))?;
        let number = episode
            .start_attempt(target, now)
            .map_err(|_| StoreError::Overtaken("episode"))?;
        self.still_so(&mut tx, sight, plan).await?;
        let attempt = NewAttempt {
            id: new_id(),
            episode_id: episode.id,
            decision_id: decision.id,
            number,
            target,
            code: answer.rejection_code,
            reason: answer.reason.clone(),
            host_messaging: answer.host_messaging,
            started_at: now,
        };
        episodes::save_episode(&mut *tx, &episode).await?;
        attempts::insert_attempt(&mut *tx, &attempt).await?;
        tx.commit().await?;
        Ok(attempt)
    }

    /// INVARIANT: the basis of this read's verdict is unchanged when the attempt is committed. Fails otherwise, and the
    /// order is processed again.
    async fn still_so(
        &self,
        tx: &mut sqlx::PgConnection,
        sight: &OrderSnapshot<'_>,
        plan: &Plan<'_>,
    ) -> Result<(), ProcessError> {
        let (account, order) = (&sight.claim.account, sight.order);
        let numbers = &order.numbers.readable;
        let register = history::register_stamp(&mut *tx, account, &order.id, numbers).await?;
        let mut is_so = self.rules.current().hash() == plan.basis.rule_set && register == plan.basis.register;
        if plan.target == Target::Authorized {
            let spid = order.spid.as_ref();
            let others = history::other_orders(&mut *tx, account, &order.id, spid, numbers).await?;
            is_so &= others == plan.basis.others;
        }
        if is_so {
            Ok(())
        } else {
            Err(StoreError::Overtaken("basis of the verdict").into())
        }
    }

    /// Commits the outcome. If that fails, the attempt stays open and counts as unknown when the order is processed
    /// again.
    async fn conclude(
        &self,
        attempt: &NewAttempt,
        planned: &Episode,
        sent: &SendOutcome,
    ) -> Result<Episode, ProcessError> {
        let mut tx = self.pool.begin().await?;
        let mut episode = episodes::lock_latest_episode(&mut tx, &planned.account, &planned.order_id)
            .await?
            .filter(|episode| episode.id == planned.id)
            .ok_or(StoreError::Overtaken("episode"))?;
        let same_before =
            attempts::count_outcomes(&mut *tx, episode.id, attempt.decision_id, sent.outcome).await?;
        let end = AttemptEnd {
            outcome: sent.outcome,
            http_status: sent.http_status,
            response: sent.response.clone(),
            error: sent.error.clone(),
            ended_at: self.clock.now(),
        };
        attempts::end_attempt(&mut *tx, attempt.id, &end).await?;
        episode.end_attempt(sent.outcome, same_before);
        episodes::save_episode(&mut *tx, &episode).await?;
        tx.commit().await?;
        Ok(episode)
    }

    fn tell(&self, episode: &Episode, sent: &SendOutcome) {
        metrics::counter!("portoutd_attempts_total", "outcome" => sent.outcome.to_string()).increment(1);
        tracing::info!(
            attempt.number = episode.attempts,
            attempt.outcome = %sent.outcome,
            attempt.target = episode.sent_target.map_or("-".to_owned(), |target| target.to_string()),
            attempt.error = sent.error.as_deref().unwrap_or("-"),
            "Sent the answer to Telnyx"
        );
        if sent.outcome == Outcome::AccountTrouble {
            let sentence =
                "Telnyx rejects the account's API key, so decisions cannot be sent. Set a valid key";
            alarm::raise_for_account(Alarm::AccountTrouble, &episode.account, sentence);
            self.leave_alone(&episode.account);
        }
        if episode.state == EpisodeState::Stuck {
            let sentence = episode.trouble.as_deref().unwrap_or("the answer is stuck");
            alarm::raise(Alarm::Stuck, &episode.account, &episode.order_id, sentence);
        }
    }

    /// How long to wait after an answer that Telnyx did not accept.
    fn not_before(&self, episode: &Episode, sent: &SendOutcome) -> Option<Timestamp> {
        let seconds = match sent.outcome {
            Outcome::Limited => sent
                .retry_after
                .map_or(5, |span| i64::try_from(span.as_secs()).unwrap_or(60).max(1)),
            Outcome::AccountTrouble => ACCOUNT_PAUSE,
            Outcome::Unsent => 1_i64 << episode.attempts.clamp(1, 6),
            Outcome::NotFound | Outcome::Refused => 2,
            Outcome::Confirmed | Outcome::Unknown => return None,
        };
        Some(self.in_seconds(seconds))
    }
}
