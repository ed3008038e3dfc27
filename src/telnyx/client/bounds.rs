//! The bounds of reading a list.

use std::time::Duration;

/// The maximum amount that is read of one list. What was found before a bound was reached is kept and returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListBounds {
    /// The maximum size of a page, in bytes. A larger page is requested again as smaller pages.
    pub page_bytes: usize,
    /// The maximum memory for elements, in bytes, overhead included.
    pub kept_bytes: usize,
    /// The maximum number of requests.
    pub requests: u64,
    /// The maximum total time of Telnyx's responses, without the waits for turns.
    pub time: Duration,
    /// How often a page is requested again after Telnyx responded with 429. The client waits as long as Telnyx says.
    pub limited: u32,
}

impl ListBounds {
    /// The bounds of a poll, which has to find every pending order: 64 MiB, five minutes.
    #[must_use]
    pub const fn poll() -> Self {
        Self {
            page_bytes: 32 << 20,
            kept_bytes: 64 << 20,
            requests: 10_000,
            time: Duration::from_mins(5),
            limited: 5,
        }
    }

    /// The bounds of a fact about one order, read while the order is leased: 16 MiB, 20 seconds.
    #[must_use]
    pub const fn fact() -> Self {
        Self {
            page_bytes: 16 << 20,
            kept_bytes: 16 << 20,
            requests: 500,
            time: Duration::from_secs(20),
            limited: 0,
        }
    }

    /// The bounds for a person who reads an account's history: 1 GiB, one hour.
    #[must_use]
    pub const fn history() -> Self {
        Self {
            page_bytes: 32 << 20,
            kept_bytes: 1 << 30,
            requests: 20_000,
            time: Duration::from_hours(1),
            limited: 20,
        }
    }
}

/// The bound that stopped reading a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListBound {
    /// The elements fill the memory for them, in bytes.
    KeptBytes(usize),
    /// This many requests were made.
    Requests(u64),
    /// Telnyx's responses took this long.
    Time(Duration),
}

impl std::fmt::Display for ListBound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::KeptBytes(bytes) => write!(f, "{} MiB of elements", bytes >> 20),
            Self::Requests(requests) => write!(f, "{requests} requests"),
            Self::Time(time) => write!(f, "{} s of responses", time.as_secs()),
        }
    }
}
