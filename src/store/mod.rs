//! Every SQL statement, one function each, in a file per table.

mod admin_actions;
pub mod api_tokens;
pub mod attempts;
pub mod chain;
pub mod decisions;
pub mod episodes;
mod error;
pub mod events;
pub mod history;
pub mod numbers;
pub mod orders;
pub mod poll_cursors;
mod pool;
pub mod reports;
pub mod rule_sets;

pub use admin_actions::{AdminAction, admin_actions, record_admin_action};
pub use error::StoreError;
pub use pool::{ConnectError, connect, migrate, pending_migrations, ping};
