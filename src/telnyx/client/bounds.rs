//! How much a list may bring before reading it stops.

use std::time::Duration;

/// How much of one list is read at most. What was found before a bound was reached is kept and returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListBounds {
    /// The largest page that is taken, in bytes. A larger one is asked for again in smaller pages.
    pub page_bytes: usize,
    /// The most bytes of elements that are held in memory, overhead included.
    pub kept_bytes: usize,
    /// The most requests.
    pub requests: u64,
    /// The longest time that Telnyx may take to answer all requests together; waiting for a turn is not counted.
    pub time: Duration,
    /// How often a page is asked for again after Telnyx answered 429. The client waits as long as Telnyx says.
    pub limited: u32,
}

impl ListBounds {
    /// For a poll, which has to find every pending order: 64 MiB, five minutes.
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

    /// For a fact about one order, read while the order is leased: 16 MiB, 20 seconds.
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

    /// For a person who reads an account's history: 1 GiB, one hour.
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

/// Which bound ended the reading of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListBound {
    /// The elements fill the memory set aside for them, in bytes.
    KeptBytes(usize),
    /// That many requests were made.
    Requests(u64),
    /// Telnyx took that long to answer.
    Time(Duration),
}

impl std::fmt::Display for ListBound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::KeptBytes(bytes) => write!(f, "{} MiB of elements", bytes >> 20),
            Self::Requests(requests) => write!(f, "{requests} requests"),
            Self::Time(time) => write!(f, "{} s of answers", time.as_secs()),
        }
    }
}
