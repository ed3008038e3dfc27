//! The limits of the admin listener's calls.

/// How many reloads and approvals may be in progress or waiting. They can take long, and must never use up the
/// connections that health checks and metrics need.
pub(super) const CALLS_AT_ONCE: usize = 8;

/// The maximum length of a reason, in bytes.
pub(super) const LONGEST_REASON: usize = 2_000;
