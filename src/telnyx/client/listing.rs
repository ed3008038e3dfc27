//! What reading a list gave: its elements, how it ended, and how much of it may be read.

use super::bounds::ListBound;

use super::{ReadError, Unreadable};

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
