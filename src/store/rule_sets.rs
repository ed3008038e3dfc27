//! Every rule set that was ever in force, whole.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;

use super::StoreError;

/// A rule set as it is recorded before any decision names it.
#[derive(Debug)]
pub struct RuleSetRecord<'a> {
    /// SHA-256 of the file and its lists.
    pub hash: &'a [u8; 32],
    /// Where it was read.
    pub path: &'a str,
    /// The file, word for word.
    pub source: &'a str,
    /// The list files, as a JSON object from path to text.
    pub lists: &'a str,
    /// Who had it loaded.
    pub loaded_by: &'a str,
    /// When it was first in force.
    pub loaded_at: Timestamp,
}

/// A rule set as it was recorded.
#[derive(Debug)]
pub struct RecordedRuleSet {
    /// Where it was read.
    pub path: String,
    /// The file, word for word.
    pub source: String,
    /// The list files, as they were recorded.
    pub lists: String,
}

/// Records that a rule set is put in force; of one that was in force before, only the time is moved on.
pub async fn record_rule_set(db: impl PgExecutor<'_>, set: &RuleSetRecord<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "-- record_rule_set
        insert into rule_sets (hash, path, source, lists, loaded_by, loaded_at, in_force_at)
        values ($1, $2, $3, $4, $5, $6, $6)
        on conflict on constraint rule_sets_pkey do update set in_force_at = excluded.in_force_at",
        set.hash,
        set.path,
        set.source,
        set.lists,
        set.loaded_by,
        set.loaded_at.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The rule set that was put in force last, if any ever was.
pub async fn last_in_force(db: impl PgExecutor<'_>) -> Result<Option<RecordedRuleSet>, StoreError> {
    Ok(sqlx::query_as!(
        RecordedRuleSet,
        "-- last_in_force
        select path, source, lists from rule_sets
        where in_force_at is not null order by in_force_at desc limit 1"
    )
    .fetch_optional(db)
    .await?)
}

/// The rule set of a version, if it was ever in force.
pub async fn rule_set(
    db: impl PgExecutor<'_>,
    hash: &[u8; 32],
) -> Result<Option<RecordedRuleSet>, StoreError> {
    Ok(sqlx::query_as!(
        RecordedRuleSet,
        "-- rule_set
        select path, source, lists from rule_sets where hash = $1",
        hash
    )
    .fetch_optional(db)
    .await?)
}
