//! The position in a list that is read in pages of changing size.
//!
//! Telnyx counts pages in units of the page size, so a page of another size may start before the position that was
//! reached. It never starts after it: elements may be read twice, but none is skipped.

/// The page sizes, beginning with the maximum that Telnyx allows. Each divides the previous one, so that pages of one
/// size start where pages of the larger size start.
const SIZES: [u64; 5] = [250, 125, 25, 5, 1];

/// A page to request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    /// The index in [`SIZES`].
    size: usize,
    number: u64,
    /// The longest page that was read at this size. It is shorter than the size if the server returns fewer elements
    /// than requested.
    longest: u64,
    /// The number of elements before the position when this size was chosen.
    resumed_at: u64,
    /// The shortest page that was shorter than requested. The server may return no more than that, and then counts
    /// pages in its own units.
    cap: u64,
}

impl Position {
    /// Returns the first page, with the largest size.
    pub(super) fn start() -> Self {
        Self {
            size: 0,
            number: 1,
            longest: 0,
            resumed_at: 0,
            cap: u64::MAX,
        }
    }

    /// Returns how many elements to request.
    pub(super) fn size(&self) -> u64 {
        SIZES.get(self.size).copied().unwrap_or(1)
    }

    /// Returns the number of the page to request, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Returns how many elements are certainly before the position.
    pub(super) fn offset(&self) -> u64 {
        self.reached().max(self.resumed_at)
    }

    /// Returns whether the pages at this size are before the position that was reached at another size, so that they
    /// may contain nothing new although the list has not ended.
    pub(super) fn is_catching_up(&self) -> bool {
        self.reached() < self.resumed_at
    }

    /// Moves past a page of a given length. Returns to a larger size where a page of that size starts.
    pub(super) fn advance(&mut self, length: u64) {
        if (1..self.size()).contains(&length) {
            self.cap = self.cap.min(length);
        }
        self.longest = self.longest.max(length.min(self.size()));
        self.number += 1;
        let Some(larger) = self.size.checked_sub(1) else {
            return;
        };
        let starts_here = |size: &u64| self.offset().is_multiple_of(*size) && *size <= self.cap;
        let starts_here = SIZES.get(larger).is_some_and(starts_here);
        if starts_here && !self.is_catching_up() {
            self.resize(larger);
        }
    }

    /// Chooses the next smaller size for the same position. Returns `false` if there is none.
    pub(super) fn shrink(&mut self) -> bool {
        let smaller = (self.size + 1..SIZES.len()).find(|size| SIZES.get(*size) <= Some(&self.cap));
        if let Some(smaller) = smaller {
            self.resize(smaller);
        }
        smaller.is_some()
    }

    fn reached(&self) -> u64 {
        (self.number - 1) * self.longest
    }

    fn resize(&mut self, size: usize) {
        self.resumed_at = self.offset();
        self.size = size;
        self.longest = 0;
        self.number = self.resumed_at / self.size() + 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_that_is_too_large_is_asked_for_in_smaller_ones_from_the_same_place() {
        let mut at = Position::start();
        at.advance(250);
        assert_eq!((at.size(), at.number(), at.offset()), (250, 2, 250));
        let mut asked = Vec::new();
        while at.shrink() {
            asked.push((at.size(), at.number(), at.offset()));
        }
        assert_eq!(asked, [(125, 3, 250), (25, 11, 250), (5, 51, 250), (1, 251, 250)]);
    }

    #[test]
    fn a_larger_page_is_taken_again_where_one_starts() {
        let mut at = Position::start();
        while at.shrink() {}
        let mut sizes = Vec::new();
        while at.offset() < 500 {
            sizes.push(at.size());
            at.advance(at.size());
        }
        assert_eq!(
            sizes,
            [1, 1, 1, 1, 1, 5, 5, 5, 5, 25, 25, 25, 25, 125, 250],
            "from 5 to 25 to 125 to 250 to 500"
        );
    }

    #[test]
    fn a_server_that_gives_fewer_than_asked_for_is_not_asked_for_more_again() {
        let mut at = Position::start();
        at.advance(100);
        at.advance(100);
        assert_eq!(at.offset(), 200);
        assert!(at.shrink());
        assert_eq!((at.size(), at.number(), at.offset()), (25, 9, 200));
        for _ in 0..40 {
            at.advance(25);
        }
        assert_eq!(at.size(), 25, "no larger page than the server gives");
    }

    proptest! {
        /// Whatever the server's own limit and whichever pages fail, every element is in a page that was read.
        #[test]
        fn no_element_is_passed_over(
            cap in 1_u64..=250,
            total in 0_u64..900,
            bad in proptest::collection::btree_set(0_u64..900, 0..4),
        ) {
            let mut at = Position::start();
            let mut seen = std::collections::BTreeSet::new();
            for _ in 0..5_000 {
                let size = at.size().min(cap);
                let from = (at.number() - 1) * size;
                let page: Vec<u64> = (from..(from + size).min(total)).collect();
                if page.is_empty() {
                    break;
                }
                if page.iter().any(|element| bad.contains(element)) {
                    if !at.shrink() {
                        at.advance(1);
                    }
                    continue;
                }
                seen.extend(page.iter().copied());
                at.advance(page.len() as u64);
            }
            let expected: std::collections::BTreeSet<u64> =
                (0..total).filter(|element| !bad.contains(element)).collect();
            prop_assert_eq!(seen, expected);
        }
    }
}
