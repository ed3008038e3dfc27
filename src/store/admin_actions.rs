//! Admin actions: what people did to the service itself. The table is append-only, and each row is chained to the
//! previous one.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::StoreError;
use super::chain::{self, Chain, ChainHash, Link};
use crate::clock::new_id;

/// One row of `admin_actions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminAction {
    /// The row's id.
    pub id: Uuid,
    /// When it was done, to the microsecond.
    pub at: Timestamp,
    /// Who did it: the operating system's user or the name of an API token.
    pub actor: String,
    /// The kind of action, such as `numbers.import`.
    pub action: String,
    /// A JSON object that describes the action. It never contains a secret.
    pub detail: String,
}

impl AdminAction {
    /// Returns the row's hash after a previous hash.
    #[must_use]
    pub fn hash(&self, prev: &ChainHash) -> ChainHash {
        chain::hash(
            prev,
            &[
                Chain::AdminActions.as_ref().as_bytes(),
                self.id.as_bytes(),
                &self.at.as_microsecond().to_be_bytes(),
                self.actor.as_bytes(),
                self.action.as_bytes(),
                self.detail.as_bytes(),
            ],
        )
    }
}

/// Appends an admin action to its chain and returns its ID. This needs a transaction: the chain stays locked until it
/// ends, so call this last.
pub async fn record_admin_action(
    transaction: &mut PgConnection,
    actor: &str,
    action: &str,
    detail: &serde_json::Value,
    at: Timestamp,
) -> Result<Uuid, StoreError> {
    record_admin_action_as(transaction, new_id(), actor, action, detail, at).await
}

/// As [`record_admin_action`], under an id that was chosen before, so that whoever chose it can ask later whether the
/// action was committed.
pub async fn record_admin_action_as(
    transaction: &mut PgConnection,
    id: Uuid,
    actor: &str,
    action: &str,
    detail: &serde_json::Value,
    at: Timestamp,
) -> Result<Uuid, StoreError> {
    let row = AdminAction {
        id,
        at,
        actor: actor.to_owned(),
        action: action.to_owned(),
        detail: detail.to_string(),
    };
    let prev = chain::lock_head(&mut *transaction, Chain::AdminActions).await?;
    let hash = row.hash(&prev);
    insert(&mut *transaction, &row, &prev, &hash).await?;
    chain::move_head(transaction, Chain::AdminActions, &prev, &hash).await?;
    Ok(row.id)
}

