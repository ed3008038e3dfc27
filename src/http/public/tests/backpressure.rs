//! Tests of webhooks that cannot be stored now, and of clients that disconnect or are slow.

use futures_util::future::join_all;
use sqlx::{PgPool, Postgres, Transaction};
use tokio::io::AsyncWriteExt as _;

use super::{Site, pending};
use crate::engine::intake::ingest::Bounds;
use crate::http::listener::Limits;
use crate::http::testing::read_answer;

/// Keeps the table from being written until the transaction ends.
async fn lock_events(pool: &PgPool) -> Transaction<'static, Postgres> {
    let mut transaction = pool.begin().await.unwrap();
    let lock = sqlx::query("lock table events in exclusive mode");
    lock.execute(&mut *transaction).await.unwrap();
    transaction
}

async fn wait_until_blocked(pool: &PgPool) {
    let blocked = "select exists (select from pg_stat_activity \
                   where datname = current_database() and wait_event_type = 'Lock')";
    while !sqlx::query_scalar::<_, bool>(blocked)
        .fetch_one(pool)
        .await
        .unwrap()
    {}
}

#[sqlx::test]
async fn an_unavailable_database_is_answered_with_503_and_a_retry_time(pool: PgPool) {
    let site = Site::open(&pool).await;
    pool.close().await;
    let answer = site.post(&pending("order-1", "event-1")).await;
    assert_eq!(answer.status, 503);
    assert!(answer.head.contains("\r\nretry-after: 5"), "{}", answer.head);
    assert!(answer.head.contains("\r\nx-request-id: "), "{}", answer.head);
    assert!(
        !answer.body.contains("database"),
        "the cause is not for the client: {}",
        answer.body
    );
    assert!(site.counted(r#"portoutd_webhooks_total{outcome="database-away"} 1"#));
    site.close().await;
}

#[sqlx::test]
async fn a_full_queue_is_answered_with_503_and_a_retry_time(pool: PgPool) {
    let bounds = Bounds {
        events: 1,
        ..Bounds::default()
    };
    let site = Site::with(&pool, bounds, Limits::default()).await;
    let request = |n: usize| site.signed(&pending("order-1", &format!("event-{n}")));
    let lock = lock_events(&pool).await;
    let mut written = site.served.connect().await;
    written.write_all(&request(0)).await.unwrap();
    wait_until_blocked(&pool).await;
    let rest: Vec<_> = (1..12).map(request).collect();
    let answers = join_all(rest.iter().map(|request| site.served.send(request)));
    let release = async {
        while !site.counted(r#"portoutd_webhooks_total{outcome="queue-full"} 10"#) {
            tokio::task::yield_now().await;
        }
        lock.rollback().await.unwrap();
    };
    let (answers, ()) = tokio::join!(answers, release);
    assert_eq!(read_answer(&mut written).await.status, 200);
    let (waited, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((waited.len(), refused.len()), (1, 10));
    for answer in refused {
        assert_eq!(answer.status, 503);
        assert!(answer.head.contains("\r\nretry-after: 5"), "{}", answer.head);
    }
    assert_eq!(site.kept().await.len(), 2);
    site.close().await;
}

#[sqlx::test]
async fn a_client_that_hangs_up_does_not_undo_what_it_sent(pool: PgPool) {
    let site = Site::open(&pool).await;
    let lock = lock_events(&pool).await;
    let mut socket = site.served.connect().await;
    socket
        .write_all(&site.signed(&pending("order-1", "event-1")))
        .await
        .unwrap();
    wait_until_blocked(&pool).await;
    drop(socket);
    lock.rollback().await.unwrap();
    // The writer ends only after every accepted event is committed.
    let pool = site.pool.clone();
    site.close().await;
    let kept: i64 = sqlx::query_scalar("select count(*) from events")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(kept, 1);
}

#[sqlx::test]
async fn a_half_sent_body_is_not_waited_for(pool: PgPool) {
    let site = Site::open(&pool).await;
    let whole = site.signed(&pending("order-1", "event-1"));
    let half = whole.split_last_chunk::<9>().unwrap().0;
    assert_eq!(site.served.send(half).await.status, 408);
    assert!(site.kept().await.is_empty());
    assert!(site.counted(r#"portoutd_webhooks_total{outcome="too-slow"} 1"#));
    site.close().await;
}
