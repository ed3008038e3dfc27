//! What a person reads: sentences, traces, rules in words, and what a missing fact would change.

pub(super) mod problems;
pub(super) mod prose;
pub(super) mod sentence;
pub(super) mod trace_text;
pub(super) mod what_if;
pub(super) mod written;
