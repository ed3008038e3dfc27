//! The rejection codes that Telnyx has offered for our orders.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;

use super::StoreError;
use super::columns::text;
use crate::domain::AccountName;

/// Records that a code was offered, with Telnyx's current description.
pub async fn note_offered_code(
    db: impl PgExecutor<'_>,
    account: &AccountName,
    code: i64,
    description: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- note_offered_code
        insert into rejection_codes_offered (account, code, description, first_offered_at, last_offered_at)
        values ($1, $2, $3, $4, $4)
        on conflict on constraint rejection_codes_offered_pkey do update
        set description = excluded.description,
            last_offered_at = greatest(rejection_codes_offered.last_offered_at, excluded.last_offered_at)",
        account.as_str(),
        code,
        text(Some(description)),
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    Ok(())
}
