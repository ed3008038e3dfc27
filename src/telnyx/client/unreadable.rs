//! Why an answer of Telnyx cannot be read.

use super::ListBound;
use crate::telnyx::WireError;

/// Why an answer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The connection or the time ended before the answer did.
    #[error("the response is incomplete")]
    Lost(#[source] reqwest::Error),
    /// Telnyx has trouble of its own.
    #[error("HTTP {status}: {detail}")]
    ServerTrouble {
        /// 408 or 500 and above.
        status: u16,
        /// Telnyx's explanation, in one line.
        detail: String,
    },
    /// Larger than what is taken, in bytes.
    #[error("the response is larger than {} MiB", .0 >> 20)]
    TooLarge(usize),
    /// Not the documented JSON.
    #[error("the response has no `data` in the documented format")]
    Malformed,
    /// `data` is no port-out.
    #[error("`data` in the response is not a port-out")]
    NotAnOrder(#[source] WireError),
    /// Telnyx answered with another order than the one asked for.
    #[error("the response is about another port-out")]
    OtherOrder,
    /// Page follows page without end.
    #[error("the list did not end after {0}")]
    Endless(ListBound),
    /// Telnyx promised more elements than it gave.
    #[error("Telnyx promised {promised} elements and listed {found}")]
    Short {
        /// Different elements found.
        found: u64,
        /// The smallest total that Telnyx gave.
        promised: u64,
    },
    /// An element cannot be read even alone.
    #[error("the element after the first {0} of the list cannot be read: {1}")]
    Skipped(u64, String),
}
