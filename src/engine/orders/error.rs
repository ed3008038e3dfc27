//! Why processing of an order did not complete.

use std::time::Duration;

use super::withheld::Withheld;
use crate::store::StoreError;
use crate::telnyx::ReadError;

/// Why processing of an order did not complete. In every case it is tried again later.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProcessError {
    /// The order belongs to an account that is not configured.
    #[error("the account is not configured, so the order cannot be read. Add the account to the settings")]
    NoAccount,
    /// Telnyx rejected the account's key a moment ago.
    #[error(
        "calls to Telnyx for this account are paused because Telnyx rejected its API key. Set a valid key"
    )]
    Paused(Duration),
    /// The rule files have to be read first.
    #[error(transparent)]
    Withheld(#[from] Withheld),
    /// The order could not be read from Telnyx.
    #[error("cannot read the order from Telnyx")]
    Read(#[from] ReadError),
    /// The database could not be read or written.
    #[error("cannot write to the database")]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ProcessError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
