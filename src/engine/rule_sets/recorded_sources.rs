//! Reads the files of a recorded rule set, and verifies that they are what was recorded.

use sqlx::PgPool;

use crate::rules::{SourceError, Sources};
use crate::store::{self, LONG_LIMIT, StoreError, in_time, rule_sets};

/// Why a recorded rule set cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourcesNotRead {
    /// The database has no such rule set.
    #[error("rule set {} is not recorded", hex::encode(.0))]
    Unknown([u8; 32]),
    /// The recorded files do not match the hash of the rule set.
    #[error("the recorded rule set {} was tampered with: its text does not match its hash", hex::encode(.0))]
    Altered([u8; 32]),
    /// A recorded file is not a text.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The rule file and the lists of a recorded rule set, by its SHA-256.
///
/// # Errors
/// It is not recorded, was tampered with, or the database cannot be read.
pub async fn recorded_sources(pool: &PgPool, hash: &[u8; 32]) -> Result<Sources, SourcesNotRead> {
    let mut transaction = store::begin_long(pool).await?;
    let recorded = store::within(LONG_LIMIT, rule_sets::rule_set(&mut transaction, hash)).await?;
    in_time(async { Ok::<_, StoreError>(transaction.rollback().await?) }).await?;
    let recorded = recorded.ok_or(SourcesNotRead::Unknown(*hash))?;
    let sources = Sources::from_record(&recorded.path, &recorded.source, recorded.lists)?;
    if sources.hash() != *hash {
        return Err(SourcesNotRead::Altered(*hash));
    }
    Ok(sources)
}
