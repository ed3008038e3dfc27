//! The first few of many, and how many there are.

use serde::Serialize;

/// How many entries of a list are named. The others are only counted, since a list may have ten million.
pub(super) const NAMED: usize = 5;

/// How many there are, and the first few of them in ascending order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Few<T> {
    /// How many.
    pub count: usize,
    /// The first ones.
    pub first: Vec<T>,
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self {
            count: 0,
            first: Vec::new(),
        }
    }
}

impl<T> Few<T> {
    pub(super) fn append(&mut self, other: Self) {
        self.count += other.count;
        self.first.extend(other.first);
        self.first.truncate(NAMED);
    }
}
