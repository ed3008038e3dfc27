//! Every rule set that was evaluated, proposed or run in shadow mode, stored completely.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};

use super::StoreError;
use super::chain;

/// A rule set to record before any decision refers to it.
#[derive(Debug)]
pub struct RuleSetRecord<'a> {
    /// SHA-256 of the file and its lists.
    pub hash: &'a [u8; 32],
    /// Where it was read from.
    pub path: &'a str,
    /// The text of the file.
    pub source: &'a str,
    /// The list files in the order of the rule file: the name of each and the SHA-256 with which it is stored.
    pub lists: &'a [(String, [u8; 32])],
    /// Who loaded it first.
    pub loaded_by: &'a str,
    /// When it was loaded first.
    pub loaded_at: Timestamp,
}

/// A recorded rule set.
#[derive(Debug)]
pub struct RecordedRuleSet {
    /// Where it was read from.
    pub path: String,
    /// The text of the file.
    pub source: String,
    /// The list files: the name of each in the rule file, and its bytes.
    pub lists: Vec<(String, Vec<u8>)>,
}

/// Stores a rule set unless it is stored already. Its list files must be stored. This needs a transaction.
pub async fn keep_rule_set(
    transaction: &mut PgConnection,
    set: &RuleSetRecord<'_>,
) -> Result<(), StoreError> {
    let kept = sqlx::query!(
        "-- keep_rule_set
        insert into rule_sets (hash, path, source, loaded_by, loaded_at)
        values ($1, $2, $3, $4, $5)
        on conflict on constraint rule_sets_pkey do nothing",
        set.hash,
        set.path,
        set.source,
        set.loaded_by,
        set.loaded_at.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(&mut *transaction)
    .await?;
    if kept.rows_affected() == 0 {
        return Ok(());
    }
    let files: Vec<String> = set.lists.iter().map(|(file, _)| file.clone()).collect();
    let digests: Vec<Vec<u8>> = set.lists.iter().map(|(_, digest)| digest.to_vec()).collect();
    sqlx::query!(
        "-- keep_lists_of_rule_set
        insert into rule_set_lists (rule_set, position, file, digest)
        select $1, (listed.position - 1)::integer, listed.file, listed.digest
        from unnest($2::text[], $3::bytea[]) with ordinality as listed (file, digest, position)",
        set.hash,
        &files,
        &digests,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Returns whether a rule set is recorded.
pub async fn is_kept(db: impl PgExecutor<'_>, hash: &[u8; 32]) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"-- is_kept
        select exists (select from rule_sets where hash = $1) as "kept!""#,
        hash
    )
    .fetch_one(db)
    .await?)
}

/// Records when a recorded rule set last took effect.
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
    crate::store::columns::one(noted.rows_affected(), "rule set")
}

/// Returns the rule set of a version with its lists, if it is recorded.
pub async fn rule_set(
    connection: &mut PgConnection,
    hash: &[u8; 32],
) -> Result<Option<RecordedRuleSet>, StoreError> {
    let found = sqlx::query!(
        "-- rule_set
        select path, source from rule_sets where hash = $1",
        hash
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(found) = found else { return Ok(None) };
    let lists = sqlx::query!(
        r#"-- lists_of_rule_set
        select l.file, coalesce((
                select string_agg(c.content, ''::bytea order by f.position)
                from list_file_chunks f join list_chunks c on c.digest = f.chunk
                where f.file = l.digest
            ), ''::bytea) as "content!"
        from rule_set_lists l where l.rule_set = $1 order by l.position"#,
        hash
    )
    .fetch_all(connection)
    .await?;
    Ok(Some(RecordedRuleSet {
        path: found.path,
        source: found.source,
        lists: lists.into_iter().map(|row| (row.file, row.content)).collect(),
    }))
}

/// Returns the file of a rule set without its lists, which can be long.
pub async fn rule_file(db: impl PgExecutor<'_>, hash: &[u8; 32]) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        "-- rule_file
        select source from rule_sets where hash = $1",
        hash
    )
    .fetch_optional(db)
    .await?)
}

