//! Tokens for the admin listener, kept as SHA-256.

use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use sqlx::PgExecutor;
use uuid::Uuid;

use super::StoreError;

/// Adds a token, of which only the hash is stored, that is good for a span. Counted by the database's clock, which is the same for whoever makes a token
/// and whoever is shown it.
pub async fn insert_token(
    db: impl PgExecutor<'_>,
    id: Uuid,
    name: &str,
    token: &str,
    good_for: SignedDuration,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- insert_token
        insert into api_tokens (id, name, hash, created_at, expires_at)
        values ($1, $2, $3, now(), now() + make_interval(secs => $4))",
        id,
        name,
        &hash(token),
        good_for.as_secs_f64(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whose token it is, if it is good now.
pub async fn token_name(db: impl PgExecutor<'_>, token: &str) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        "-- token_name
        select name from api_tokens
        where hash = $1 and revoked_at is null and (expires_at is null or expires_at > now())",
        &hash(token),
    )
    .fetch_optional(db)
    .await?)
}

/// What is stored of a token.
fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
