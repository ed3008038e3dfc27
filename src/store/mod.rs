//! Every SQL statement, one function each, in a file per table.

pub mod api_tokens;
pub mod attempts;
pub mod episodes;
mod error;
pub mod history;
pub mod orders;
pub mod poll_cursors;
mod pool;
pub mod rule_sets;

pub use error::StoreError;
pub use pool::{ConnectError, connect, migrate, pending_migrations};
