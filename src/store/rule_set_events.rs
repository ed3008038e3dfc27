//! The history of each rule set: what happened, through whom and why. The table is append-only.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};

use super::columns::{parsed, text};
use super::{StoreError, chain, readable};
use crate::domain::RuleSetMove;

/// One row of `rule_set_events`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSetEvent {
    /// The rule set: SHA-256 of the file and its lists.
    pub hash: [u8; 32],
    /// What happened.
    pub event: RuleSetMove,
    /// When, to the microsecond.
    pub at: Timestamp,
    /// Who did it: a person, `SIGHUP` or `file change`.
    pub actor: String,
    /// The actor's reason.
    pub because: Option<String>,
}

/// Keeps other processes from adding events until the transaction ends, so that what is read of them stays true. Call
/// this before anything else that waits, such as locking the chain of admin actions.
pub async fn lock_rule_set_events(transaction: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!("-- lock_rule_set_events\nlock table rule_set_events in share row exclusive mode")
        .execute(transaction)
        .await?;
    Ok(())
}

/// Adds an event of a recorded rule set.
pub async fn add_rule_set_event(db: impl PgExecutor<'_>, event: &RuleSetEvent) -> Result<(), StoreError> {
    sqlx::query!(
        "-- add_rule_set_event
        insert into rule_set_events (hash, event, at, actor, because) values ($1, $2, $3, $4, $5)",
        event.hash.as_slice(),
        event.event.as_ref(),
        event.at.to_sqlx() as jiff_sqlx::Timestamp,
        event.actor,
        text(event.because.as_deref()),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Returns the last event of a kind, of any rule set.
pub async fn last_of(
    db: impl PgExecutor<'_>,
    event: RuleSetMove,
) -> Result<Option<RuleSetEvent>, StoreError> {
    sqlx::query_as!(
        Row,
        "-- last_of
        select hash, event, at, actor, because from rule_set_events where event = $1 order by id desc limit 1",
        event.as_ref()
    )
    .fetch_optional(db)
    .await?
    .map(RuleSetEvent::try_from)
    .transpose()
}

/// Returns the current proposal: the last one, unless another rule set was activated since.
pub async fn standing_proposal(db: impl PgExecutor<'_>) -> Result<Option<RuleSetEvent>, StoreError> {
    let last = sqlx::query_as!(
        Row,
        "-- standing_proposal
        select hash, event, at, actor, because from rule_set_events
        where event in ('proposed', 'in-force') order by id desc limit 1"
    )
    .fetch_optional(db)
    .await?
    .map(RuleSetEvent::try_from)
    .transpose()?;
    Ok(last.filter(|last| last.event == RuleSetMove::Proposed))
}

/// Returns the newest events, newest first.
pub async fn newest_rule_set_events(
    db: impl PgExecutor<'_>,
    limit: i64,
) -> Result<Vec<RuleSetEvent>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "-- newest_rule_set_events
        select hash, event, at, actor, because from rule_set_events order by id desc limit $1",
        limit
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(RuleSetEvent::try_from).collect()
}

struct Row {
    hash: Vec<u8>,
    event: String,
    at: jiff_sqlx::Timestamp,
    actor: String,
    because: Option<String>,
}

impl TryFrom<Row> for RuleSetEvent {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            hash: chain::from_row(&row.hash)?,
            event: parsed(&row.event)?,
            at: row.at.to_jiff(),
            actor: row.actor,
            because: readable::text(row.because),
        })
    }
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::super::rule_sets::{self, RuleSetRecord};
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    async fn kept(pool: &PgPool, byte: u8) -> [u8; 32] {
        let hash = [byte; 32];
        let record = RuleSetRecord {
            hash: &hash,
            path: "rules.toml",
            source: "version = 1",
            lists: &[],
            loaded_by: "ann",
            loaded_at: at(byte.into()),
        };
        let mut tx = pool.begin().await.unwrap();
        rule_sets::keep_rule_set(&mut tx, &record).await.unwrap();
        tx.commit().await.unwrap();
        hash
    }

    async fn add(pool: &PgPool, hash: [u8; 32], event: RuleSetMove) {
        let event = RuleSetEvent {
            hash,
            event,
            at: at(0),
            actor: "ann".to_owned(),
            because: None,
        };
        add_rule_set_event(pool, &event).await.unwrap();
    }

    #[sqlx::test]
    async fn a_proposal_stands_until_another_or_until_rules_are_put_in_force(pool: PgPool) {
        use RuleSetMove::{Approved, InForce, Proposed, Shadow};
        let (one, other) = (kept(&pool, 1).await, kept(&pool, 2).await);
        let standing = async || {
            let standing = standing_proposal(&pool).await.unwrap();
            standing.map(|event| event.hash)
        };
        assert_eq!(standing().await, None);
        for (hash, event, stands) in [
            (one, InForce, None),
            (other, Proposed, Some(other)),
            (one, Shadow, Some(other)),
            (one, Proposed, Some(one)),
            (one, Approved, Some(one)),
            (one, InForce, None),
        ] {
            add(&pool, hash, event).await;
            assert_eq!(standing().await, stands, "after {event}");
        }
        let last = last_of(&pool, Shadow).await.unwrap().unwrap();
        assert_eq!((last.hash, last.event), (one, Shadow));
    }

    #[sqlx::test]
    async fn an_event_cannot_be_changed_or_removed(pool: PgPool) {
        let hash = kept(&pool, 1).await;
        add(&pool, hash, RuleSetMove::InForce).await;
        for statement in [
            "update rule_set_events set actor = 'eve'",
            "delete from rule_set_events",
            "truncate rule_set_events",
        ] {
            assert!(
                sqlx::query(statement).execute(&pool).await.is_err(),
                "{statement}"
            );
        }
    }

    #[sqlx::test]
    async fn a_version_is_found_by_how_it_begins(pool: PgPool) {
        let (one, other) = (kept(&pool, 0xab).await, kept(&pool, 0xac).await);
        let found = async |digits: &str| {
            let found = rule_sets::find(&pool, digits).await.unwrap();
            found.into_iter().map(|(hash, _)| hash).collect::<Vec<_>>()
        };
        assert_eq!(found("abab").await, [one]);
        assert_eq!(found("ABAB").await, [one]);
        assert_eq!(found("a").await, [other, one], "the newest first");
        assert_eq!(found("abac").await, [[0; 32]; 0]);
        assert!(rule_sets::is_kept(&pool, &one).await.unwrap());
        assert!(!rule_sets::is_kept(&pool, &[0; 32]).await.unwrap());
    }

    #[sqlx::test(migrations = false)]
    async fn rule_sets_from_before_there_were_events_have_been_in_force(pool: PgPool) {
        let migrations = sqlx::migrate!();
        migrations.run_to(20_261_121_200_000, &pool).await.unwrap();
        let old = "insert into rule_sets (hash, path, source, lists, loaded_at, loaded_by, in_force_at) values
            (decode(repeat('02', 32), 'hex'), 'r', '', '[]', '2026-11-20T00:00:00Z', 'bob', '2026-11-23T00:00:00Z'),
            (decode(repeat('01', 32), 'hex'), 'r', '', '[]', '2026-11-21T00:00:00Z', 'ann', '2026-11-22T00:00:00Z')";
        sqlx::query(old).execute(&pool).await.unwrap();
        migrations.run(&pool).await.unwrap();
        let events = newest_rule_set_events(&pool, 10).await.unwrap();
        let told: Vec<_> = events
            .iter()
            .map(|event| (event.hash[0], event.event, event.actor.as_str()))
            .collect();
        let in_force = RuleSetMove::InForce;
        assert_eq!(told, [(2, in_force, "bob"), (1, in_force, "ann")]);
    }
}
