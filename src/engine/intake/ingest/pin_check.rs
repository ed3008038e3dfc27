//! Compares the PINs of arriving events with the register.

use std::collections::HashMap;

use crate::domain::{AttemptedPin, IdentityCheck, PhoneNumber, PinKey};
use crate::register;
use crate::store::events::PinOnFile;

use super::Incoming;

/// What the register says about the numbers of a batch.
pub(super) struct OnFile {
    rows: HashMap<(String, String), Option<Vec<u8>>>,
}

/// Whether the register has to be asked about an event at all: it tells of a PIN and has numbers that can be looked up.
pub(super) fn concerns(incoming: &Incoming) -> bool {
    !matches!(incoming.event.attempted_pin, AttemptedPin::NotTold)
        && !incoming.event.numbers.readable.is_empty()
}

impl OnFile {
    /// Accounts whose register is empty are left out: nothing can be said about their PINs.
    pub(super) fn new(rows: Vec<PinOnFile>) -> Self {
        let kept = rows.into_iter().filter(|row| row.register_kept);
        Self {
            rows: kept
                .map(|row| ((row.account, row.number), row.pin_hmac))
                .collect(),
        }
    }

    /// The worst word of all numbers of the event; `None` where nothing can be said.
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
