//! The files on disk: the rule file and its lists, with limits on size and file type.

pub(super) mod regular_file;
pub(super) mod rule_file;
pub(super) mod sources;
