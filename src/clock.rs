//! Time and new IDs. This is the only module that reads the system's clock, so that tests can control time.
//!
//! A clock has two readings. `now` is the time of day, for everything that other systems or people see. A person or NTP
//! can set it forward or back. `uptime` only increases, and every duration inside the process is measured with it.

mod reference;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use uuid::Uuid;

pub use reference::{Moment, Offset, ReferenceClock};

/// A shared source of time.
pub type SharedClock = Arc<dyn Clock>;

/// A source of time that can be waited for.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Returns the current time, truncated to microseconds. Postgres stores this precision, so a time that is read back
    /// equals the time that was written.
    fn now(&self) -> Timestamp;

    /// Returns how long this clock has run. It never goes back and never jumps, whatever happens to `now`.
    fn uptime(&self) -> Duration;

    /// Waits until `now` has reached the time.
    fn sleep_until(&self, instant: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// Waits for a duration of this clock's uptime.
    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// Returns whether `now` is meant to be the real time, so that it can be compared with another machine's clock.
    fn shows_real_time(&self) -> bool {
        false
    }
}

/// The system's time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// Time that runs at an integer multiple of the system's speed, for demonstrations and rehearsals.
#[derive(Debug, Clone, Copy)]
pub struct FastClock {
    started: Timestamp,
    factor: u32,
}

/// Time that stands still until it is moved.
#[derive(Debug, Clone)]
pub struct ManualClock {
    reading: watch::Sender<Reading>,
    world_time: bool,
}

/// The reading of a manual clock.
#[derive(Debug, Clone, Copy)]
struct Reading {
    now: Timestamp,
    uptime: Duration,
}

/// The system's monotonic clock at the first reading in this process.
static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        to_microseconds(system_now())
    }

    fn uptime(&self) -> Duration {
        STARTED.elapsed()
    }

    fn sleep_until(&self, instant: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(real_sleep(
            Duration::try_from(self.now().duration_until(instant)).unwrap_or_default(),
        ))
    }

    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(real_sleep(span))
    }

    fn shows_real_time(&self) -> bool {
        true
    }
}

impl FastClock {
    /// Starts at the current system time and runs `factor` times as fast. A factor of zero counts as one.
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

    fn uptime(&self) -> Duration {
        STARTED.elapsed().saturating_mul(self.factor)
    }

    fn sleep_until(&self, instant: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.sleep(Duration::try_from(self.now().duration_until(instant)).unwrap_or_default())
    }

    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(real_sleep(span.checked_div(self.factor).unwrap_or(span)))
    }
}

impl ManualClock {
    /// Creates a clock that stands still at a time.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self {
            reading: watch::Sender::new(Reading {
                now: to_microseconds(now),
                uptime: Duration::ZERO,
            }),
            world_time: false,
        }
    }

    /// Makes the clock report that it shows the real time.
    #[must_use]
    pub fn showing_real_time(mut self) -> Self {
        self.world_time = true;
        self
    }

    /// Advances the time and wakes everyone who waited for a time that has now been reached. A negative duration has no
    /// effect.
    pub fn advance(&self, span: SignedDuration) {
        let span = Duration::try_from(span).unwrap_or_default();
        self.reading.send_modify(|reading| {
            reading.uptime = reading.uptime.saturating_add(span);
            reading.now = reading.now.saturating_add(span).unwrap_or(Timestamp::MAX);
        });
    }

    /// Sets the time of day forward or, with a negative duration, back, as a person or NTP would. The uptime does not
    /// change.
    pub fn jump(&self, span: SignedDuration) {
        self.reading.send_modify(|reading| {
            reading.now = reading.now.saturating_add(span).unwrap_or(reading.now);
        });
    }

    fn wait(
        &self,
        reached: impl Fn(&Reading) -> bool + Send + 'static,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut moved = self.reading.subscribe();
        Box::pin(async move {
            // The sender is in `self`, which this future borrows, so the wait cannot fail.
            let _ = moved.wait_for(reached).await;
        })
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.reading.borrow().now
    }

    fn uptime(&self) -> Duration {
        self.reading.borrow().uptime
    }

    fn sleep_until(&self, instant: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.wait(move |reading| reading.now >= instant)
    }

    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let until = self.uptime().saturating_add(span);
        self.wait(move |reading| reading.uptime >= until)
    }

    fn shows_real_time(&self) -> bool {
        self.world_time
    }
}

/// Returns a new ID that sorts by its creation time.
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
async fn real_sleep(span: Duration) {
    tokio::time::sleep(span).await;
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

    #[tokio::test]
    async fn a_clock_that_is_set_back_neither_stops_a_sleep_nor_lets_time_run_back() {
        let clock = ManualClock::at("2026-11-21T12:00:00Z".parse().unwrap());
        let mut sleeper = tokio_test_task(clock.clone());
        assert!(futures_util::poll!(&mut sleeper).is_pending());
        clock.jump(SignedDuration::from_hours(-6));
        assert_eq!(clock.now().to_string(), "2026-11-21T06:00:00Z");
        assert_eq!(clock.uptime(), Duration::ZERO);
        clock.advance(SignedDuration::from_mins(1));
        assert!(futures_util::poll!(&mut sleeper).is_ready());
        assert_eq!(clock.uptime(), Duration::from_mins(1));
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
