//! Tokens for the admin listener, kept as SHA-256.

use jiff::SignedDuration;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::StoreError;

/// Adds a token that is good for a span. Counted by the database's clock, which is the same for whoever makes a token
/// and whoever is shown it.
pub async fn insert_token(
    db: impl PgExecutor<'_>,
    id: Uuid,
    name: &str,
    hash: &[u8; 32],
    good_for: SignedDuration,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- insert_token
        insert into api_tokens (id, name, hash, created_at, expires_at)
        values ($1, $2, $3, now(), now() + make_interval(secs => $4))",
        id,
        name,
        hash,
        good_for.as_secs_f64(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whose token it is, if it is good now.
pub async fn token_name(db: impl PgExecutor<'_>, hash: &[u8; 32]) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        "-- token_name
        select name from api_tokens
        where hash = $1 and revoked_at is null and (expires_at is null or expires_at > now())",
        hash,
    )
    .fetch_optional(db)
    .await?)
}
