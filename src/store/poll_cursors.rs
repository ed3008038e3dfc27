//! How far each account's events have been read from the events API.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;

use super::StoreError;
use crate::domain::AccountName;

/// Returns the time up to which an account's events were read, if any were.
pub async fn poll_cursor(
    db: impl PgExecutor<'_>,
    account: &AccountName,
) -> Result<Option<Timestamp>, StoreError> {
    let cursor = sqlx::query_scalar!(
        "-- poll_cursor
        select events_to from poll_cursors where account = $1",
        account.as_str()
    )
    .fetch_optional(db)
    .await?;
    Ok(cursor.map(jiff_sqlx::Timestamp::to_jiff))
}

/// Moves the cursor forward, never back.
pub async fn move_poll_cursor(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    events_to: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- move_poll_cursor
        insert into poll_cursors as c (account, events_to) values ($1, $2)
        on conflict (account) do update set events_to = greatest(c.events_to, excluded.events_to)",
        account.as_str(),
        events_to.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    Ok(())
}
