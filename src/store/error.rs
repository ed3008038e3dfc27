//! Errors of database statements, by what the caller can do about them.

use std::time::Duration;

use crate::domain::UnknownWord;

/// Why a statement failed, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached. Wait and try again on a new connection.
    #[error("the database is unavailable")]
    Unavailable(#[source] sqlx::Error),
    /// The database did not respond in time, so the connection was dropped. It is unknown whether the work was done.
    #[error("the database did not respond within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The session is read-only, as after a failover. Connect again.
    #[error(
        "the database is read-only: it is a standby, or a failover is in progress. Point DATABASE_URL to the primary"
    )]
    ReadOnly(#[source] sqlx::Error),
    /// Another session was in the way: a lock, a deadlock, a conflicting transaction, or a statement that took too
    /// long. Nothing was done. Try again.
    #[error("the database is busy: another session holds a lock, or the statement took too long")]
    Busy(#[source] sqlx::Error),
    /// The server lacks the resources for the work.
    #[error("the database lacks disk space, memory or connections. Free some of it")]
    Full(#[source] sqlx::Error),
    /// The server rejects the user or the password. Read the secrets again.
    #[error("the database refused the user or the password. Put the valid ones into DATABASE_URL")]
    PasswordRefused(#[source] sqlx::Error),
    /// A row contains a word that this program never writes.
    #[error("a row of the database cannot be read")]
    Unreadable(#[from] UnknownWord),
    /// The row was changed in the meantime, and the plan is no longer valid.
    #[error("the {0} was changed by another worker or person in the meantime")]
    Overtaken(&'static str),
    /// The database refused the statement.
    #[error("the database refused a statement")]
    Refused(#[source] sqlx::Error),
}

impl StoreError {
    /// Returns whether the same work can succeed later without a change, because the database was the cause.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unavailable(_)
            | Self::TimedOut(_)
            | Self::ReadOnly(_)
            | Self::Busy(_)
            | Self::Full(_)
            | Self::PasswordRefused(_) => true,
            Self::Unreadable(_) | Self::Overtaken(_) | Self::Refused(_) => false,
        }
    }

    /// Describes what is wrong with the database in one sentence for operators, without the cause.
    #[must_use]
    pub fn symptom(&self) -> &'static str {
        match self {
            Self::Unavailable(_) | Self::TimedOut(_) => "Postgres does not answer",
            Self::ReadOnly(_) => "Postgres is read-only",
            Self::Busy(_) => "Postgres is busy: a lock is held for too long",
            Self::Full(_) => "Postgres lacks disk space, memory or connections",
            Self::PasswordRefused(_) => "password refused by Postgres",
            Self::Unreadable(_) | Self::Overtaken(_) | Self::Refused(_) => "Postgres refuses to write",
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match Kind::of(&error) {
            Kind::Unavailable => Self::Unavailable(error),
            Kind::ReadOnly => Self::ReadOnly(error),
            Kind::Busy => Self::Busy(error),
            Kind::Full => Self::Full(error),
            Kind::PasswordRefused => Self::PasswordRefused(error),
            Kind::Refused => Self::Refused(error),
        }
    }
}

/// The kinds of sqlx errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unavailable,
    ReadOnly,
    Busy,
    Full,
    PasswordRefused,
    Refused,
}

impl Kind {
    pub(super) fn of(error: &sqlx::Error) -> Self {
        match error {
            // After a protocol error nothing from the connection can be trusted, so it counts as lost.
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Protocol(_)
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Tls(_) => Self::Unavailable,
            sqlx::Error::Database(db) => db.code().map_or(Self::Refused, |code| Self::of_code(&code)),
            _ => Self::Refused,
        }
    }

    /// Classifies a SQLSTATE (PostgreSQL documentation, appendix A).
    fn of_code(code: &str) -> Self {
        match code {
            // read_only_sql_transaction
            "25006" => Self::ReadOnly,
            // serialization_failure, deadlock_detected, lock_not_available, query_canceled (`statement_timeout`).
            "40001" | "40P01" | "55P03" | "57014" => Self::Busy,
            // invalid_authorization_specification, invalid_password
            "28000" | "28P01" => Self::PasswordRefused,
            // The server ended the session: idle_in_transaction_session_timeout, transaction_timeout,
            // idle_session_timeout. Or a login to a database that accepts no connections now or is being replaced
            // (55000, 3D000).
            "25P03" | "25P04" | "57P05" | "55000" | "3D000" => Self::Unavailable,
            // Connection exceptions; admin_shutdown, crash_shutdown, cannot_connect_now; I/O errors of the server.
            _ if ["08", "57P", "58"].iter().any(|class| code.starts_with(class)) => Self::Unavailable,
            // Insufficient resources: disk_full, out_of_memory, too_many_connections.
            _ if code.starts_with("53") => Self::Full,
            _ => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sqlstate_has_the_kind_that_says_what_to_do() {
        for (code, kind) in [
            ("25006", Kind::ReadOnly),
            ("57P01", Kind::Unavailable),
            ("57P02", Kind::Unavailable),
            ("57P03", Kind::Unavailable),
            ("57P05", Kind::Unavailable),
            ("25P03", Kind::Unavailable),
            ("08006", Kind::Unavailable),
            ("08P01", Kind::Unavailable),
            ("58030", Kind::Unavailable),
            ("55000", Kind::Unavailable),
            ("3D000", Kind::Unavailable),
            ("53100", Kind::Full),
            ("53200", Kind::Full),
            ("53300", Kind::Full),
            ("40001", Kind::Busy),
            ("40P01", Kind::Busy),
            ("55P03", Kind::Busy),
            ("57014", Kind::Busy),
            ("28P01", Kind::PasswordRefused),
            ("28000", Kind::PasswordRefused),
            ("23505", Kind::Refused),
            ("25P02", Kind::Refused),
            ("42P01", Kind::Refused),
            ("22021", Kind::Refused),
        ] {
            assert_eq!(Kind::of_code(code), kind, "{code}");
        }
    }

    #[test]
    fn a_refused_statement_does_not_succeed_later_and_everything_else_may() {
        assert!(!StoreError::from(sqlx::Error::RowNotFound).is_temporary());
        assert!(!StoreError::Overtaken("lease").is_temporary());
        assert!(StoreError::from(sqlx::Error::PoolTimedOut).is_temporary());
        assert!(StoreError::TimedOut(Duration::from_secs(8)).is_temporary());
    }
}
