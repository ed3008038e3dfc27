//! The list files of rule sets, and their chunks. Each is stored once.

use std::collections::BTreeSet;

use sqlx::{PgConnection, PgExecutor};

use super::{StoreError, chain};

/// The SHA-256 of a file or a chunk.
pub type Digest = [u8; 32];

/// Returns whether the file with this SHA-256 is stored.
pub async fn is_list_file_kept(db: impl PgExecutor<'_>, digest: &Digest) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"-- is_list_file_kept
        select exists (select from list_files where digest = $1) as "kept!""#,
        digest
    )
    .fetch_one(db)
    .await?)
}

/// Returns which of these chunks are stored.
pub async fn kept_chunks(
    db: impl PgExecutor<'_>,
    digests: &[Digest],
) -> Result<BTreeSet<Digest>, StoreError> {
    let digests: Vec<Vec<u8>> = digests.iter().map(|digest| digest.to_vec()).collect();
    let kept = sqlx::query_scalar!(
        "-- kept_chunks\nselect digest from list_chunks where digest = any ($1)",
        &digests
    )
    .fetch_all(db)
    .await?;
    kept.iter().map(|digest| chain::from_row(digest)).collect()
}

/// Stores a chunk unless it is stored already.
pub async fn keep_chunk(db: impl PgExecutor<'_>, digest: &Digest, content: &[u8]) -> Result<(), StoreError> {
    sqlx::query!(
        "-- keep_chunk
        insert into list_chunks (digest, content) values ($1, $2)
        on conflict on constraint list_chunks_pkey do nothing",
        digest,
        content,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Stores a file unless it is stored already. Its chunks must be stored. This needs a transaction.
pub async fn keep_list_file(
    transaction: &mut PgConnection,
    digest: &Digest,
    bytes: u64,
    chunks: &[Digest],
) -> Result<(), StoreError> {
    let kept = sqlx::query!(
        "-- keep_list_file
        insert into list_files (digest, bytes) values ($1, $2)
        on conflict on constraint list_files_pkey do nothing",
        digest,
        i64::try_from(bytes).unwrap_or(i64::MAX),
    )
    .execute(&mut *transaction)
    .await?;
    if kept.rows_affected() == 0 {
        return Ok(());
    }
    let chunks: Vec<Vec<u8>> = chunks.iter().map(|chunk| chunk.to_vec()).collect();
    sqlx::query!(
        "-- keep_chunks_of_file
        insert into list_file_chunks (file, position, chunk)
        select $1, (listed.position - 1)::integer, listed.chunk
        from unnest($2::bytea[]) with ordinality as listed (chunk, position)",
        digest,
        &chunks,
    )
    .execute(transaction)
    .await?;
    Ok(())
}
