//! Compares the PINs of arriving events with the register.

use std::collections::HashMap;

use crate::domain::{AccountName, AttemptedPin, IdentityCheck, Pin, PinKey};
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
        let given = match &incoming.event.attempted_pin {
            AttemptedPin::NotTold => return None,
            AttemptedPin::NotGiven => None,
            AttemptedPin::Given(pin) => Some(pin),
        };
        let account = &incoming.account;
        let words = incoming.event.numbers.readable.iter().map(|&number| {
            let on_file = self
                .rows
                .get(&(account.as_str().to_owned(), number.to_string()))?;
            let Some(on_file) = on_file else {
                return Some(IdentityCheck::NoneOnFile);
            };
            Some(given.map_or(IdentityCheck::NotGiven, |pin| {
                compare(key, account, number, pin, on_file)
            }))
        });
        words.collect::<Option<Vec<_>>>()?.into_iter().max()
    }
}

fn compare(
    key: &PinKey,
    account: &AccountName,
    number: crate::domain::PhoneNumber,
    pin: &Pin,
    on_file: &[u8],
) -> IdentityCheck {
    if key.hmac(account, number, pin).is(on_file) {
        IdentityCheck::Right
    } else {
        IdentityCheck::Wrong
    }
}
