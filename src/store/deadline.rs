//! The client's own time limit on work in the database, for servers and networks that stay silent.

use std::future::Future;
use std::time::Duration;

use sqlx::{PgPool, Postgres, Transaction};
use tokio::time::timeout;

use super::StoreError;

/// How long one unit of work (a statement, or a short transaction with its connection) may take. Above the server's
/// `statement_timeout`, so that a server that answers says itself what is wrong.
pub const UNIT_LIMIT: Duration = Duration::from_secs(8);

/// Lets one unit of work take at most [`UNIT_LIMIT`].
///
/// Work that is cut off loses its connection: the pool rolls back what it gets back, and closes what does not answer
/// that in time. Whether a commit that was cut off took place is unknown.
///
/// # Errors
/// `TimedOut`, or what the work itself fails with.
pub async fn in_time<T, E: From<StoreError>>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    within(UNIT_LIMIT, work).await
}

/// The same with another limit.
///
/// # Errors
/// `TimedOut`, or what the work itself fails with.
pub async fn within<T, E: From<StoreError>>(
    limit: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    match timeout(limit, work).await {
        Ok(done) => done,
        Err(_) => Err(StoreError::TimedOut(limit).into()),
    }
}

/// How long reading what can be large, such as the lists of a rule set, may take.
pub const LONG_LIMIT: Duration = Duration::from_mins(2);

/// Begins a transaction whose statements may each take [`LONG_LIMIT`].
///
/// # Errors
/// The database does not answer.
pub async fn begin_long(pool: &PgPool) -> Result<Transaction<'static, Postgres>, StoreError> {
    in_time(async {
        let mut tx = pool.begin().await?;
        sqlx::query("-- begin_long\nset local statement_timeout = '2min'")
            .execute(&mut *tx)
            .await?;
        Ok(tx)
    })
    .await
}
