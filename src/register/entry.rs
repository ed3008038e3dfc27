//! One row of a list of numbers.

use crate::domain::{AccountName, PhoneNumber, Pin};

/// A number in a file. The PIN is only in memory and never shown.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The line in the file, from 1.
    pub line: u64,
    /// The account it belongs to.
    pub account: AccountName,
    /// The number.
    pub number: PhoneNumber,
    /// The PIN that its subscriber has to give.
    pub pin: Option<Pin>,
    /// The ZIP code of the billing address.
    pub zip: Option<String>,
    /// The subscriber's name.
    pub name: Option<String>,
    /// The first line of the billing address.
    pub address: Option<String>,
    /// Whether a port-out lock is set. `None` leaves a lock unchanged, so that a plain list of customers does not
    /// remove a lock that somebody set.
    pub frozen: Option<bool>,
    /// The admins' tags, in lower case, sorted, each once.
    pub tags: Vec<String>,
    /// Whether a PIN was removed from the ZIP code, the name or the address.
    pub pin_removed: bool,
}
