//! Every SQL statement, one function each, in a file per table.

mod error;
mod pool;

pub use error::StoreError;
pub use pool::{ConnectError, connect, migrate, pending_migrations};
