//! Compares the PINs of arriving events with the register.

use std::collections::HashMap;

use crate::domain::{AttemptedPin, IdentityCheck, PhoneNumber, PinKey};
use crate::register;
use crate::store::events::PinOnFile;

use super::Incoming;

/// The register's rows for the numbers of a batch.
pub(super) struct OnFile {
    rows: HashMap<(String, String), Option<Vec<u8>>>,
}

/// Returns whether the register has to be queried for an event: it contains a PIN and numbers that can be looked up.
pub(super) fn concerns(incoming: &Incoming) -> bool {
    !matches!(incoming.event.attempted_pin, AttemptedPin::NotTold)
        && !incoming.event.numbers.readable.is_empty()
}

impl OnFile {
    /// Leaves out accounts whose register is empty, because nothing is known about their PINs.
    pub(super) fn new(rows: Vec<PinOnFile>) -> Self {
        let kept = rows.into_iter().filter(|row| row.register_kept);
        Self {
            rows: kept
                .map(|row| ((row.account, row.number), row.pin_hmac))
                .collect(),
        }
    }

    /// Returns the worst result over all numbers of the event, or `None` if nothing is known.
    pub(super) fn check(&self, key: &PinKey, incoming: &Incoming) -> Option<IdentityCheck> {
        let (account, event) = (&incoming.account, &incoming.event);
        let row = |number: PhoneNumber| self.rows.get(&(account.as_str().to_owned(), number.to_string()));
        let is_kept = event.numbers.readable.iter().all(|number| row(*number).is_some());
        let on_file = |number: PhoneNumber| row(number)?.as_deref();
        is_kept
            .then(|| register::compare_pin(key, account, &event.numbers, &event.attempted_pin, on_file))
            .flatten()
    }
}
