//! The list files that rule sets were read with, each once.

use sqlx::PgExecutor;

use super::StoreError;

/// Whether the file with this SHA-256 stands on record.
pub async fn is_list_file_kept(db: impl PgExecutor<'_>, digest: &[u8; 32]) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"-- is_list_file_kept
        select exists (select from list_files where digest = $1) as "kept!""#,
        digest
    )
    .fetch_one(db)
    .await?)
}

/// Keeps a file by its SHA-256. One that is kept already stays as it is.
pub async fn keep_list_file(
    db: impl PgExecutor<'_>,
    digest: &[u8; 32],
    content: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- keep_list_file
        insert into list_files (digest, content) values ($1, $2)
        on conflict on constraint list_files_pkey do nothing",
        digest,
        content.as_bytes(),
    )
    .execute(db)
    .await?;
    Ok(())
}
