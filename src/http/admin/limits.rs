//! The bounds of the admin listener's calls.

/// How many reloads and approvals may be in progress or wait. They can take long, and must never take every connection of the
/// listener from health and metrics.
pub(super) const CALLS_AT_ONCE: usize = 8;

/// The longest reason, in bytes.
pub(super) const LONGEST_REASON: usize = 2_000;
