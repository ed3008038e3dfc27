//! What reading a list gave: its elements, how it ended, and how much of it may be read.

use std::time::Duration;

use super::{ReadError, Unreadable};

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

/// How the reading of a list ended.
#[derive(Debug)]
pub enum ListEnd {
    /// Everything that Telnyx promised was found.
    Whole,
    /// The list ended, but Telnyx promised more elements than it gave.
    Short {
        /// Different elements found.
        found: u64,
        /// The smallest total that Telnyx gave.
        promised: u64,
    },
    /// The list did not end within its bounds.
    Endless(ListBound),
    /// A page could not be read.
    Failed(ReadError),
}

/// A place in a list whose element cannot be read even alone, so that the elements after it are not lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedElement {
    /// How many elements of the list come before it.
    pub offset: u64,
    /// Why it cannot be read, in one line.
    pub why: String,
}

/// A list as far as it could be read.
#[derive(Debug)]
pub struct Listing<T> {
    /// Every element that was found, once each, in its latest state.
    pub elements: Vec<T>,
    /// How the reading ended.
    pub end: ListEnd,
    /// The elements that were passed over.
    pub skipped: Vec<SkippedElement>,
}

impl<T> Listing<T> {
    /// Changes every element, one after the other, so that both forms of all of them are never held together.
    pub(super) fn map<U>(self, change: impl FnMut(T) -> U) -> Listing<U> {
        Listing {
            elements: self.elements.into_iter().map(change).collect(),
            end: self.end,
            skipped: self.skipped,
        }
    }

    /// The elements, if nothing is missing: a fact must not rest on a part of a list.
    ///
    /// # Errors
    /// Anything is missing.
    pub fn whole(self) -> Result<Vec<T>, ReadError> {
        if let Some(skipped) = self.skipped.into_iter().next() {
            return Err(Unreadable::Skipped(skipped.offset, skipped.why).into());
        }
        match self.end {
            ListEnd::Whole => Ok(self.elements),
            ListEnd::Short { found, promised } => Err(Unreadable::Short { found, promised }.into()),
            ListEnd::Endless(bound) => Err(Unreadable::Endless(bound).into()),
            ListEnd::Failed(error) => Err(error),
        }
    }

    /// The elements, if the list was read to its end, even where Telnyx promised more or an element was skipped: for
    /// people, who are warned in the log.
    ///
    /// # Errors
    /// The reading stopped before the end.
    pub fn to_the_end(self) -> Result<Vec<T>, ReadError> {
        match self.end {
            ListEnd::Whole | ListEnd::Short { .. } => Ok(self.elements),
            ListEnd::Endless(bound) => Err(Unreadable::Endless(bound).into()),
            ListEnd::Failed(error) => Err(error),
        }
    }
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
