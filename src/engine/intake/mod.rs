//! How orders become known: webhooks, polls, and the register that orders are compared with.

pub(super) mod decide_within;
pub mod ingest;
pub mod number_lock;
pub mod pin_key;
pub(super) mod poll;
pub(super) mod poll_failure;
pub(super) mod poll_state;
pub mod register_import;
