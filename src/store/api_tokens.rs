//! Tokens for the admin listener, stored as SHA-256.

use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use sqlx::PgExecutor;
use uuid::Uuid;

use super::StoreError;

/// Adds a token that is valid for a duration. Only its hash is stored. The validity uses the database's clock, which is
/// the same for whoever creates a token and whoever checks it.
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

/// Returns the name of a token if it is valid now.
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

/// Returns the hash of a token, as it is stored.
fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