/// Returns the recorded versions that begin with some hexadecimal digits, each with the time at which it was first
/// loaded: the newest 20.
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

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;
    use crate::store::{is_list_file_kept, keep_chunk, keep_list_file, kept_chunks};

    async fn keep(pool: &PgPool, hash: [u8; 32], lists: &[(String, [u8; 32])]) {
        let record = RuleSetRecord {
            hash: &hash,
            path: "rules.toml",
            source: "version = 1",
            lists,
            loaded_by: "ann",
            loaded_at: Timestamp::UNIX_EPOCH,
        };
        let mut tx = pool.begin().await.unwrap();
        keep_rule_set(&mut tx, &record).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Stores a file of these chunks, twice.
    async fn keep_file(pool: &PgPool, digest: [u8; 32], chunks: &[([u8; 32], &str)]) {
        assert!(!is_list_file_kept(pool, &digest).await.unwrap());
        let digests: Vec<[u8; 32]> = chunks.iter().map(|(digest, _)| *digest).collect();
        for _ in 0..2 {
            for (digest, content) in chunks {
                keep_chunk(pool, digest, content.as_bytes()).await.unwrap();
            }
            let mut tx = pool.begin().await.unwrap();
            keep_list_file(&mut tx, &digest, 0, &digests).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert!(is_list_file_kept(pool, &digest).await.unwrap());
        assert_eq!(
            kept_chunks(pool, &digests).await.unwrap(),
            digests.into_iter().collect()
        );
    }

    async fn lists_of(pool: &PgPool, hash: [u8; 32]) -> Vec<(String, String)> {
        let mut connection = pool.acquire().await.unwrap();
        let found = rule_set(&mut connection, &hash).await.unwrap().unwrap();
        let text = |(file, content)| (file, String::from_utf8(content).unwrap());
        found.lists.into_iter().map(text).collect()
    }

    #[sqlx::test]
    async fn rule_sets_share_the_list_files_that_they_have_in_common(pool: PgPool) {
        keep_file(
            &pool,
            [8; 32],
            &[([5; 32], "+13125550001\n"), ([4; 32], "+13125550002\n")],
        )
        .await;
        keep_file(
            &pool,
            [9; 32],
            &[([6; 32], "073H\n"), ([5; 32], "+13125550001\n")],
        )
        .await;
        keep_file(&pool, [7; 32], &[]).await;
        let (z, a) = (("z.txt".to_owned(), [8; 32]), ("a.txt".to_owned(), [9; 32]));
        let empty = ("empty.txt".to_owned(), [7; 32]);
        keep(&pool, [1; 32], &[z.clone(), a, empty]).await;
        keep(&pool, [2; 32], &[z]).await;
        let text = |file: &str, text: &str| (file.to_owned(), text.to_owned());
        let numbers = text("z.txt", "+13125550001\n+13125550002\n");
        let mixed = text("a.txt", "073H\n+13125550001\n");
        let empty = text("empty.txt", "");
        assert_eq!(lists_of(&pool, [1; 32]).await, [numbers.clone(), mixed, empty]);
        assert_eq!(lists_of(&pool, [2; 32]).await, [numbers]);
    }

    #[sqlx::test(migrations = false)]
    async fn lists_from_before_they_were_shared_are_kept_word_for_word(pool: PgPool) {
        let migrations = sqlx::migrate!();
        migrations.run_to(20_261_122_000_000, &pool).await.unwrap();
        let insert = "insert into rule_sets (hash, path, source, lists, loaded_at, loaded_by)
            values ($1, 'rules.toml', '', $2, now(), 'ann')";
        let shared = r#"{"file":"z.csv","text":"value\n\"caf\u00e9\"\n"}"#;
        for (hash, lists) in [
            (
                [1_u8; 32],
                format!("[{shared},{{\"file\":\"a.txt\",\"text\":\"\"}}]"),
            ),
            ([2; 32], format!("[{shared}]")),
            ([3; 32], "[]".to_owned()),
        ] {
            sqlx::query(insert)
                .bind(hash)
                .bind(lists)
                .execute(&pool)
                .await
                .unwrap();
        }
        migrations.run(&pool).await.unwrap();
        let text = |file: &str, text: &str| (file.to_owned(), text.to_owned());
        let shared = text("z.csv", "value\n\"café\"\n");
        assert_eq!(
            lists_of(&pool, [1; 32]).await,
            [shared.clone(), text("a.txt", "")]
        );
        assert_eq!(lists_of(&pool, [2; 32]).await, [shared]);
        assert_eq!(lists_of(&pool, [3; 32]).await, []);
        let kept: i64 = sqlx::query_scalar("select count(*) from list_files")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(kept, 2);
    }
}
