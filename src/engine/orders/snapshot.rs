//! An order as it was just read.

use std::time::Duration;

use crate::domain::Order;
use crate::store::claims::Claim;
use crate::telnyx::Client;

/// An order, and when it was read. An answer may be sent only within a minute of the read.
#[derive(Debug)]
pub(crate) struct OrderSnapshot<'a> {
    pub(crate) claim: &'a Claim,
    pub(crate) client: &'a Client,
    pub(crate) order: &'a Order,
    /// When it was read, as uptime of the clock.
    pub(crate) read_uptime: Duration,
}
