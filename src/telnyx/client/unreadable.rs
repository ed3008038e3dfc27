//! Why a response of Telnyx cannot be used.

use super::ListBound;
use crate::telnyx::WireError;

/// Why a response cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The connection ended or the time limit was reached before the end of the response.
    #[error("the response is incomplete")]
    Lost(#[source] reqwest::Error),
    /// Telnyx failed.
    #[error("HTTP {status}: {detail}")]
    ServerTrouble {
        /// 408 or 500 and above.
        status: u16,
        /// Telnyx's explanation, in one line.
        detail: String,
    },
    /// Larger than the limit, in bytes.
    #[error("the response is larger than {} MiB", .0 >> 20)]
    TooLarge(usize),
    /// Not the documented JSON.
    #[error("the response has no `data` in the documented format")]
    Malformed,
    /// `data` is not a port-out.
    #[error("`data` in the response is not a port-out")]
    NotAnOrder(#[source] WireError),
    /// Telnyx responded with another order than the requested one.
    #[error("the response is about another port-out")]
    OtherOrder,
    /// The list does not end.
    #[error("the list did not end after {0}")]
    Endless(ListBound),
    /// Telnyx returned fewer elements than it announced.
    #[error("Telnyx announced {promised} elements and listed {found}")]
    Short {
        /// The number of different elements found.
        found: u64,
        /// The smallest total that Telnyx announced.
        promised: u64,
    },
    /// An element cannot be read even alone.
    #[error("the element after the first {0} of the list cannot be read: {1}")]
    Skipped(u64, String),
}
