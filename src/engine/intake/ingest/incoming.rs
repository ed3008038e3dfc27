//! An event as it arrives.

use jiff::Timestamp;

use crate::domain::{AccountName, Event};

/// An event that has arrived and is not stored yet.
#[derive(Debug)]
pub struct Incoming {
    pub(super) account: AccountName,
    pub(super) event: Event,
    pub(super) received_at: Timestamp,
    pub(super) late: bool,
}

/// The maximum length of a row's key. Postgres cannot index a key of more than 2,704 bytes.
const LONGEST_KEY: usize = 512;

impl Incoming {
    /// Creates an event that arrived at `received_at`. Values that Postgres cannot store are left out here, so that no
    /// signed event is lost because of them. The body keeps everything.
    #[must_use]
    pub fn new(account: AccountName, event: Event, received_at: Timestamp) -> Self {
        Self {
            account,
            event: storable(event),
            received_at,
            late: false,
        }
    }

    /// Marks the event as signed too long before it arrived.
    #[must_use]
    pub fn signed_too_long_ago(mut self) -> Self {
        self.late = true;
        self
    }
}

impl Incoming {
    /// Removes every field of the event that the database might refuse. The event is then identified by its digest, as
    /// always when its ID cannot be used.
    pub(super) fn keep_only_body_and_order(&mut self) {
        let event = &mut self.event;
        event.dedupe_key = by_digest(event);
        event.event_id = None;
        event.event_type = None;
        event.occurred_at = None;
    }
}

fn by_digest(event: &Event) -> String {
    format!("digest:{}", hex::encode(event.digest))
}

fn storable(mut event: Event) -> Event {
    let refused = |text: &String| text.contains('\0');
    if refused(&event.dedupe_key) || event.dedupe_key.len() > LONGEST_KEY {
        event.dedupe_key = by_digest(&event);
    }
    event.event_id = event.event_id.filter(|text| !refused(text));
    event.event_type = event.event_type.filter(|text| !refused(text));
    event.occurred_at = event.occurred_at.filter(|at| at.as_second() > OLDEST_SECOND);
    event
}

/// The start of year 1. jiff and Postgres do not agree on how to write earlier times.
const OLDEST_SECOND: i64 = -62_135_596_800;