async fn insert(
    executor: impl PgExecutor<'_>,
    row: &AdminAction,
    prev: &ChainHash,
    hash: &ChainHash,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- append an admin action
         insert into admin_actions (id, at, actor, action, detail, prev_hash, hash)
         values ($1, $2, $3, $4, $5, $6, $7)",
        row.id,
        row.at.to_sqlx(),
        row.actor,
        row.action,
        row.detail,
        prev.as_slice(),
        hash.as_slice()
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Returns every admin action in append order, with its chain link for [`chain::verify`].
pub async fn admin_actions(executor: impl PgExecutor<'_>) -> Result<Vec<(AdminAction, Link)>, StoreError> {
    let rows = sqlx::query!(
        "-- read the chain of admin actions
         select id, at, actor, action, detail, prev_hash, hash from admin_actions order by seq"
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter()
        .map(|row| {
            let (prev, stored) = (chain::from_row(&row.prev_hash)?, chain::from_row(&row.hash)?);
            let action = AdminAction {
                id: row.id,
                at: row.at.to_jiff(),
                actor: row.actor,
                action: row.action,
                detail: row.detail,
            };
            let computed = action.hash(&prev);
            Ok((
                action,
                Link {
                    prev,
                    stored,
                    computed,
                },
            ))
        })
        .collect()
}

/// The detail of the admin action with an id, if it was committed. Needs a transaction: it waits for whoever appends to
/// the chain at the moment, and nobody else appends before its end. So `None` means that the action is not in the database
/// and that no other transaction is about to commit it.
pub async fn settled_admin_action(
    transaction: &mut PgConnection,
    id: Uuid,
) -> Result<Option<String>, StoreError> {
    chain::lock_head(&mut *transaction, Chain::AdminActions).await?;
    Ok(sqlx::query_scalar!(
        "-- settled_admin_action
        select detail from admin_actions where id = $1",
        id
    )
    .fetch_optional(transaction)
    .await?)
}

/// Returns the details of admin actions of some kinds since a time, earliest first.
pub async fn admin_action_details(
    executor: impl PgExecutor<'_>,
    actions: &[&str],
    since: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let actions: Vec<String> = actions.iter().map(|action| (*action).to_owned()).collect();
    let details = sqlx::query_scalar!(
        "-- read the details of some admin actions
         select detail from admin_actions where action = any($1) and at >= $2 order by seq",
        &actions,
        since.to_sqlx() as jiff_sqlx::Timestamp
    )
    .fetch_all(executor)
    .await?;
    Ok(details)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sqlx::PgPool;

    use super::*;

    fn noon() -> Timestamp {
        "2026-11-21T12:00:00.123456Z".parse().unwrap()
    }

    async fn links(pool: &PgPool) -> Vec<Link> {
        let rows = admin_actions(pool).await.unwrap();
        rows.into_iter().map(|(_, link)| link).collect()
    }

    #[sqlx::test]
    async fn a_recorded_action_reads_back_whole_and_verifies(pool: PgPool) {
        let mut transaction = pool.begin().await.unwrap();
        for line in 1..=3 {
            let detail = json!({"file": "a.csv", "line": line});
            record_admin_action(&mut transaction, "ann", "numbers.import", &detail, noon())
                .await
                .unwrap();
        }
        transaction.commit().await.unwrap();

        let (first, _) = admin_actions(&pool).await.unwrap().remove(0);
        assert_eq!((first.actor.as_str(), first.at), ("ann", noon()));
        assert_eq!(first.detail, r#"{"file":"a.csv","line":1}"#);
        let last = chain::verify(links(&pool).await).unwrap();
        assert_eq!(last, chain::read_head(&pool, Chain::AdminActions).await.unwrap());
        assert_ne!(last, chain::START);
    }

    #[sqlx::test]
    async fn an_action_that_is_rolled_back_leaves_the_chain_as_it_was(pool: PgPool) {
        let mut transaction = pool.begin().await.unwrap();
        record_admin_action(&mut transaction, "ann", "lost", &json!({}), noon())
            .await
            .unwrap();
        transaction.rollback().await.unwrap();
        assert_eq!(
            chain::read_head(&pool, Chain::AdminActions).await.unwrap(),
            chain::START
        );
    }

    #[sqlx::test]
    async fn writers_at_the_same_time_do_not_fork_the_chain(pool: PgPool) {
        let writers = (0..8).map(|writer| {
            let pool = pool.clone();
            async move {
                for _ in 0..10 {
                    let mut transaction = pool.begin().await.unwrap();
                    let actor = format!("writer {writer}");
                    record_admin_action(&mut transaction, &actor, "numbers.lock", &json!({}), noon())
                        .await
                        .unwrap();
                    transaction.commit().await.unwrap();
                }
            }
        });
        futures_util::future::join_all(writers).await;
        let links = links(&pool).await;
        assert_eq!(links.len(), 80);
        assert_eq!(
            chain::verify(links).unwrap(),
            chain::read_head(&pool, Chain::AdminActions).await.unwrap()
        );
    }

    #[sqlx::test]
    async fn a_recorded_action_cannot_be_changed_or_removed(pool: PgPool) {
        let mut transaction = pool.begin().await.unwrap();
        record_admin_action(&mut transaction, "ann", "numbers.lock", &json!({}), noon())
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        for statement in [
            "update admin_actions set actor = 'eve'",
            "delete from admin_actions",
            "truncate admin_actions",
        ] {
            assert!(
                sqlx::query(statement).execute(&pool).await.is_err(),
                "{statement}"
            );
        }
    }
}
