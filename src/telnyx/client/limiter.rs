use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

use crate::clock::SharedClock;

/// No pause asked for by Telnyx is kept longer than this: silence authorizes, so one has to look again.
pub(super) const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// Lets calls out one by one, a fixed time apart, in the order they came. It runs on our own clock, so that it is
/// exact under test and keeps its proportions where time runs fast.
#[derive(Debug)]
pub(super) struct Limiter {
    interval: SignedDuration,
    clock: SharedClock,
    line: Semaphore,
    gate: Mutex<Gate>,
}

#[derive(Debug, Default)]
struct Gate {
    next_turn: Option<Timestamp>,
    paused_until: Option<Timestamp>,
}

/// The turn did not come in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLate;

impl Limiter {
    pub(super) fn new(interval: Duration, clock: SharedClock) -> Self {
        Self {
            interval: SignedDuration::try_from(interval).unwrap_or(SignedDuration::MAX),
            clock,
            line: Semaphore::new(1),
            gate: Mutex::default(),
        }
    }

    /// Waits for a turn. Whoever stops waiting takes nothing with them.
    pub(super) async fn turn(&self) {
        // The semaphore is fair and never closed: it is the line in which callers stand.
        let _first_in_line = self.line.acquire().await;
        while let Err(open_at) = self.pass() {
            self.clock.sleep_until(open_at).await;
        }
    }

    /// Waits for a turn, but not beyond the instant.
    pub(super) async fn turn_by(&self, latest: Timestamp) -> Result<(), TooLate> {
        tokio::select! {
            biased;
            () = self.turn() => {}
            () = self.clock.sleep_until(latest) => return Err(TooLate),
        }
        if self.clock.now() <= latest {
            Ok(())
        } else {
            Err(TooLate)
        }
    }

    /// Lets nobody pass for a while, because Telnyx said so.
    pub(super) fn pause(&self, span: Duration) {
        let until = self.after(
            SignedDuration::try_from(span)
                .unwrap_or(LONGEST_PAUSE)
                .min(LONGEST_PAUSE),
        );
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        gate.paused_until = gate.paused_until.max(Some(until));
    }

    /// The time by the clock that the limiter runs on.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Passes the gate, or tells when to try again.
    fn pass(&self) -> Result<(), Timestamp> {
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back must not keep the gate shut for longer than was meant.
        gate.next_turn = gate.next_turn.map(|at| at.min(self.after(self.interval)));
        gate.paused_until = gate.paused_until.map(|at| at.min(self.after(LONGEST_PAUSE)));
        match gate.next_turn.max(gate.paused_until) {
            Some(open_at) if open_at > self.clock.now() => Err(open_at),
            _ => {
                gate.next_turn = Some(self.after(self.interval));
                Ok(())
            }
        }
    }

    fn after(&self, span: SignedDuration) -> Timestamp {
        self.clock.now().saturating_add(span).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::Arc;

    use futures_util::poll;

    use super::*;
    use crate::clock::{Clock as _, ManualClock};

    const RATE: u32 = 50;

    fn limiter() -> (Limiter, ManualClock) {
        let clock = ManualClock::at("2026-11-21T12:00:00Z".parse().unwrap());
        let interval = Duration::from_secs(1) / RATE;
        (Limiter::new(interval, Arc::new(clock.clone())), clock)
    }

    /// Moves the clock on by milliseconds until the future is ready, and tells how many it took.
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
        let latest = clock.now().saturating_add(SignedDuration::from_secs(10)).unwrap();
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
    async fn a_clock_that_was_set_back_does_not_keep_the_gate_shut() {
        let (limiter, clock) = limiter();
        limiter.turn().await;
        clock.advance(SignedDuration::from_hours(-24));
        assert_eq!(milliseconds_until(limiter.turn(), &clock).await, 20);
    }
}
