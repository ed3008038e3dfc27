//! A Postgres that answers with an error: each kind of error is seen as what it is, nothing is sent or lost meanwhile, and
//! work goes on without a restart when the cause is gone.

use jiff::SignedDuration;
use portoutd::clock::Clock as _;
use portoutd::domain::AccountName;
use portoutd::engine::intake::ingest::{Incoming, NotStored};
use portoutd::simulator::Call;
use portoutd::store::{StoreError, in_time, probe_write};
use portoutd::telnyx::parse_webhook;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use crate::test_service::TestService;

/// SQLSTATE codes (PostgreSQL documentation, appendix A), and what operators are told of each.
const ERRORS: [(&str, &str); 14] = [
    ("25006", "Postgres is read-only"),
    ("57P01", "Postgres does not answer"),
    ("57P02", "Postgres does not answer"),
    ("57P03", "Postgres does not answer"),
    ("58030", "Postgres does not answer"),
    ("53000", "Postgres lacks disk space, memory or connections"),
    ("53100", "Postgres lacks disk space, memory or connections"),
    ("53200", "Postgres lacks disk space, memory or connections"),
    ("53300", "Postgres lacks disk space, memory or connections"),
    ("53400", "Postgres lacks disk space, memory or connections"),
    ("40001", "Postgres is busy: a lock is held for too long"),
    ("40P01", "Postgres is busy: a lock is held for too long"),
    ("55P03", "Postgres is busy: a lock is held for too long"),
    ("57014", "Postgres is busy: a lock is held for too long"),
];

/// The tables whose writes fail.
const TABLES: [&str; 3] = ["write_probe", "events", "decisions"];

#[sqlx::test]
async fn every_kind_of_database_error_is_named_and_work_goes_on_when_it_is_gone(pool: PgPool) {
    let service = TestService::open(pool).await;
    for (code, symptom) in ERRORS {
        break_writes(&service.pool, code).await;
        let failed: StoreError = in_time(probe_write(&service.pool)).await.unwrap_err();
        assert_eq!(failed.symptom(), symptom, "{code}: {failed:?}");
        assert!(failed.is_temporary(), "{code}");

        let kept = service
            .engine
            .ingest
            .record_batch(vec![webhook(code, &service)])
            .await;
        assert_eq!(
            kept.unwrap_err(),
            NotStored::Unavailable,
            "{code}: the sender sends it again"
        );

        allow_writes(&service.pool, "events").await;
        let order = service.receive(TestService::clean_order()).await;
        service.pass(SignedDuration::from_secs(10)).await;
        assert!(service.decisions(&order).await.is_empty(), "{code}");
        assert!(
            service.sent(&order).is_empty(),
            "{code}: sent without a recorded decision"
        );
        let failures = "select failures from orders where order_id = $1";
        let failures: i32 = sqlx::query_scalar(failures)
            .bind(order.as_str())
            .fetch_one(&service.pool)
            .await
            .unwrap();
        assert_eq!(failures, 0, "{code}: not a failure of the order");

        allow_writes(&service.pool, "write_probe").await;
        allow_writes(&service.pool, "decisions").await;
        in_time(probe_write(&service.pool)).await.unwrap();
        service
            .engine
            .ingest
            .record_batch(vec![webhook(code, &service)])
            .await
            .unwrap();
        service.pass(SignedDuration::from_secs(5)).await;
        assert_eq!(service.decisions(&order).await.len(), 1, "{code}");
        assert_eq!(service.sent(&order), ["authorized"], "{code}");
    }
}

#[sqlx::test]
async fn a_decision_that_loses_a_deadlock_is_made_again_and_recorded_once(pool: PgPool) {
    let mut other = PgConnection::connect_with(&pool.connect_options()).await.unwrap();
    run(&mut other, "set deadlock_timeout = '1min'").await;
    // Long enough for the other session to wait for it too before Postgres looks for a deadlock.
    let options = pool.connect_options().as_ref().clone();
    let patient = PgPoolOptions::new().connect_with(options.options([("deadlock_timeout", "4s")]));
    let service = TestService::open(patient.await.unwrap()).await;

    let mut tx = other.begin().await.unwrap();
    run(&mut tx, "select from chain_heads for update").await;
    let order = service.telnyx.open_order(TestService::clean_order());
    let waits = "select count(*) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%head of a chain%'";
    service
        .until("a decision waits for the head of the chain", || async {
            count(&pool, waits).await > 0
        })
        .await;
    // The decision has locked its order, and waits for the head.
    run(&mut tx, "select from orders for update").await;
    tx.rollback().await.unwrap();

    service.pass(SignedDuration::from_secs(10)).await;
    let deadlocks = "select deadlocks from pg_stat_database where datname = current_database()";
    // A session reports what it counted once it is idle.
    service
        .until("Postgres has ended a deadlock", || async {
            count(&pool, deadlocks).await > 0
        })
        .await;
    assert_eq!(service.decisions(&order).await.len(), 1);
    assert_eq!(service.sent(&order), ["authorized"]);
}

