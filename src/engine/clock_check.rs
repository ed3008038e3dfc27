//! Compares the host's clock with those of Telnyx and the database, because a wrong clock lets deadlines pass
//! unnoticed.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::Engine;
use super::alarm::{self, Alarm};
use crate::clock::{Offset, ReferenceClock};
use crate::telnyx::Client;

/// A difference above this raises an alarm.
const TOLERATED: SignedDuration = SignedDuration::from_secs(60);

/// The maximum lead of another clock that is trusted for finding deadlines that have passed.
const BELIEVED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The reference clocks other than Telnyx's, which each client measures itself.
#[derive(Debug, Default)]
pub struct ClockChecks {
    pub(super) database: ReferenceClock,
    /// The clocks whose difference has raised an alarm that is still active.
    alarmed: Mutex<BTreeSet<Whose>>,
}

/// Whose clock ours is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Telnyx,
    Database,
}

impl Whose {
    fn label(self) -> &'static str {
        match self {
            Self::Telnyx => "telnyx",
            Self::Database => "database",
        }
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Telnyx => "Telnyx",
            Self::Database => "the database",
        })
    }
}

impl Engine {
    /// Returns the latest of the times that the known clocks show, for finding deadlines that have passed: if our clock
    /// is behind, an order must not wait for it. Nothing is decided or sent by this time.
    pub(super) fn latest_time(&self) -> Timestamp {
        let now = self.clock.now();
        let ahead = self.offsets().map(|(_, offset)| offset.ahead - offset.within);
        let latest = ahead.filter(|ahead| *ahead <= BELIEVED).max();
        let ahead = latest.unwrap_or(SignedDuration::ZERO).max(SignedDuration::ZERO);
        now.saturating_add(ahead).unwrap_or(now)
    }

    /// Returns the earlier of our time and Telnyx's, for queries to Telnyx by time: a query about the future finds
    /// nothing.
    pub(super) fn earliest_time(&self, client: &Client, ours: Timestamp) -> Timestamp {
        let offset = client.telnyx_clock().offset(&*self.clock);
        let ahead = offset.map_or(SignedDuration::ZERO, |offset| {
            (offset.ahead - offset.within).min(SignedDuration::ZERO)
        });
        ours.saturating_add(ahead).unwrap_or(ours)
    }

    /// Measures the differences, sets the metrics, and raises an alarm once for each clock that differs too much from
    /// ours.
    pub(super) fn check_clocks(&self) {
        for whose in [Whose::Telnyx, Whose::Database] {
            if let Some(offset) = self.furthest(whose) {
                metrics::gauge!("portoutd_clock_skew_seconds", "against" => whose.label())
                    .set(-offset.ahead.as_secs_f64());
                self.alarm_about(whose, offset);
            }
        }
    }

    /// Describes how our clock differs from the others, in one line.
    #[must_use]
    pub fn clock_report(&self) -> String {
        let told = |whose| {
            let offset = self.furthest(whose)?;
            let side = if offset.ahead.is_negative() {
                "ahead of"
            } else {
                "behind"
            };
            Some(format!(
                "{:.1} s {side} {whose}",
                offset.ahead.abs().as_secs_f64()
            ))
        };
        let told: Vec<String> = [Whose::Telnyx, Whose::Database]
            .into_iter()
            .filter_map(told)
            .collect();
        match told.as_slice() {
            [] => "not compared yet".to_owned(),
            parts => parts.join(", "),
        }
    }

    fn alarm_about(&self, whose: Whose, offset: Offset) {
        let mut alarmed = self.clocks.alarmed.lock().unwrap_or_else(PoisonError::into_inner);
        let (seconds, side) = (
            offset.ahead.abs().as_secs(),
            if offset.ahead.is_negative() {
                "ahead of"
            } else {
                "behind"
            },
        );
        if offset.at_least() > TOLERATED {
            if alarmed.insert(whose) {
                alarm::raise_for_service(
                    Alarm::ClockSkew,
                    &format!(
                        "The host's clock is {seconds} s {side} that of {whose}, and deadlines and retries are wrong by as much. Correct the clock"
                    ),
                );
            }
        } else if alarmed.remove(&whose) {
            tracing::info!(against = whose.label(), "The host's clock is correct again");
        }
    }

    /// Returns the difference to a kind of clock. Of several Telnyx accounts, the largest counts.
    fn furthest(&self, whose: Whose) -> Option<Offset> {
        self.offsets()
            .filter(|(of, _)| *of == whose)
            .map(|(_, offset)| offset)
            .max_by_key(|offset| offset.ahead.abs())
    }

    fn offsets(&self) -> impl Iterator<Item = (Whose, Offset)> {
        let telnyx = self
            .accounts
            .iter()
            .filter_map(|(_, client)| client.telnyx_clock().offset(&*self.clock))
            .map(|offset| (Whose::Telnyx, offset));
        let database = self.clocks.database.offset(&*self.clock);
        telnyx.chain(database.map(|offset| (Whose::Database, offset)))
    }
}
