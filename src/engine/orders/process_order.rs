//! Processes one order: read it, record the read, evaluate the rules if nobody has decided, and answer if there is a
//! decision.

use jiff::{SignedDuration, Timestamp};

use super::deadline::report_unknown_status;
use super::error::ProcessError;
use super::evaluate::Judged;
use super::facts::COSTLY;
use super::snapshot::OrderSnapshot;
use crate::clock::new_id;
use crate::domain::{Episode, EpisodeState, ErrorChain, Order, OrderStatus, Outcome, Seen};
use crate::engine::alarm::Alarm;
use crate::engine::order_span::record_episode;
use crate::engine::{Engine, alarm};
use crate::rules::Fact;
use crate::store::attempts::{self, AttemptEnd};
use crate::store::claims::Claim;
use crate::store::{claims, deadlines, episodes, in_time, orders, queue};
use crate::telnyx::ReadOrder;

impl Engine {
    /// Processes a claimed order. Returns when to process it again, if ever.
    pub(crate) async fn process_order(&self, claim: &Claim) -> Result<Option<Timestamp>, ProcessError> {
        let client = self
            .accounts
            .client(&claim.account)
            .ok_or(ProcessError::NoAccount)?;
        if let Some(left) = self.accounts.paused(&claim.account, self.clock.uptime()) {
            return Err(ProcessError::Paused(left));
        }
        let read = client.get_order(&claim.order_id).await?;
        let sight = OrderSnapshot {
            claim,
            client,
            order: &read.order,
            read_uptime: self.clock.uptime(),
        };
        let taken_in = Box::pin(self.take_in(&sight, &read, self.clock.now()));
        let Some(episode) = in_time(taken_in).await? else {
            return Ok(None);
        };
        record_episode(episode.number);
        if read.order.status != OrderStatus::Pending {
            return Ok(episode.next_processing(self.clock.now()));
        }
        let mut judged = Judged::unchanged(episode);
        if matches!(judged.episode.state, EpisodeState::Open | EpisodeState::Held) {
            judged = Box::pin(self.judge(&sight, judged.episode)).await?;
        }
        if judged.episode.waits_for_somebody() && judged.episode.deadline_is_due(self.clock.now()) {
            let passed = in_time(self.pass_deadline(claim)).await?;
            judged.episode = passed.unwrap_or(judged.episode);
        }
        if judged.episode.is_answering() && judged.basis.is_none() {
            judged = Box::pin(self.recheck(&sight, judged.episode)).await?;
        }
        let Judged {
            mut episode,
            missing,
            basis,
        } = judged;
        let mut not_before = None;
        if let Some(basis) = basis.filter(|_| episode.may_send(self.clock.now())) {
            (episode, not_before) = self.answer(&sight, episode, &basis).await?;
        }
        let now = self.clock.now();
        if episode.deadline_is_due(now) {
            // The order is decided but was not answered in time, which also requires a person.
            episode = in_time(self.pass_deadline(claim)).await?.unwrap_or(episode);
        }
        Ok(next_processing(&episode, &missing, now).max(not_before))
    }

    /// Records a read, and returns the order's open episode if it has one.
    async fn take_in(
        &self,
        sight: &OrderSnapshot<'_>,
        read: &ReadOrder,
        now: Timestamp,
    ) -> Result<Option<Episode>, ProcessError> {
        let (claim, order) = (sight.claim, sight.order);
        let mut tx = self.pool.begin().await?;
        claims::hold_claim(&mut tx, claim).await?;
        let before = orders::last_status(&mut *tx, claim).await?;
        let decide_by = self.record_read(&mut tx, claim, read, now).await?;
        let latest = episodes::lock_latest_episode(&mut tx, &claim.account, &claim.order_id).await?;
        let number = latest.as_ref().map_or(0, |episode| episode.number);
        let (mut open, mut seen) = (latest.filter(Episode::is_open), Seen::Same);
        if let Some(episode) = &mut open {
            self.close_cut_attempt(&mut tx, episode, now).await?;
            seen = episode.see(&order.status, now);
            episodes::save_episode(&mut *tx, episode).await?;
            self.bring_deadline_forward(&mut tx, episode, decide_by).await?;
        }
        let told = open.clone();
        open = open.filter(Episode::is_open);
        if open.is_none() && order.status == OrderStatus::Pending {
            let episode = Episode::open(
                new_id(),
                claim.account.clone(),
                order.id.clone(),
                number + 1,
                now,
                decide_by,
            );
            episodes::insert_episode(&mut *tx, &episode).await?;
            if episode.is_bounce() {
                deadlines::restart_deadline(&mut *tx, &claim.account, &claim.order_id).await?;
            }
            open = Some(episode);
        }
        if told.is_none() {
            report_unknown_status(claim, &order.status, before.as_deref());
        }
        tx.commit().await?;
        if before.as_deref() != Some(order.status.as_str()) && order.status.has_ended() {
            self.wake_competing(claim, order).await;
        }
        if let Some(episode) = told {
            tell(&episode, seen);
            if seen == Seen::Verified {
                self.compare_with_answered(sight, &episode).await;
            }
        }
        if open.as_ref().is_some_and(|episode| episode.number > number) {
            metrics::counter!("portoutd_episodes_opened_total").increment(1);
            tell_bounce(open.as_ref(), number);
        }
        Ok(open)
    }

