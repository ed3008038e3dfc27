//! Estimates another machine's clock from the times that it has shown: how far it is ahead of ours.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Clock;

/// How many readings are kept. The median is used, so that a single wrong reading changes nothing.
const KEPT: usize = 5;

/// How long a reading is valid.
const GOOD_FOR: Duration = Duration::from_hours(1);

/// A larger forward step of our time of day may mean that the machine was suspended.
const STEP: SignedDuration = SignedDuration::from_secs(5);

/// Both readings of our clock at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    now: Timestamp,
    uptime: Duration,
}

/// Another machine's clock. Readings are kept by our uptime, so setting our clock back does not invalidate them.
///
/// A forward step does: the uptime stands still while a machine is suspended, and the other clock continues. INVARIANT:
/// a reading that was requested before such a step does not count, even if its response arrives afterward.
#[derive(Debug, Default)]
pub struct ReferenceClock {
    readings: Mutex<VecDeque<Reading>>,
}

/// A reading: what the other clock showed, and when.
#[derive(Debug, Clone, Copy)]
struct Reading {
    shown: Timestamp,
    asked: Moment,
    uptime: Duration,
    within: SignedDuration,
}

/// The difference between another clock and ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    /// Positive if the other clock is ahead of ours, negative if it is behind.
    pub ahead: SignedDuration,
    /// The maximum error, in either direction.
    pub within: SignedDuration,
}

impl Offset {
    /// Returns the smallest difference that the reading proves, without its sign. Zero if both clocks may agree.
    #[must_use]
    pub fn at_least(&self) -> SignedDuration {
        (self.ahead.abs() - self.within).max(SignedDuration::ZERO)
    }
}

impl Moment {
    /// Reads the clock.
    #[must_use]
    pub fn of(clock: &dyn Clock) -> Self {
        Self {
            now: clock.now(),
            uptime: clock.uptime(),
        }
    }

    /// Returns how far the time of day was set between this moment and a later one: how much more of it than of the
    /// uptime has passed. Negative if it was set back.
    #[must_use]
    pub fn step_until(&self, later: &Self) -> SignedDuration {
        let passed = SignedDuration::try_from(later.uptime.saturating_sub(self.uptime)).unwrap_or_default();
        self.now.duration_until(later.now) - passed
    }
}

impl ReferenceClock {
    /// Records what the other clock showed at some moment after `asked`, up to the uptime `answered`. A clock that
    /// shows only steps of `resolution` is assumed to be in the middle of its step.
    pub fn note(&self, shown: Timestamp, asked: Moment, answered: Duration, resolution: Duration) {
        let half = |span: Duration| SignedDuration::try_from(span / 2).unwrap_or(SignedDuration::MAX);
        let round_trip = answered.saturating_sub(asked.uptime);
        let reading = Reading {
            shown: shown.saturating_add(half(resolution)).unwrap_or(shown),
            asked,
            uptime: asked.uptime.saturating_add(round_trip / 2),
            within: half(round_trip).saturating_add(half(resolution)),
        };
        let mut readings = self.lock();
        if readings.len() == KEPT {
            readings.pop_front();
        }
        readings.push_back(reading);
    }

    /// Returns how far the other clock is ahead of ours, from the median of the valid readings, or `None` without any.
    #[must_use]
    pub fn offset(&self, ours: &dyn Clock) -> Option<Offset> {
        let present = Moment::of(ours);
        let mut offsets: Vec<Offset> = self
            .lock()
            .iter()
            .filter_map(|reading| reading.offset(&present))
            .collect();
        offsets.sort_by_key(|offset| offset.ahead);
        offsets.get(offsets.len() / 2).copied()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Reading>> {
        self.readings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    fn offset(&self, present: &Moment) -> Option<Offset> {
        let age = present.uptime.saturating_sub(self.uptime);
        let shows_now = self.shown.saturating_add(age).ok()?;
        let counts = age <= GOOD_FOR && self.asked.step_until(present) <= STEP;
        counts.then(|| Offset {
            ahead: present.now.duration_until(shows_now),
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
            Moment::of(clock),
            clock.uptime(),
            Duration::ZERO,
        );
        reference
    }

    #[test]
    fn the_offset_is_taken_from_the_middle_of_the_round_trip() {
        let (clock, reference) = (clock(), ReferenceClock::default());
        let asked = Moment::of(&clock);
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
        let (asked, shown) = (Moment::of(&clock), clock.now());
        clock.advance(seconds(1_800));
        reference.note(shown, asked, clock.uptime(), SECOND);
        assert_eq!(reference.offset(&clock).unwrap().at_least(), SignedDuration::ZERO);
    }

    #[test]
    fn a_reading_from_before_a_suspension_does_not_count() {
        let clock = clock();
        let reference = noted("2026-11-21T12:00:00Z", &clock);
        clock.jump(seconds(7_200));
        assert_eq!(reference.offset(&clock), None);
        clock.jump(seconds(-7_200));
        assert!(
            reference.offset(&clock).is_some(),
            "it was a person who set the clock"
        );
    }

    #[test]
    fn an_answer_that_arrives_after_a_suspension_does_not_count() {
        let (clock, reference) = (clock(), ReferenceClock::default());
        let (asked, shown) = (Moment::of(&clock), clock.now());
        clock.advance(seconds(1));
        clock.jump(seconds(7_200));
        reference.note(shown, asked, clock.uptime(), SECOND);
        assert_eq!(reference.offset(&clock), None);
        reference.note(clock.now(), Moment::of(&clock), clock.uptime(), SECOND);
        assert!(reference.offset(&clock).is_some(), "the next one does");
    }

    #[test]
    fn a_clock_set_back_shows_without_a_new_reading() {
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
                Moment::of(&clock),
                clock.uptime(),
                Duration::ZERO,
            );
        }
        assert_eq!(reference.offset(&clock).unwrap().ahead, SignedDuration::ZERO);
    }

    #[test]
    fn an_old_reading_says_nothing() {
        let clock = clock();
        let reference = noted("2026-11-21T12:00:00Z", &clock);
        clock.advance(seconds(3_601));
        assert_eq!(reference.offset(&clock), None);
    }
}
