//! Every rule set that judged, was proposed or ran in shadow, whole.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;

use super::StoreError;
use super::chain;

/// A rule set as it is recorded before any decision names it.
#[derive(Debug)]
pub struct RuleSetRecord<'a> {
    /// SHA-256 of the file and its lists.
    pub hash: &'a [u8; 32],
    /// Where it was read.
    pub path: &'a str,
    /// The file, word for word.
    pub source: &'a str,
    /// The list files, as a JSON array of names and texts.
    pub lists: &'a str,
    /// Who had it loaded first.
    pub loaded_by: &'a str,
    /// When it was loaded first.
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

/// Keeps a rule set whole. One that is kept already stays as it is.
pub async fn keep_rule_set(db: impl PgExecutor<'_>, set: &RuleSetRecord<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "-- keep_rule_set
        insert into rule_sets (hash, path, source, lists, loaded_by, loaded_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict on constraint rule_sets_pkey do nothing",
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

/// Whether a rule set stands on record.
pub async fn is_kept(db: impl PgExecutor<'_>, hash: &[u8; 32]) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"-- is_kept
        select exists (select from rule_sets where hash = $1) as "kept!""#,
        hash
    )
    .fetch_one(db)
    .await?)
}

/// Notes when a recorded rule set was put in force last.
pub async fn note_in_force(
    db: impl PgExecutor<'_>,
    hash: &[u8; 32],
    at: Timestamp,
) -> Result<(), StoreError> {
    let noted = sqlx::query!(
        "-- note_in_force
        update rule_sets set in_force_at = $2 where hash = $1",
        hash,
        at.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(db)
    .await?;
    super::orders::one(noted.rows_affected(), "rule set")
}

/// The rule set of a version, if it stands on record.
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

/// The file of a rule set without its lists, which can be long.
pub async fn rule_file(db: impl PgExecutor<'_>, hash: &[u8; 32]) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        "-- rule_file
        select source from rule_sets where hash = $1",
        hash
    )
    .fetch_optional(db)
    .await?)
}

/// The recorded versions that begin with some hexadecimal digits, each with when it was loaded first: the newest 20.
pub async fn find(db: impl PgExecutor<'_>, digits: &str) -> Result<Vec<([u8; 32], Timestamp)>, StoreError> {
    let rows = sqlx::query!(
        "-- find
        select hash, loaded_at from rule_sets where starts_with(encode(hash, 'hex'), lower($1))
        order by loaded_at desc limit 20",
        digits
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| Ok((chain::from_row(&row.hash)?, row.loaded_at.to_jiff())))
        .collect()
}
