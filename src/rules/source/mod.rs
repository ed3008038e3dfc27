//! What was read from disk: the rule file and its lists, within limits of size and kind.

pub(super) mod regular_file;
pub(super) mod rule_file;
pub(super) mod sources;
