//! Claims due orders from the queue, a bounded number at a time, and releases each with the time at which it is due
//! again.

#[cfg(test)]
mod tests;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::error::ProcessError;
use crate::domain::{AccountName, Episode, ErrorChain};
use crate::engine::alarm::Alarm;
use crate::engine::order_span::order_span;
use crate::engine::{Engine, alarm};
use crate::lifecycle::{Heartbeat, Lifecycle};
use crate::store::claims::Claim;
use crate::store::{StoreError, claims, in_time, orders};
use crate::telnyx::ReadError;

/// How long a claim lasts, and therefore how long an order waits if its worker was killed. Processing that takes longer
/// loses the claim and can neither decide nor send.
const LEASE: SignedDuration = SignedDuration::from_secs(90);

/// How often the queue is read if nothing wakes the workers.
const QUEUE_INTERVAL: Duration = Duration::from_secs(1);

/// How long the loop may show no progress: it turns every second, and a claim is one statement.
const PATIENCE: Duration = Duration::from_mins(1);

/// The trouble that `pending` shows for an order whose processing panicked.
const PANICKED: &str =
    "this order triggers a bug in portoutd. Answer the order in the portal and report the log";

/// How long calls to an account are paused after Telnyx rejected its key, in seconds.
pub(crate) const ACCOUNT_PAUSE: i64 = 60;

/// How long an order waits after the database failed during its processing, in seconds.
const AFTER_DATABASE: i64 = 2;

/// The maximum pause between two attempts to read an order that cannot be read, in seconds.
pub(crate) const LONGEST_PAUSE: i64 = 300;

impl Engine {
    /// Starts the loop that claims due orders and processes up to `at_once` of them concurrently.
    pub fn start_workers(self: &Arc<Self>, at_once: usize, lifecycle: &Lifecycle) {
        let engine = self.clone();
        let (tracker, stop) = (lifecycle.tracker().clone(), lifecycle.stop().clone());
        lifecycle.spawn("workers", PATIENCE, |heartbeat| async move {
            engine.work(at_once, tracker, stop, heartbeat).await;
        });
    }

