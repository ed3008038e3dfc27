//! Every SQL statement, one function each, in a file per table.

mod admin_actions;
pub mod chain;
mod error;
pub mod numbers;
mod pool;

pub use admin_actions::{AdminAction, admin_actions, record_admin_action};
pub use error::StoreError;
pub use pool::{ConnectError, connect, migrate, pending_migrations};
