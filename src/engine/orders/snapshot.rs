//! An order as just read.

use std::time::Duration;

use crate::domain::Order;
use crate::store::claims::Claim;
use crate::telnyx::Client;

/// A read of an order, and when it was made: an answer may follow within a minute only.
#[derive(Debug)]
pub(crate) struct OrderSnapshot<'a> {
    pub(crate) claim: &'a Claim,
    pub(crate) client: &'a Client,
    pub(crate) order: &'a Order,
    /// When it was made, by the clock's uptime.
    pub(crate) read_uptime: Duration,
}
