//! Takes due orders from the queue, a bounded number at a time, and gives each back with the time of its next look.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Engine;
use super::alarm::{self, Alarm};
use super::look::LookError;
use crate::domain::AccountName;
use crate::store::StoreError;
use crate::store::orders::{self, Claim};
use crate::telnyx::ReadError;

/// How long a claim lasts, and so how long an order waits whose worker was killed. A look that takes longer loses its
/// claim and can neither decide nor send.
const LEASE: SignedDuration = SignedDuration::from_secs(90);

/// How often the queue is looked at when nothing has woken it.
const QUEUE_INTERVAL: Duration = Duration::from_secs(1);

/// How long an account is left alone whose key Telnyx does not accept, in seconds.
pub(super) const ACCOUNT_PAUSE: i64 = 60;

/// The longest pause between two tries to read an order that cannot be read.
pub(super) const LONGEST_PAUSE: i64 = 300;

impl Engine {
    /// Runs until the token is cancelled: claims, looks, releases. `beat` is called at every turn of the loop.
    pub async fn work(
        self: Arc<Self>,
        at_once: usize,
        tracker: TaskTracker,
        stop: CancellationToken,
        beat: impl Fn(),
    ) {
        let places = Arc::new(Semaphore::new(at_once));
        let mut away = false;
        while !stop.is_cancelled() {
            beat();
            match self.take_turn(&places, &tracker, &stop).await {
                Ok(0) => away = false,
                Ok(_) => continue,
                Err(error) if away => tracing::debug!(%error, "the queue still cannot be read"),
                Err(error) => {
                    away = true;
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the queue cannot be read; it is tried again every second"
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

    /// Claims as many orders as there are free places and starts a look at each. Gives how many.
    async fn take_turn(
        self: &Arc<Self>,
        places: &Arc<Semaphore>,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<usize, StoreError> {
        let first = tokio::select! {
            () = stop.cancelled() => return Ok(0),
            // The loop goes on turning while every place is taken: its beat says that it lives.
            () = self.clock.sleep(QUEUE_INTERVAL) => return Ok(0),
            place = places.clone().acquire_owned() => place,
        };
        let mut free = vec![first];
        while let Ok(place) = places.clone().try_acquire_owned() {
            free.push(Ok(place));
        }
        let limit = i64::try_from(free.len()).unwrap_or(1);
        let claims = orders::claim_due(&self.pool, self.clock.now(), limit, LEASE).await?;
        let taken = claims.len();
        for (claim, place) in claims.into_iter().zip(free) {
            let engine = self.clone();
            tracker.spawn(async move {
                engine.attend(&claim).await;
                drop(place);
                engine.wake.notify_one();
            });
        }
        Ok(taken)
    }

    /// One claimed order, from look to release.
    async fn attend(&self, claim: &Claim) {
        let (next, failures) = match self.look(claim).await {
            Ok(next) => (next, 0),
            Err(LookError::Store(error)) => {
                tell_store(claim, &error);
                (Some(self.later(claim.failures)), claim.failures.saturating_add(1))
            }
            Err(LookError::Paused(left)) => {
                // The deadline does not pause.
                if self.pass_deadline(claim).await.is_err() {
                    tracing::warn!(order.id = %claim.order_id, "the deadline of the order cannot be looked at");
                }
                let left = i64::try_from(left.as_secs()).unwrap_or(ACCOUNT_PAUSE);
                (Some(self.in_seconds(left.saturating_add(1))), claim.failures)
            }
            Err(error) => {
                self.tell_unread(claim, &error).await;
                (Some(self.pause(claim, &error)), claim.failures.saturating_add(1))
            }
        };
        // If the order cannot be given back, its lease runs out and somebody else takes it.
        if let Err(error) = orders::release(&self.pool, claim, next, failures).await {
            tracing::warn!(order.id = %claim.order_id, error = &error as &dyn std::error::Error, "the order keeps its lease until it runs out");
        }
    }

    /// Says on the order what keeps us from reading it, and does not let its deadline pass unnoticed.
    async fn tell_unread(&self, claim: &Claim, error: &LookError) {
        tracing::warn!(account = %claim.account, order.id = %claim.order_id, error = error as &dyn std::error::Error, failures = claim.failures, "the order cannot be read");
        if let LookError::Read(ReadError::AccountTrouble { .. }) = error {
            let sentence = "Telnyx does not accept the account's API key: its orders cannot be read";
            alarm::raise_for_account(Alarm::AccountTrouble, &claim.account, sentence);
            self.leave_alone(&claim.account);
        }
        let mut told = error.to_string();
        if let LookError::Read(cause) = error {
            told = format!("{told}: {cause}");
        }
        let kept = orders::set_trouble(&self.pool, claim, &told, self.clock.now()).await;
        let passed = self.pass_deadline(claim).await;
        if kept.is_err() || passed.is_err() {
            tracing::warn!(order.id = %claim.order_id, "what keeps us from reading the order cannot be recorded");
        }
    }

    fn pause(&self, claim: &Claim, error: &LookError) -> Timestamp {
        match error {
            LookError::Read(ReadError::Limited { retry_after }) => self.in_seconds(
                i64::try_from(retry_after.as_secs())
                    .unwrap_or(LONGEST_PAUSE)
                    .max(1),
            ),
            LookError::Read(ReadError::AccountTrouble { .. }) | LookError::NoAccount => {
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

    /// Makes no further call for an account whose key Telnyx has just refused, for a minute.
    pub(super) fn leave_alone(&self, account: &AccountName) {
        let pause = Duration::from_secs(ACCOUNT_PAUSE.unsigned_abs());
        self.accounts
            .pause(account, self.clock.uptime().saturating_add(pause));
    }

    pub(super) fn in_seconds(&self, seconds: i64) -> Timestamp {
        self.clock
            .now()
            .saturating_add(SignedDuration::from_secs(seconds))
            .unwrap_or(Timestamp::MAX)
    }
}

fn tell_store(claim: &Claim, error: &StoreError) {
    if matches!(error, StoreError::Overtaken(_)) {
        tracing::info!(order.id = %claim.order_id, %error, "somebody else was first; the order is looked at again");
    } else {
        tracing::error!(order.id = %claim.order_id, error = error as &dyn std::error::Error, "the record cannot be kept, so nothing is sent");
    }
}
