//! Another machine's clock, as far as it is known from what that machine has shown: how far ahead of ours it is.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Clock;

/// How many readings are kept. The middle one counts, so that a single wrong one changes nothing.
const KEPT: usize = 5;

/// How long a reading says something about the other clock.
const GOOD_FOR: Duration = Duration::from_hours(1);

/// Another machine's clock. Readings are kept by our uptime, so a jump of our time of day does not make them wrong.
#[derive(Debug, Default)]
pub struct ReferenceClock {
    readings: Mutex<VecDeque<Reading>>,
}

/// One reading: what the other clock showed, and when that was.
#[derive(Debug, Clone, Copy)]
struct Reading {
    shown: Timestamp,
    uptime: Duration,
    within: SignedDuration,
}

/// How far another clock is from ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    /// Positive: the other clock is ahead of ours. Negative: it is behind.
    pub ahead: SignedDuration,
    /// How far the truth may be from that, in either direction.
    pub within: SignedDuration,
}

impl Offset {
    /// The least difference that the reading proves, without its sign: zero where both clocks may agree.
    #[must_use]
    pub fn at_least(&self) -> SignedDuration {
        (self.ahead.abs() - self.within).max(SignedDuration::ZERO)
    }
}

impl ReferenceClock {
    /// Keeps what the other clock showed at some moment between two readings of our uptime. A clock that shows only whole
    /// steps of `resolution` is assumed to be in the middle of its step.
    pub fn note(&self, shown: Timestamp, asked: Duration, answered: Duration, resolution: Duration) {
        let half = |span: Duration| SignedDuration::try_from(span / 2).unwrap_or(SignedDuration::MAX);
        let round_trip = answered.saturating_sub(asked);
        let reading = Reading {
            shown: shown.saturating_add(half(resolution)).unwrap_or(shown),
            uptime: asked.saturating_add(round_trip / 2),
            within: half(round_trip).saturating_add(half(resolution)),
        };
        let mut readings = self.lock();
        if readings.len() == KEPT {
            readings.pop_front();
        }
        readings.push_back(reading);
    }

    /// Forgets every reading: our uptime did not count for a while, as when the machine was suspended.
    pub fn forget(&self) {
        self.lock().clear();
    }

    /// How far the other clock is ahead of ours, by the middle one of the readings that are not too old; `None` without any.
    #[must_use]
    pub fn offset(&self, ours: &dyn Clock) -> Option<Offset> {
        let (now, uptime) = (ours.now(), ours.uptime());
        let mut offsets: Vec<Offset> = self
            .lock()
            .iter()
            .filter_map(|reading| reading.offset(now, uptime))
            .collect();
        offsets.sort_by_key(|offset| offset.ahead);
        offsets.get(offsets.len() / 2).copied()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Reading>> {
        self.readings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    fn offset(&self, now: Timestamp, uptime: Duration) -> Option<Offset> {
        let age = uptime.saturating_sub(self.uptime);
        let shows_now = self.shown.saturating_add(age).ok()?;
        (age <= GOOD_FOR).then(|| Offset {
            ahead: now.duration_until(shows_now),
            within: self.within,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    const SECOND: Duration = Duration::from_secs(1);

    fn clock() -> ManualClock {
        ManualClock::at("2026-11-21T12:00:00Z".parse().unwrap())
    }

    fn seconds(count: i64) -> SignedDuration {
        SignedDuration::from_secs(count)
    }

    fn noted(shown: &str, clock: &ManualClock) -> ReferenceClock {
        let reference = ReferenceClock::default();
        reference.note(
            shown.parse().unwrap(),
            clock.uptime(),
            clock.uptime(),
            Duration::ZERO,
        );
        reference
    }

    #[test]
    fn the_offset_is_taken_from_the_middle_of_the_round_trip() {
        let (clock, reference) = (clock(), ReferenceClock::default());
        let asked = clock.uptime();
        clock.advance(seconds(4));
        reference.note(
            "2026-11-21T13:00:02Z".parse().unwrap(),
            asked,
            clock.uptime(),
            SECOND,
        );
        let offset = reference.offset(&clock).unwrap();
        assert_eq!(offset.ahead, SignedDuration::from_millis(3_600_500));
        assert_eq!(offset.within, SignedDuration::from_millis(2_500));
        assert_eq!(offset.at_least(), seconds(3_598));
    }

    #[test]
    fn a_round_trip_as_long_as_the_difference_proves_none() {
        let (clock, reference) = (clock(), ReferenceClock::default());
        let (asked, shown) = (clock.uptime(), clock.now());
        clock.advance(seconds(1_800));
        reference.note(shown, asked, clock.uptime(), SECOND);
        assert_eq!(reference.offset(&clock).unwrap().at_least(), SignedDuration::ZERO);
    }

    #[test]
    fn a_jump_of_our_own_clock_shows_without_a_new_reading() {
        let clock = clock();
        let reference = noted("2026-11-21T12:00:00Z", &clock);
        clock.advance(seconds(30));
        clock.jump(seconds(-7_200));
        assert_eq!(reference.offset(&clock).unwrap().ahead, seconds(7_200));
    }

    #[test]
    fn one_wrong_reading_among_others_counts_for_nothing() {
        let clock = clock();
        let reference = noted("2026-11-21T12:00:00Z", &clock);
        for shown in ["2027-11-21T12:00:00Z", "2026-11-21T12:00:00Z"] {
            reference.note(
                shown.parse().unwrap(),
                clock.uptime(),
                clock.uptime(),
                Duration::ZERO,
            );
        }
        assert_eq!(reference.offset(&clock).unwrap().ahead, SignedDuration::ZERO);
    }

    #[test]
    fn old_and_forgotten_readings_say_nothing() {
        let clock = clock();
        let reference = noted("2026-11-21T12:00:00Z", &clock);
        reference.forget();
        assert_eq!(reference.offset(&clock), None);
        let reference = noted("2026-11-21T12:00:00Z", &clock);
        clock.advance(seconds(3_601));
        assert_eq!(reference.offset(&clock), None);
    }
}
