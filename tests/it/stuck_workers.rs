//! Deadlines raise their alarms while every worker, an order or every database connection is stuck.

use jiff::SignedDuration;
use portoutd::domain::OrderId;
use portoutd::store::{self, Sessions};
use sqlx::PgPool;

use crate::service_records::{passed_at, until_alarmed};
use crate::test_service::{TestConfig, TestService};

/// A service whose workers never get to an order.
pub async fn with_every_worker_stuck(pool: PgPool) -> TestService {
    let config = TestConfig {
        at_once: 0,
        ..TestConfig::default()
    };
    TestService::with_config(pool, config).await
}

pub async fn opened(service: &TestService) -> OrderId {
    let order = service.telnyx.open_order(TestService::clean_order());
    service
        .until("the order is known", || async {
            service.waiting(&order).await.is_some()
        })
        .await;
    order
}

#[sqlx::test]
async fn a_deadline_alarms_although_every_worker_is_stuck(pool: PgPool) {
    let service = with_every_worker_stuck(pool).await;
    let order = opened(&service).await;
    service.clock.advance(SignedDuration::from_hours(21));
    until_alarmed(&service, &order).await;
}

#[sqlx::test]
async fn a_deadline_alarms_although_a_frozen_worker_has_the_order_and_another_one_locked(pool: PgPool) {
    // With the time limits of the service: a poll that waits for the locked order keeps the other one locked, too.
    let limited = (*pool.connect_options()).clone();
    let limited = store::connect_with(limited, 5, Sessions::Service).await.unwrap();
    let service = with_every_worker_stuck(limited).await;
    let (leased, locked) = (opened(&service).await, opened(&service).await);
    sqlx::query("update orders set lease_expires_at = now() + interval '80 seconds', fence = 1, due_at = null where order_id = $1")
        .bind(leased.as_str())
        .execute(&pool)
        .await
        .unwrap();
    let mut frozen = pool.begin().await.unwrap();
    sqlx::query("select from orders where order_id = $1 for update")
        .bind(locked.as_str())
        .execute(&mut *frozen)
        .await
        .unwrap();
    service.clock.advance(SignedDuration::from_hours(21));
    until_alarmed(&service, &leased).await;
    assert_eq!(passed_at(&service, &locked).await, None);
    frozen.rollback().await.unwrap();
    until_alarmed(&service, &locked).await;
}

#[sqlx::test]
async fn a_deadline_alarms_although_every_connection_of_the_pool_is_taken(pool: PgPool) {
    let service = with_every_worker_stuck(pool.clone()).await;
    let order = opened(&service).await;
    // A pool of its own for the test, to see the record with.
    let replica = sqlx::postgres::PgPoolOptions::new()
        .max_connections(1)
        .connect_with(pool.connect_options().as_ref().clone())
        .await
        .unwrap();
    let mut taken = Vec::new();
    while let Ok(Ok(connection)) =
        tokio::time::timeout(std::time::Duration::from_millis(300), pool.acquire()).await
    {
        taken.push(connection);
    }
    // The watch loses the connection that it has, and needs another.
    let mut ours = Vec::new();
    for connection in &mut taken {
        let pid: i32 = sqlx::query_scalar("select pg_backend_pid()")
            .fetch_one(&mut **connection)
            .await
            .unwrap();
        ours.push(pid);
    }
    sqlx::query(
        "select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> all ($1) and pid <> pg_backend_pid()",
    )
    .bind(ours)
    .execute(&replica)
    .await
    .unwrap();
    service.clock.advance(SignedDuration::from_hours(21));
    let alarmed = || async {
        service.clock.advance(SignedDuration::from_secs(1));
        sqlx::query_scalar::<_, bool>("select deadline_passed_at is not null from orders where order_id = $1")
            .bind(order.as_str())
            .fetch_one(&replica)
            .await
            .unwrap()
    };
    service.until("the alarm is recorded", alarmed).await;
    drop(taken);
}