    async fn work(
        self: Arc<Self>,
        at_once: usize,
        tracker: TaskTracker,
        stop: CancellationToken,
        heartbeat: Heartbeat,
    ) {
        let places = Arc::new(Semaphore::new(at_once));
        let mut away = false;
        while !stop.is_cancelled() {
            heartbeat.beat();
            match self.take_turn(&places, &tracker, &stop).await {
                Ok(0) => away = false,
                Ok(_) => continue,
                Err(error) if away => {
                    tracing::debug!(error = %ErrorChain(&error), "Still failing to read the queue");
                }
                Err(error) => {
                    away = true;
                    tracing::error!(
                        error = %ErrorChain(&error),
                        "Failed to read the queue; retrying every second"
                    );
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.notified() => {}
                () = self.clock.sleep(QUEUE_INTERVAL) => {}
            }
        }
    }

    /// Claims as many orders as there are free slots and starts a task for each. Returns how many.
    async fn take_turn(
        self: &Arc<Self>,
        places: &Arc<Semaphore>,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<usize, StoreError> {
        let first = tokio::select! {
            () = stop.cancelled() => return Ok(0),
            // The loop continues to turn while every slot is in use, so that its heartbeat shows that it is alive.
            () = self.clock.sleep(QUEUE_INTERVAL) => return Ok(0),
            place = places.clone().acquire_owned() => place,
        };
        let mut free = vec![first];
        while let Ok(place) = places.clone().try_acquire_owned() {
            free.push(Ok(place));
        }
        let limit = i64::try_from(free.len()).unwrap_or(1);
        let claims = in_time(claims::claim_due(&self.pool, self.clock.now(), limit, LEASE)).await?;
        let taken = claims.len();
        for (claim, place) in claims.into_iter().zip(free) {
            let (engine, stop) = (self.clone(), stop.clone());
            let span = order_span(&claim.account, &claim.order_id);
            let work = async move {
                engine
                    .survive(&claim, Box::pin(engine.process_claim(&claim, &stop)))
                    .await;
                drop(place);
                engine.wake.notify_one();
            };
            tracker.spawn(work.instrument(span));
        }
        Ok(taken)
    }

    /// Processes one claimed order. A panic costs the order one attempt, but not its slot or its lease.
    async fn survive(&self, claim: &Claim, work: impl Future<Output = ()> + Send) {
        if AssertUnwindSafe(work).catch_unwind().await.is_ok() {
            return;
        }
        metrics::counter!("portoutd_panics_total", "task" => "order").increment(1);
        tracing::error!("Processing of the order panicked; retrying");
        let next = Some(self.later(claim.failures));
        let kept = in_time(orders::set_trouble(&self.pool, claim, PANICKED, self.clock.now())).await;
        let released = claims::release(&self.pool, claim, next, claim.failures.saturating_add(1));
        let released = in_time(released).await;
        if let Err(error) = kept.and(released) {
            tracing::warn!(error = %ErrorChain(&error), "Failed to release the order; it is processed again when its lease expires");
        }
    }

    /// Processes one claimed order, from the read to the release.
    async fn process_claim(&self, claim: &Claim, stop: &CancellationToken) {
        let (next, failures) = match self.process_in_time(claim).await {
            Ok(next) => (next, 0),
            Err(ProcessError::Store(error)) if error.is_temporary() => {
                report_store_error(&error);
                // The database failed, not the order, so the pause does not grow.
                (Some(self.in_seconds(AFTER_DATABASE)), claim.failures)
            }
            Err(ProcessError::Store(error)) => {
                report_store_error(&error);
                self.record_refusal(claim, &error).await;
                (Some(self.later(claim.failures)), claim.failures.saturating_add(1))
            }
            Err(ProcessError::Paused(left)) => {
                // The deadline is handled even while the account is paused.
                if let Err(error) = in_time(self.pass_deadline(claim)).await {
                    tracing::warn!(error = %ErrorChain(&error), "Failed to check the deadline of the order");
                }
                let left = i64::try_from(left.as_secs()).unwrap_or(ACCOUNT_PAUSE);
                (Some(self.in_seconds(left.saturating_add(1))), claim.failures)
            }
            Err(ProcessError::Withheld(why)) => (
                Some(self.withhold(claim, &why).await),
                claim.failures.saturating_add(1),
            ),
            Err(error) => {
                self.tell_unread(claim, &error).await;
                (Some(self.pause(claim, &error)), claim.failures.saturating_add(1))
            }
        };
        self.give_back(claim, next, failures, stop).await;
    }

    /// Processes an order for as long as the claim lasts in real time, so that the slot becomes free whatever hangs.
    async fn process_in_time(&self, claim: &Claim) -> Result<Option<Timestamp>, ProcessError> {
        let limit = LEASE.unsigned_abs();
        match tokio::time::timeout(limit, Box::pin(self.process_order(claim))).await {
            Ok(looked) => looked,
            Err(_) => Err(StoreError::TimedOut(limit).into()),
        }
    }

    /// Releases the order. While the database fails this is tried again for as long as the claim could last, because an
    /// order that kept its lease during a short outage would wait longer than the outage.
    async fn give_back(
        &self,
        claim: &Claim,
        next: Option<Timestamp>,
        failures: i32,
        stop: &CancellationToken,
    ) {
        let pause = Duration::from_secs(AFTER_DATABASE.unsigned_abs());
        let tries = LEASE.as_secs() / AFTER_DATABASE;
        for _ in 0..tries {
            match in_time(claims::release(&self.pool, claim, next, failures)).await {
                Ok(()) => return,
                Err(error) if error.is_temporary() => {
                    tracing::debug!(error = %ErrorChain(&error), "Failed to release the order; retrying");
                    if stop.run_until_cancelled(self.clock.sleep(pause)).await.is_none() {
                        break;
                    }
                }
                Err(error) => {
                    tracing::info!(error = %ErrorChain(&error), "The order's lease expired before it was released");
                    return;
                }
            }
        }
        tracing::warn!("Failed to release the order; another worker processes it when its lease expires");
    }

    /// Records on the order why it cannot be read, and handles its deadline if that has passed.
    async fn tell_unread(&self, claim: &Claim, error: &ProcessError) {
        tracing::warn!(error = %ErrorChain(error), failures = claim.failures, "Failed to read order from Telnyx");
        if let ProcessError::Read(ReadError::AccountTrouble { .. }) = error {
            let sentence =
                "Telnyx rejects the account's API key, so its orders cannot be read. Set a valid key";
            alarm::raise_for_account(Alarm::AccountTrouble, &claim.account, sentence);
            self.leave_alone(&claim.account);
        }
        let trouble = ErrorChain(error).to_string();
        let kept = orders::set_trouble(&self.pool, claim, &trouble, self.clock.now());
        let kept = in_time(kept).await;
        self.record_announced_numbers(claim).await;
        let passed = in_time(self.pass_deadline(claim)).await;
        warn_unrecorded(kept, passed, "Failed to record why the order cannot be read");
    }

    /// Records on the order that the database refuses what Telnyx shows. Otherwise the order would be read repeatedly,
    /// and nobody would know why nothing is decided.
    async fn record_refusal(&self, claim: &Claim, error: &StoreError) {
        if !matches!(error, StoreError::Refused(_)) {
            return;
        }
        let trouble = format!("cannot store the order: {}", ErrorChain(error));
        let kept = in_time(orders::set_trouble(&self.pool, claim, &trouble, self.clock.now())).await;
        let passed = self.pass_deadline(claim).await;
        warn_unrecorded(kept, passed, "Failed to record that the order cannot be stored");
    }

    fn pause(&self, claim: &Claim, error: &ProcessError) -> Timestamp {
        match error {
            ProcessError::Read(ReadError::Limited { retry_after }) => self.in_seconds(
                i64::try_from(retry_after.as_secs())
                    .unwrap_or(LONGEST_PAUSE)
                    .max(1),
            ),
            ProcessError::Read(ReadError::AccountTrouble { .. }) | ProcessError::NoAccount => {
                self.in_seconds(ACCOUNT_PAUSE)
            }
            _ => self.later(claim.failures),
        }
    }

    /// 2, 4, 8 … seconds, at most five minutes.
    fn later(&self, failures: i32) -> Timestamp {
        let exponent = u32::try_from(failures.clamp(0, 8)).unwrap_or(8);
        self.in_seconds(
            2_i64
                .saturating_pow(exponent.saturating_add(1))
                .min(LONGEST_PAUSE),
        )
    }

    /// Makes no further calls for an account for a minute after Telnyx rejected its key.
    pub(crate) fn leave_alone(&self, account: &AccountName) {
        let pause = Duration::from_secs(ACCOUNT_PAUSE.unsigned_abs());
        self.accounts
            .pause(account, self.clock.uptime().saturating_add(pause));
    }

    pub(crate) fn in_seconds(&self, seconds: i64) -> Timestamp {
        self.clock
            .now()
            .saturating_add(SignedDuration::from_secs(seconds))
            .unwrap_or(Timestamp::MAX)
    }
}

/// Logs that the trouble of an order could not be recorded or its deadline not checked.
fn warn_unrecorded(
    kept: Result<(), StoreError>,
    passed: Result<Option<Episode>, ProcessError>,
    sentence: &'static str,
) {
    if let Err(error) = kept.map_err(ProcessError::from).and(passed) {
        tracing::warn!(error = %ErrorChain(&error), "{sentence}");
    }
}

fn report_store_error(error: &StoreError) {
    if matches!(error, StoreError::Overtaken(_)) {
        tracing::info!(error = %ErrorChain(error), "Another worker or person changed the order; processing it again");
    } else {
        tracing::error!(error = %ErrorChain(error), "Failed to write to the database; nothing is sent");
    }
}
