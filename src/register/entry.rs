//! One row of a list of numbers.

use crate::domain::{AccountName, PhoneNumber, Pin};

/// One number as a file tells of it. The PIN lives here in memory only and is never shown.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The line of the file it stands on, from 1.
    pub line: u64,
    /// The account it belongs to.
    pub account: AccountName,
    /// The number.
    pub number: PhoneNumber,
    /// The PIN its subscriber has to give.
    pub pin: Option<Pin>,
    /// ZIP of the billing address.
    pub zip: Option<String>,
    /// The subscriber's name.
    pub name: Option<String>,
    /// The billing address's first line.
    pub address: Option<String>,
    /// Whether a port-out lock is set. `None` leaves a lock as it stands, so that a plain list of customers does
    /// not open what somebody locked.
    pub frozen: Option<bool>,
    /// Our own marks, in lower case, sorted, each once.
    pub tags: Vec<String>,
    /// Whether a PIN was taken out of the ZIP, the name or the address.
    pub pin_removed: bool,
}