    /// Wakes the orders that may have waited for this one to end. They are processed from time to time in any case.
    async fn wake_competing(&self, claim: &Claim, order: &Order) {
        let (numbers, now) = (&order.numbers.readable, self.clock.now());
        let woken = queue::wake_competing(&self.pool, &claim.account, &claim.order_id, numbers, now).await;
        match woken {
            Ok(0) => {}
            Ok(_) => self.wake.notify_one(),
            Err(error) => {
                tracing::warn!(error = %ErrorChain(&error), "Failed to wake the other orders for the same numbers");
            }
        }
    }

    /// An attempt without an outcome was interrupted when its process ended, and it is unknown whether it was applied.
    async fn close_cut_attempt(
        &self,
        tx: &mut sqlx::PgConnection,
        episode: &mut Episode,
        now: Timestamp,
    ) -> Result<(), ProcessError> {
        let Some(cut) = attempts::unfinished_attempt(&mut *tx, episode.id).await? else {
            return Ok(());
        };
        let end = AttemptEnd {
            outcome: Outcome::Unknown,
            http_status: None,
            response: Vec::new(),
            error: Some("the process ended while the call was in progress".to_owned()),
            ended_at: now,
        };
        attempts::end_attempt(&mut *tx, cut, &end).await?;
        episode.end_attempt(Outcome::Unknown, 0);
        Ok(())
    }
}

/// Returns when to process an order of this episode again. Missing facts that are read from Telnyx are requested again
/// in five minutes. For everything else the order is woken when it changes.
fn next_processing(episode: &Episode, missing: &[Fact], now: Timestamp) -> Option<Timestamp> {
    const FACTS_MAY_COME: SignedDuration = SignedDuration::from_mins(5);
    let next = episode.next_processing(now);
    let may_come = missing.iter().any(|fact| COSTLY.contains(fact)) && !episode.is_bounce();
    let soon = now.checked_add(FACTS_MAY_COME).ok().filter(|_| may_come);
    match (next, soon) {
        (Some(next), Some(soon)) => Some(next.min(soon)),
        (next, soon) => next.or(soon),
    }
}

fn tell(episode: &Episode, seen: Seen) {
    let (account, order) = (&episode.account, &episode.order_id);
    let ended = episode.ended_as.as_deref().unwrap_or("pending");
    match seen {
        Seen::Same | Seen::Bounced => {}
        Seen::Verified => {
            metrics::counter!("portoutd_answers_verified_total").increment(1);
            tracing::info!(order.status = ended, "Telnyx confirmed the answer");
        }
        Seen::Overtaken if matches!(ended, "authorized" | "ported" | "completed") => {
            let sentence = "the number is leaving without our answer: the order was authorized by silence or by someone else";
            alarm::raise(Alarm::LeftUnanswered, account, order, sentence);
        }
        Seen::Overtaken => {
            tracing::info!(
                order.status = ended,
                "The order left pending through someone else's action"
            );
        }
        Seen::Conflict => {
            alarm::raise(
                Alarm::Conflict,
                account,
                order,
                "the order's final status at Telnyx differs from the answer that was sent. Check the order in the portal",
            );
        }
        Seen::UnknownStatus => {
            alarm::raise(
                Alarm::UnknownStatus,
                account,
                order,
                "Telnyx shows an unknown status for the order. Check the order in the portal",
            );
        }
    }
}

fn tell_bounce(opened: Option<&Episode>, before: i32) {
    if let Some(episode) = opened.filter(|_| before > 0) {
        let sentence = "the order returned to pending after it had left pending. Answer it with `portoutd authorize` or `portoutd reject`";
        alarm::raise(Alarm::Bounced, &episode.account, &episode.order_id, sentence);
    }
}
