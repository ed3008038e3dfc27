//! Checks whether the database accepts the service's writes.

use sqlx::PgPool;

use super::StoreError;

/// Writes and commits one row, and checks that nobody has locked the service's tables.
///
/// # Errors
/// Whatever keeps the service from writing: no response, a read-only session, a full disk, or a locked table.
pub async fn probe_write(pool: &PgPool) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    sqlx::query!("-- lock what the service writes\nlock table events, orders, episodes, decisions, attempts in row exclusive mode")
        .execute(&mut *tx)
        .await?;
    sqlx::query!("-- probe_write\nupdate write_probe set written_at = now()")
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}
