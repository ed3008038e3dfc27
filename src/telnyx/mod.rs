//! The outside.

pub mod signature;
