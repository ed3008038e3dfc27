//! Whether a temporary Postgres must survive a crash.

/// What a throw-away Postgres promises about a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing: in memory where there is room, without fsync. For tests and demonstrations.
    Fast,
    /// What production promises: on disk, with fsync. For measurements.
    Durable,
}
