//! The active rules: reading, testing, recording, approving and replacing them, and their history.

pub(super) mod absent_facts;
pub(super) mod approval;
pub(super) mod candidate;
pub(super) mod file_threads;
pub(super) mod file_watch;
pub(super) mod files;
pub(super) mod files_on_disk;
pub(super) mod files_seen;
pub(super) mod history;
pub(super) mod in_force;
pub(super) mod list_chunks;
pub(super) mod record;
pub(super) mod reload;
pub(super) mod report;
pub(super) mod settled_read;
pub(super) mod shrink_guard;
pub(super) mod start;
pub(super) mod versions;
