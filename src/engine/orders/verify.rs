//! Verifies the chain of recorded decisions.

use sqlx::PgPool;

use crate::store::chain::Break;
use crate::store::{StoreError, decisions};

/// Verifies that no recorded decision was changed, removed or inserted. Returns how many there are, or where the chain is
/// broken. Reads a snapshot, so that decisions recorded meanwhile do not matter.
///
/// # Errors
/// The database cannot be read.
pub async fn verify_decisions(pool: &PgPool) -> Result<Result<usize, Break>, StoreError> {
    let mut snapshot = pool
        .begin_with("begin isolation level repeatable read read only")
        .await?;
    decisions::verify_decisions(&mut snapshot).await
}
