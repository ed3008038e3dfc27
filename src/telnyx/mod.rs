//! The outside: signature and wire types.

mod event;
pub mod signature;

pub use event::parse_webhook;
