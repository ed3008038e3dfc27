//! Whether a temporary Postgres must survive a crash.

/// What a temporary Postgres guarantees after a power failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing: in memory if there is room, without fsync. For tests and demonstrations.
    Fast,
    /// The same as in production: on disk, with fsync. For measurements.
    Durable,
}