#[sqlx::test]
async fn an_order_waits_two_seconds_after_each_error_of_the_database_and_never_longer(pool: PgPool) {
    let service = TestService::open(pool).await;
    break_writes(&service.pool, "40001").await;
    allow_writes(&service.pool, "events").await;
    let order = service.receive(TestService::clean_order()).await;
    let pauses = "select extract(epoch from due_at - $2)::float8 from orders where order_id = $1";
    for turn in 0..6 {
        let now = jiff_sqlx::ToSqlx::to_sqlx(service.clock.now());
        let pause: f64 = sqlx::query_scalar(pauses)
            .bind(order.as_str())
            .bind(now)
            .fetch_one(&service.pool)
            .await
            .unwrap();
        assert!(pause > 0.0 && pause <= 2.0, "turn {turn}: {pause} s");
        let reads = service.telnyx.requests_of(Call::GetOrder).len();
        service.pass(SignedDuration::from_secs(2)).await;
        let reads = service.telnyx.requests_of(Call::GetOrder).len() - reads;
        assert!(
            (1..=2).contains(&reads),
            "turn {turn}: {reads} reads in two seconds"
        );
    }
    allow_writes(&service.pool, "decisions").await;
    service.pass(SignedDuration::from_secs(3)).await;
    assert_eq!(service.sent(&order), ["authorized"]);
}

#[sqlx::test]
async fn an_order_that_cannot_be_released_is_released_two_seconds_after_the_database_works(pool: PgPool) {
    let service = TestService::open(pool).await;
    // The first poll leases orders too, and releases them.
    let polled = || async {
        let lists = service.telnyx.requests_of(Call::ListOrders);
        lists.iter().any(|one| one.status.is_some())
    };
    service.until("the first poll is over", polled).await;
    let fail = "create function fail() returns trigger language plpgsql as
            $$ begin raise exception 'simulated' using errcode = '40001'; end $$;
        create trigger fails before update on orders for each row
            when (old.lease_expires_at is not null and new.lease_expires_at is null) execute function fail()";
    sqlx::raw_sql(fail).execute(&service.pool).await.unwrap();
    let order = service.telnyx.open_order(TestService::clean_order());
    service
        .until("the order is authorized", || async {
            service.status(&order) == "authorized"
        })
        .await;
    let leased = async || {
        count(
            &service.pool,
            "select count(*) from orders where lease_expires_at is not null",
        )
        .await
    };
    service.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(leased().await, 1);
    allow_writes(&service.pool, "orders").await;
    // Far sooner than the lease would expire, which counts by the clock of the database.
    let released = || async {
        service.clock.advance(SignedDuration::from_secs(1));
        leased().await == 0
    };
    service.until("the order is released", released).await;
}

/// Has every write to the tables fail with this SQLSTATE.
async fn break_writes(pool: &PgPool, code: &str) {
    let function = format!(
        "create or replace function fail() returns trigger language plpgsql as
        $$ begin raise exception 'simulated' using errcode = '{code}'; end $$"
    );
    sqlx::raw_sql(AssertSqlSafe(function))
        .execute(pool)
        .await
        .unwrap();
    for table in TABLES {
        let trigger = format!(
            "create trigger fails before insert or update on {table} for each statement execute function fail()"
        );
        sqlx::raw_sql(AssertSqlSafe(trigger)).execute(pool).await.unwrap();
    }
}

async fn allow_writes(pool: &PgPool, table: &str) {
    let statement = format!("drop trigger fails on {table}");
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(pool)
        .await
        .unwrap();
}

fn webhook(code: &str, service: &TestService) -> Incoming {
    let body = format!(
        r#"{{"data":{{"event_type":"portout.status_changed","id":"event-{code}","payload":{{"id":"other-{code}","status":"canceled"}}}}}}"#
    );
    let event = parse_webhook(body.as_bytes());
    Incoming::new(AccountName::default_account(), event, service.clock.now())
}

async fn run(connection: &mut PgConnection, statement: &'static str) {
    sqlx::raw_sql(statement).execute(connection).await.unwrap();
}

async fn count(pool: &PgPool, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(pool).await.unwrap()
}
