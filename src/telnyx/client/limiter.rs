//! The rate limiter of an account: calls are sent one at a time, a fixed interval apart.
//!
//! Not `governor`: its limiter allows bursts and waits in real time, and this one uses a clock that tests control.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::clock::SharedClock;

/// The maximum length of a pause that Telnyx requests. Silence authorizes, so the service has to read again.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// Lets calls pass one at a time, a fixed interval apart, in the order of their arrival. It uses our own clock, so that
/// it is exact in tests and scales where time runs fast. It measures only uptime, so setting the time of day neither
/// opens nor closes it.
#[derive(Debug)]
pub(super) struct Limiter {
    interval: Duration,
    clock: SharedClock,
    line: Semaphore,
    gate: Mutex<Gate>,
}

/// The uptime from which the next call may be sent.
#[derive(Debug, Default)]
struct Gate {
    next_turn: Duration,
    paused_until: Duration,
}

/// The turn did not come in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLate;

impl Limiter {
    pub(super) fn new(interval: Duration, clock: SharedClock) -> Self {
        Self {
            interval,
            clock,
            line: Semaphore::new(1),
            gate: Mutex::default(),
        }
    }

    /// Waits for a turn. A caller that stops waiting does not use up a turn.
    pub(super) async fn turn(&self) {
        // The semaphore is fair and never closed. It is the queue of callers.
        let _first_in_line = self.line.acquire().await;
        while let Err(closed_for) = self.pass() {
            self.clock.sleep(closed_for).await;
        }
    }

    /// Waits for a turn, but not beyond the uptime.
    pub(super) async fn turn_by(&self, latest: Duration) -> Result<(), TooLate> {
        let left = latest.saturating_sub(self.clock.uptime());
        tokio::select! {
            biased;
            () = self.turn() => {}
            () = self.clock.sleep(left) => return Err(TooLate),
        }
        if self.clock.uptime() <= latest {
            Ok(())
        } else {
            Err(TooLate)
        }
    }

    /// Lets no call pass for a duration, because Telnyx asked for it.
    pub(super) fn pause(&self, span: Duration) {
        let until = self.after(span.min(LONGEST_PAUSE));
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        gate.paused_until = gate.paused_until.max(until);
    }

    /// Returns the time between two calls.
    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// Takes a turn, or returns how long to wait for one.
    fn pass(&self) -> Result<(), Duration> {
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let closed_for = gate
            .next_turn
            .max(gate.paused_until)
            .saturating_sub(self.clock.uptime());
        if closed_for.is_zero() {
            gate.next_turn = self.after(self.interval);
            Ok(())
        } else {
            Err(closed_for)
        }
    }

    fn after(&self, span: Duration) -> Duration {
        self.clock.uptime().saturating_add(span)
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::Arc;

    use futures_util::poll;
    use jiff::SignedDuration;

    use super::*;
    use crate::clock::{Clock as _, ManualClock};

    const RATE: u32 = 50;

    fn limiter() -> (Limiter, ManualClock) {
        let clock = ManualClock::at("2026-11-21T12:00:00Z".parse().unwrap());
        let interval = Duration::from_secs(1) / RATE;
        (Limiter::new(interval, Arc::new(clock.clone())), clock)
    }

    /// Advances the clock by milliseconds until the future is ready, and returns how many it took.
    async fn milliseconds_until(future: impl Future, clock: &ManualClock) -> i64 {
        let mut future = pin!(future);
        for waited in 0..600_000 {
            if poll!(&mut future).is_ready() {
                return waited;
            }
            clock.advance(SignedDuration::from_millis(1));
        }
        panic!("no turn within ten minutes");
    }

    #[tokio::test]
    async fn calls_go_out_a_fixed_time_apart_and_never_in_a_burst() {
        let (limiter, clock) = limiter();
        let interval = 1000 / i64::from(RATE);
        assert_eq!(milliseconds_until(limiter.turn(), &clock).await, 0);
        for _ in 1..5 {
            assert_eq!(milliseconds_until(limiter.turn(), &clock).await, interval);
        }
        clock.advance(SignedDuration::from_hours(1));
        assert_eq!(milliseconds_until(limiter.turn(), &clock).await, 0);
        assert_eq!(
            milliseconds_until(limiter.turn(), &clock).await,
            interval,
            "an idle hour saves nothing up"
        );
    }

    #[tokio::test]
    async fn a_pause_holds_everybody_even_who_waits_already() {
        let (limiter, clock) = limiter();
        limiter.turn().await;
        let mut waiting = pin!(limiter.turn());
        assert!(poll!(&mut waiting).is_pending());
        limiter.pause(Duration::from_secs(7));
        limiter.pause(Duration::from_secs(2));
        assert_eq!(milliseconds_until(waiting, &clock).await, 7_000);
    }

    #[tokio::test]
    async fn no_pause_is_kept_for_longer_than_five_minutes() {
        let (limiter, clock) = limiter();
        limiter.pause(Duration::from_hours(24));
        assert_eq!(milliseconds_until(limiter.turn(), &clock).await, 300_000);
    }

    #[tokio::test]
    async fn who_stops_waiting_costs_the_next_nothing() {
        let (limiter, clock) = limiter();
        limiter.turn().await;
        for _ in 0..10 {
            let mut given_up = Box::pin(limiter.turn());
            assert!(poll!(&mut given_up).is_pending());
        }
        assert_eq!(milliseconds_until(limiter.turn(), &clock).await, 20);
    }

    #[tokio::test]
    async fn a_turn_that_would_come_too_late_is_not_taken() {
        let (limiter, clock) = limiter();
        limiter.turn().await;
        limiter.pause(Duration::from_mins(1));
        let latest = clock.uptime() + Duration::from_secs(10);
        let mut waiting = pin!(limiter.turn_by(latest));
        assert!(poll!(&mut waiting).is_pending());
        clock.advance(SignedDuration::from_secs(10));
        assert_eq!(waiting.await, Err(TooLate));
        clock.advance(SignedDuration::from_mins(1));
        assert_eq!(
            limiter.turn_by(latest).await,
            Err(TooLate),
            "free, but past the instant"
        );
    }

    #[tokio::test]
    async fn setting_the_time_of_day_neither_opens_the_gate_nor_keeps_it_shut() {
        for hours in [-24, 24] {
            let (limiter, clock) = limiter();
            limiter.turn().await;
            clock.jump(SignedDuration::from_hours(hours));
            assert_eq!(milliseconds_until(limiter.turn(), &clock).await, 20);
        }
    }

    #[tokio::test]
    async fn a_pause_ends_when_it_should_although_the_clock_is_set_back_ten_minutes() {
        let (limiter, clock) = limiter();
        limiter.pause(Duration::from_secs(2));
        clock.jump(SignedDuration::from_mins(-10));
        assert_eq!(milliseconds_until(limiter.turn(), &clock).await, 2_000);
        assert_eq!(
            milliseconds_until(limiter.turn(), &clock).await,
            20,
            "the pause is over"
        );
    }
}
