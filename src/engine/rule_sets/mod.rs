//! The active rules: reading, testing, recording, approving and replacing them, and their history.

pub(super) mod absent_facts;
pub(super) mod approval;
pub(super) mod atomic_file;
pub(super) mod candidate;
mod change_manifest;
pub(super) mod change_recovery;
pub(super) mod change_turn;
pub(super) mod file_change;
pub(super) mod file_threads;
pub(super) mod file_watch;
pub(super) mod files;
pub(super) mod files_on_disk;
pub(super) mod files_seen;
pub(super) mod history;
pub(super) mod in_force;
#[cfg(test)]
mod interruptions;
pub(super) mod list_chunks;
pub(super) mod list_edit;
pub(super) mod proposal;
pub(super) mod record;
pub(super) mod recorded_sources;
pub(super) mod reload;
pub(super) mod report;
pub(super) mod rollback;
pub(super) mod settled_read;
pub(super) mod shrink_guard;
pub(super) mod start;
pub(super) mod versions;
