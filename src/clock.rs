//! Time and new ids: the one place that reads the system's clock, so that tests can move time by hand.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use uuid::Uuid;

/// A shared source of time.
pub type SharedClock = Arc<dyn Clock>;

/// A source of time, and the means to wait for it.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The present, cut to microseconds: what Postgres keeps, so a time read back equals the time written.
    fn now(&self) -> Timestamp;

    /// Waits until `now` is at or past the instant.
    fn sleep_until(&self, instant: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// Waits for a span of this clock's time.
    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
        let until = self.now().saturating_add(span).unwrap_or(Timestamp::MAX);
        self.sleep_until(until)
    }
}

/// The machine's own time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// Time that runs a whole number of times faster than the machine's, for demonstrations and rehearsals.
#[derive(Debug, Clone, Copy)]
pub struct FastClock {
    started: Timestamp,
    factor: u32,
}

/// Time that stands still until it is moved.
#[derive(Debug, Clone)]
pub struct ManualClock {
    now: watch::Sender<Timestamp>,
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        to_microseconds(system_now())
    }

    fn sleep_until(&self, instant: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(real_sleep(self.now().duration_until(instant)))
    }
}

impl FastClock {
    /// Starts at the machine's present and runs `factor` times as fast; a factor of zero counts as one.
    #[must_use]
    pub fn starting_now(factor: u32) -> Self {
        Self {
            started: system_now(),
            factor: factor.max(1),
        }
    }
}

impl Clock for FastClock {
    fn now(&self) -> Timestamp {
        let elapsed = self.started.duration_until(system_now());
        let elapsed = elapsed
            .checked_mul(i32::try_from(self.factor).unwrap_or(i32::MAX))
            .unwrap_or(SignedDuration::MAX);
        to_microseconds(self.started.saturating_add(elapsed).unwrap_or(Timestamp::MAX))
    }

    fn sleep_until(&self, instant: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let span = self.now().duration_until(instant);
        let factor = i32::try_from(self.factor).unwrap_or(i32::MAX);
        Box::pin(real_sleep(span.checked_div(factor).unwrap_or(span)))
    }
}

impl ManualClock {
    /// A clock that stands at the instant.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self {
            now: watch::Sender::new(to_microseconds(now)),
        }
    }

    /// Moves the clock on and wakes whoever waited for an instant now reached.
    pub fn advance(&self, span: SignedDuration) {
        self.now
            .send_modify(|now| *now = now.saturating_add(span).unwrap_or(Timestamp::MAX));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn sleep_until(&self, instant: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut moved = self.now.subscribe();
        Box::pin(async move {
            // The sender lives in `self`, which this future borrows: the wait cannot fail.
            let _ = moved.wait_for(|now| *now >= instant).await;
        })
    }
}

/// A new id that sorts by the time it was made.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where ids are made")]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the system's clock is read"
)]
fn system_now() -> Timestamp {
    Timestamp::now()
}

fn to_microseconds(instant: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(instant.as_microsecond()).unwrap_or(instant)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where real time is waited for"
)]
async fn real_sleep(span: SignedDuration) {
    if let Ok(span) = Duration::try_from(span) {
        tokio::time::sleep(span).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_is_moved_past_its_instant() {
        let clock = ManualClock::at("2026-11-21T12:00:00Z".parse().unwrap());
        let mut sleeper = tokio_test_task(clock.clone());
        assert!(futures_util::poll!(&mut sleeper).is_pending());
        clock.advance(SignedDuration::from_secs(59));
        assert!(futures_util::poll!(&mut sleeper).is_pending());
        clock.advance(SignedDuration::from_secs(1));
        assert!(futures_util::poll!(&mut sleeper).is_ready());
    }

    fn tokio_test_task(clock: ManualClock) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move { clock.sleep(Duration::from_mins(1)).await })
    }

    #[test]
    fn a_fast_clock_runs_ahead_of_the_machine() {
        let clock = FastClock {
            started: "2020-01-01T00:00:00Z".parse().unwrap(),
            factor: 2,
        };
        let elapsed = clock.started.duration_until(clock.now());
        assert!(elapsed > clock.started.duration_until(system_now()));
    }
}
