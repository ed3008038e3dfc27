//! Every SQL statement, each in its own function, in one file per table.

mod admin_actions;
pub mod api_tokens;
pub mod attempts;
pub mod chain;
pub mod claims;
pub mod columns;
mod deadline;
pub mod deadlines;
pub mod decisions;
pub mod episodes;
mod error;
pub mod events;
pub mod history;
mod list_files;
pub mod listed_orders;
pub mod numbers;
mod offered_codes;
pub mod orders;
pub mod pin_keys;
pub mod poll_cursors;
mod pool;
pub mod queue;
mod readable;
pub mod reports;
mod rule_set_events;
pub mod rule_sets;
mod session_limits;
mod tcp_limits;
mod write_probe;

pub use admin_actions::{
    AdminAction, admin_action_details, admin_actions, record_admin_action, record_admin_action_as,
    settled_admin_action,
};
pub use deadline::{LONG_LIMIT, UNIT_LIMIT, begin_long, in_time, within};
pub use error::StoreError;
pub use list_files::{Digest, is_list_file_kept, keep_chunk, keep_list_file, kept_chunks};
pub use offered_codes::note_offered_code;
pub use pool::{
    ConnectError, connect, connect_with, is_silent, migrate, open_apart, options, pending_migrations,
    try_login,
};
pub use rule_set_events::{
    RuleSetEvent, add_rule_set_event, last_of, lock_rule_set_events, newest_rule_set_events,
    standing_proposal,
};
pub use session_limits::Sessions;
pub use session_limits::{WeakLimit, weak_limits};
pub use write_probe::probe_write;
