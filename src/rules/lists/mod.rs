//! The lists of a rule file: entries, files, search and edits.

pub(super) mod entry;
pub(super) mod expiry;
pub(super) mod file;
pub(super) mod hashing;
pub(super) mod header;
pub(super) mod invalid_entry;
pub(super) mod list;
pub(super) mod list_type;
pub(super) mod number_list;
pub(super) mod number_set;
pub(super) mod row;
