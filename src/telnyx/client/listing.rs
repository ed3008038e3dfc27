//! The result of reading a list: its elements, and how the reading ended.

use super::bounds::ListBound;

use super::{ReadError, Unreadable};

/// How reading a list ended.
#[derive(Debug)]
pub enum ListEnd {
    /// Everything that Telnyx announced was found.
    Whole,
    /// The list ended, but Telnyx had announced more elements.
    Short {
        /// The number of different elements found.
        found: u64,
        /// The smallest total that Telnyx announced.
        promised: u64,
    },
    /// The list did not end within its bounds.
    Endless(ListBound),
    /// A page could not be read.
    Failed(ReadError),
}

/// An element of a list that cannot be read even alone. It is skipped so that the elements after it are not lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedElement {
    /// The number of elements before it in the list.
    pub offset: u64,
    /// Why it cannot be read, in one line.
    pub why: String,
}

/// A list, as far as it could be read.
#[derive(Debug)]
pub struct Listing<T> {
    /// Every element that was found, once, in its latest state.
    pub elements: Vec<T>,
    /// How the reading ended.
    pub end: ListEnd,
    /// The elements that were skipped.
    pub skipped: Vec<SkippedElement>,
}

impl<T> Listing<T> {
    /// Converts the elements one by one, so that both forms of all of them are never in memory together.
    pub(super) fn map<U>(self, change: impl FnMut(T) -> U) -> Listing<U> {
        Listing {
            elements: self.elements.into_iter().map(change).collect(),
            end: self.end,
            skipped: self.skipped,
        }
    }

    /// Returns the elements if nothing is missing, because a fact must not be based on a part of a list.
    ///
    /// # Errors
    /// Something is missing.
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

    /// Returns the elements if the list was read to its end, even if Telnyx had announced more or an element was
    /// skipped. This is for people, who are warned in the log.
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
