//! Tokens for the admin listener, kept as SHA-256.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::StoreError;

/// Adds a token that is good for a span from now.
pub async fn insert_token(
    db: impl PgExecutor<'_>,
    id: Uuid,
    name: &str,
    hash: &[u8; 32],
    now: Timestamp,
    good_for: SignedDuration,
) -> Result<(), StoreError> {
    let expires_at = now.saturating_add(good_for).unwrap_or(Timestamp::MAX);
    sqlx::query!(
        "-- insert_token
        insert into api_tokens (id, name, hash, created_at, expires_at) values ($1, $2, $3, $4, $5)",
        id,
        name,
        hash,
        now.to_sqlx() as jiff_sqlx::Timestamp,
        expires_at.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whose token it is, if it is good now.
pub async fn token_name(
    db: impl PgExecutor<'_>,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        "-- token_name
        select name from api_tokens
        where hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)",
        hash,
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .fetch_optional(db)
    .await?)
}
