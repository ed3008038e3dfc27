//! How many of an order's numbers are ours.

use crate::domain::words::word_enum;

word_enum! {
    /// How many of an order's numbers are in the register.
    pub enum Ours {
        /// All of the numbers.
        All,
        /// At least one of the numbers, but not all.
        Some,
        /// None of the numbers.
        None,
    }
}
