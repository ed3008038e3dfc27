//! Client-side time limits on database work, for servers and networks that do not respond.

use std::future::Future;
use std::time::Duration;

use sqlx::{PgPool, Postgres, Transaction};
use tokio::time::timeout;

use super::StoreError;

/// How long one unit of work may take: a statement, or a short transaction with its connection. It is above the
/// server's `statement_timeout`, so that a server that responds reports the cause itself.
pub const UNIT_LIMIT: Duration = Duration::from_secs(8);

/// Limits one unit of work to [`UNIT_LIMIT`].
///
/// Work that is aborted loses its connection: the pool rolls back a returned connection, and closes it if it does not
/// respond in time. It is unknown whether an aborted commit took place.
///
/// # Errors
/// `TimedOut`, or the error of the work itself.
pub async fn in_time<T, E: From<StoreError>>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    within(UNIT_LIMIT, work).await
}

/// Limits one unit of work to a given time.
///
/// # Errors
/// `TimedOut`, or the error of the work itself.
pub async fn within<T, E: From<StoreError>>(
    limit: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    match timeout(limit, work).await {
        Ok(done) => done,
        Err(_) => Err(StoreError::TimedOut(limit).into()),
    }
}

/// How long reading large data, such as the lists of a rule set, may take.
pub const LONG_LIMIT: Duration = Duration::from_mins(2);

/// Begins a transaction in which each statement may take [`LONG_LIMIT`].
///
/// # Errors
/// The database does not respond.
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
