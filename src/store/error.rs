use crate::domain::UnknownWord;

/// Why a statement did not do its work, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached now: wait and try again.
    #[error("the database is away")]
    Away(#[source] sqlx::Error),
    /// A row holds a word that this program never writes.
    #[error("a row of the database cannot be read")]
    Unreadable(#[from] UnknownWord),
    /// The row was changed by somebody else meanwhile; what was planned no longer holds.
    #[error("the {0} was changed by another worker or person meanwhile")]
    Overtaken(&'static str),
    /// The database refused the statement.
    #[error("the database refused a statement")]
    Refused(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let away = match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Tls(_) => true,
            // Class 57P: the server shuts down or starts. Class 08: connection exceptions. 53300: too many connections.
            sqlx::Error::Database(db) => db
                .code()
                .is_some_and(|code| code.starts_with("57P") || code.starts_with("08") || code == "53300"),
            _ => false,
        };
        if away {
            Self::Away(error)
        } else {
            Self::Refused(error)
        }
    }
}
