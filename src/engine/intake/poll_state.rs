//! The state of one poller between polls: consecutive failures, and when they raise an alarm.

use std::collections::BTreeSet;
use std::time::Duration;

/// The number of failed polls before an alarm. With the pauses below that takes more than a minute, so that a short
/// failure at Telnyx raises no alarm.
const FAILURES_BEFORE_ALARM: u32 = 5;

/// The maximum gap between two alarms about the same failure, in polls.
const LONGEST_GAP: u32 = 64;

/// The pause after the first of several failed polls. It doubles with each, up to the poll interval.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// Counts consecutive failures and decides when to raise an alarm: first early, then less and less often.
#[derive(Debug)]
pub(crate) struct Streak {
    in_a_row: u32,
    first_alarm: u32,
    next_alarm: u32,
    gap: u32,
}

/// The state of one poller.
#[derive(Debug)]
pub(crate) struct PollState {
    failures: Streak,
    endless: Streak,
    skipped: Streak,
    /// Digests of the listed elements that were not usable as orders in the last poll.
    unusable: BTreeSet<[u8; 32]>,
}

impl Streak {
    /// Creates a streak that raises its first alarm after `times` failures in a row.
    fn alarm_after(times: u32) -> Self {
        Self {
            in_a_row: 0,
            first_alarm: times,
            next_alarm: times,
            gap: 1,
        }
    }

    /// Adds a failure. Returns whether to raise an alarm.
    fn add(&mut self) -> bool {
        self.in_a_row = self.in_a_row.saturating_add(1);
        if self.in_a_row < self.next_alarm {
            return false;
        }
        self.gap = (self.gap * 2).min(LONGEST_GAP);
        self.next_alarm = self.in_a_row.saturating_add(self.gap);
        true
    }

    fn reset(&mut self) {
        *self = Self::alarm_after(self.first_alarm);
    }
}

impl PollState {
    /// Creates a state without failures.
    pub(crate) fn new() -> Self {
        Self {
            failures: Streak::alarm_after(FAILURES_BEFORE_ALARM),
            endless: Streak::alarm_after(1),
            skipped: Streak::alarm_after(1),
            unusable: BTreeSet::new(),
        }
    }

    /// Records that a poll succeeded.
    pub(crate) fn succeeded(&mut self) {
        self.failures.reset();
        self.endless.reset();
    }

    /// Records that a poll failed because a list did not end, which is not a short failure. Returns whether to raise an
    /// alarm.
    pub(crate) fn found_no_end(&mut self) -> bool {
        self.endless.add()
    }

    /// Records that a poll failed. Returns whether to raise an alarm.
    pub(crate) fn failed(&mut self) -> bool {
        self.failures.add()
    }

    /// Returns how many polls have failed in a row.
    pub(crate) fn failures(&self) -> u32 {
        self.failures.in_a_row
    }

    /// Returns how long to wait after the last failed poll.
    pub(crate) fn pause(&self, interval: Duration) -> Duration {
        let doubled = self.failures.in_a_row.saturating_sub(1).min(16);
        interval.min(FIRST_PAUSE.saturating_mul(1 << doubled))
    }

    /// Records how many elements of the list could not be read. Returns whether to raise an alarm.
    pub(crate) fn skipped(&mut self, elements: usize) -> bool {
        if elements == 0 {
            self.skipped.reset();
            return false;
        }
        self.skipped.add()
    }

    /// Remembers the unusable elements of a list by their digests. Returns those that the previous list did not
    /// contain.
    pub(crate) fn new_unusable(&mut self, digests: BTreeSet<[u8; 32]>) -> BTreeSet<[u8; 32]> {
        let new = digests.difference(&self.unusable).copied().collect();
        self.unusable = digests;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_raised_after_five_failed_polls_and_then_ever_more_rarely() {
        let mut state = PollState::new();
        let alarms: Vec<u32> = (1..=400).filter(|_| state.failed()).collect();
        assert_eq!(alarms, [5, 7, 11, 19, 35, 67, 131, 195, 259, 323, 387]);
        state.succeeded();
        assert_eq!(state.failures(), 0);
        assert_eq!(
            (1..=5).filter(|_| state.failed()).count(),
            1,
            "and again after a success"
        );
    }

    #[test]
    fn a_list_without_end_raises_an_alarm_at_once() {
        let mut state = PollState::new();
        assert!(state.found_no_end());
        assert!(!state.found_no_end());
        state.succeeded();
        assert!(state.found_no_end());
    }

    #[test]
    fn polls_that_fail_are_repeated_soon_and_never_later_than_usual() {
        let mut state = PollState::new();
        let pauses: Vec<u64> = (0..7)
            .map(|_| {
                state.failed();
                state.pause(Duration::from_mins(1)).as_secs()
            })
            .collect();
        assert_eq!(pauses, [5, 10, 20, 40, 60, 60, 60]);
        assert_eq!(state.pause(Duration::from_secs(2)).as_secs(), 2);
        for _ in 0..100 {
            state.failed();
        }
        assert_eq!(state.pause(Duration::MAX).as_secs(), 5 << 16);
    }

    #[test]
    fn a_skipped_element_raises_an_alarm_at_once_and_an_unusable_one_once() {
        let mut state = PollState::new();
        assert!(state.skipped(1));
        assert!(!state.skipped(1));
        assert!(!state.skipped(0));
        assert!(state.skipped(1));
        let (one, two) = ([1; 32], [2; 32]);
        assert_eq!(state.new_unusable(BTreeSet::from([one])).len(), 1);
        let new = state.new_unusable(BTreeSet::from([one, two]));
        assert_eq!(new, BTreeSet::from([two]));
    }
}
