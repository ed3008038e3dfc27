//! How far the events API has been read.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;

use super::StoreError;
use crate::domain::AccountName;

/// Up to when an account's events were read, if ever.
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

/// Moves the cursor on; never back.
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
