//! Clocks that are set, or wrong: nothing waits for them, and it is noticed.

use jiff::{SignedDuration, Timestamp};
use portoutd::clock::{Clock as _, ManualClock, SystemClock};
use portoutd::domain::{AccountName, OrderId};
use portoutd::simulator::{Call, Fault};
use portoutd::store::poll_cursors;
use sqlx::PgPool;

use crate::test_service::{TestConfig, TestService};

/// How often the order was read.
fn reads(service: &TestService, order: &OrderId) -> usize {
    let requests = service.telnyx.requests_of(Call::GetOrder);
    let of_order = |path: &str| path.ends_with(order.as_str());
    requests.iter().filter(|one| of_order(&one.path)).count()
}

/// A service whose clock differs from Telnyx's.
async fn with_clock(pool: PgPool, clock: ManualClock, config: TestConfig) -> (TestService, TestService) {
    let telnyx = TestService::open(pool.clone()).await;
    telnyx.close().await;
    let service =
        TestService::replica(pool, telnyx.telnyx.clone(), clock, telnyx.folder.clone(), config).await;
    (telnyx, service)
}

/// Lets the same time pass for the service and for Telnyx.
async fn pass(telnyx: &TestService, service: &TestService, span: SignedDuration) {
    for _ in 0..20 {
        telnyx.clock.advance(span / 20);
        service.clock.advance(span / 20);
        service.rest().await;
    }
}

async fn passed_at(pool: &PgPool, order: &str) -> Option<Timestamp> {
    let found: Option<jiff_sqlx::Timestamp> =
        sqlx::query_scalar("select deadline_passed_at from orders where order_id = $1")
            .bind(order)
            .fetch_one(pool)
            .await
            .unwrap();
    found.map(jiff_sqlx::Timestamp::to_jiff)
}

#[sqlx::test]
async fn a_clock_set_back_six_hours_does_not_put_a_retry_off(pool: PgPool) {
    let service = TestService::open(pool).await;
    service
        .telnyx
        .faults()
        .times(6, Call::GetOrder, Fault::Status(500));
    let order = service.receive(TestService::clean_order()).await;
    service.clock.jump(SignedDuration::from_hours(-6));
    service.pass(SignedDuration::from_mins(5)).await;
    assert_eq!(service.status(&order), "authorized");
}

#[sqlx::test]
async fn a_clock_set_back_after_an_answer_of_unknown_outcome_does_not_put_the_next_try_off(pool: PgPool) {
    let service = TestService::open(pool).await;
    service.telnyx.faults().next(Call::UpdateStatus, Fault::Timeout);
    let order = service.receive(TestService::clean_order()).await;
    service.pass(SignedDuration::from_secs(10)).await;
    service.clock.jump(SignedDuration::from_hours(-6));
    service.pass(SignedDuration::from_mins(4)).await;
    assert_eq!(service.sent(&order), ["authorized", "authorized"]);
    assert_eq!(service.status(&order), "authorized");
}

#[sqlx::test]
async fn a_clock_set_back_does_not_prolong_the_pause_that_telnyx_asked_for(pool: PgPool) {
    let service = TestService::open(pool).await;
    service
        .telnyx
        .faults()
        .next(Call::GetOrder, Fault::RateLimited(30));
    let order = service.telnyx.open_order(TestService::clean_order());
    service
        .until("Telnyx has refused a read", || async {
            service
                .telnyx
                .requests_of(Call::GetOrder)
                .iter()
                .any(|one| one.status == Some(429))
        })
        .await;
    service.clock.jump(SignedDuration::from_mins(-10));
    service.clock.advance(SignedDuration::from_secs(60));
    service
        .until("the order is authorized", || async {
            service.status(&order) == "authorized"
        })
        .await;
    let paused = service
        .clock
        .uptime()
        .saturating_sub(std::time::Duration::from_mins(1));
    assert!(paused < std::time::Duration::from_mins(1), "{paused:?}");
}

#[sqlx::test]
async fn a_clock_set_back_does_not_hide_an_order_that_is_no_longer_listed(pool: PgPool) {
    let config = TestConfig {
        webhooks: false,
        ..TestConfig::default()
    };
    let service = TestService::with_config(pool, config).await;
    let order = service.telnyx.open_order(TestService::strange_order());
    service.pass(SignedDuration::from_secs(70)).await;
    assert!(service.waiting(&order).await.is_some());
    service.clock.jump(SignedDuration::from_hours(-6));
    // No event tells of it either.
    service
        .telnyx
        .faults()
        .always(Call::ListEvents, Fault::Status(500));
    service.telnyx.cancel(&order).unwrap();
    service.pass(SignedDuration::from_mins(2)).await;
    assert!(service.waiting(&order).await.is_none());
}

#[sqlx::test]
async fn a_pending_order_that_nothing_wakes_is_read_again_within_minutes(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::strange_order()).await;
    for _ in 0..2 {
        let before = reads(&service, &order);
        service.pass(SignedDuration::from_mins(6)).await;
        let read_again = || async {
            // The watch takes a turn every ten seconds of the service's time.
            service.clock.advance(SignedDuration::from_secs(1));
            reads(&service, &order) > before
        };
        service.until("the order is read again", read_again).await;
        let read = reads(&service, &order) - before;
        assert!(read <= 2, "{read} reads in six minutes");
    }
    // Whatever put it off: a listed pending order is read within minutes.
    sqlx::query("update orders set due_at = due_at + interval '3 days', read_at = null")
        .execute(&service.pool)
        .await
        .unwrap();
    let before = reads(&service, &order);
    let read_again = || async {
        service.clock.advance(SignedDuration::from_secs(1));
        reads(&service, &order) > before
    };
    service
        .until("the order is read although it was put off", read_again)
        .await;
}

/// Nobody reads orders of an account that is not configured, so that nothing else wakes this one.
#[sqlx::test]
async fn an_order_that_is_due_later_than_any_pause_is_woken(pool: PgPool) {
    let service = TestService::open(pool.clone()).await;
    sqlx::query(
        "insert into orders (account, order_id, first_seen_at, decide_by, due_at, failures)
        values ('gone', 'late', $1, $1 + interval '20 hours', $1 + interval '6 hours', 3)",
    )
    .bind(jiff_sqlx::ToSqlx::to_sqlx(service.clock.now()))
    .execute(&pool)
    .await
    .unwrap();
    service
        .until("it is due", || async {
            service.clock.advance(SignedDuration::from_secs(1));
            let failures: i32 = sqlx::query_scalar("select failures from orders where order_id = 'late'")
                .fetch_one(&pool)
                .await
                .unwrap();
            failures > 3
        })
        .await;
}

#[sqlx::test]
async fn a_lease_that_a_database_clock_set_back_would_prolong_is_ended(pool: PgPool) {
    let service = TestService::open(pool.clone()).await;
    let order = service.receive(TestService::strange_order()).await;
    let before = reads(&service, &order);
    sqlx::query(
        "update orders set due_at = null, fence = fence + 1, lease_expires_at = now() + interval '6 hours'",
    )
    .execute(&pool)
    .await
    .unwrap();
    service
        .until("it is read again", || async {
            service.clock.advance(SignedDuration::from_secs(1));
            reads(&service, &order) > before
        })
        .await;
}

#[sqlx::test]
async fn a_clock_two_hours_behind_telnyx_is_reported_and_does_not_put_the_alarm_off(pool: PgPool) {
    let start: Timestamp = "2026-11-23T15:00:00Z".parse().unwrap();
    let clock = ManualClock::at(start - SignedDuration::from_hours(2));
    let (telnyx, service) = with_clock(pool.clone(), clock, TestConfig::default()).await;
    let order = service.receive(TestService::strange_order()).await;
    service
        .until("the difference is known", || async {
            service.engine.clock_report().starts_with("7200.")
                || service.engine.clock_report().starts_with("7199.")
        })
        .await;
    assert!(service.engine.clock_report().contains("behind Telnyx"));
    let decide_by = service.waiting(&order).await.unwrap().decide_by.unwrap();
    pass(&telnyx, &service, SignedDuration::from_mins(17 * 60)).await;
    assert_eq!(passed_at(&pool, order.as_str()).await, None, "too early");
    pass(&telnyx, &service, SignedDuration::from_mins(2 * 60)).await;
    service
        .until("the alarm is recorded", || async {
            passed_at(&pool, order.as_str()).await.is_some()
        })
        .await;
    let alarmed = passed_at(&pool, order.as_str()).await.unwrap();
    assert!(
        alarmed < decide_by,
        "{alarmed}: our own clock would have been late"
    );
}

#[sqlx::test]
async fn a_clock_ahead_of_telnyx_does_not_make_the_poll_ask_about_the_future(pool: PgPool) {
    let start: Timestamp = "2026-11-23T15:00:00Z".parse().unwrap();
    let clock = ManualClock::at(start + SignedDuration::from_hours(2));
    let (telnyx, service) = with_clock(pool.clone(), clock, TestConfig::default()).await;
    pass(&telnyx, &service, SignedDuration::from_mins(5)).await;
    let cursor = || async {
        poll_cursors::poll_cursor(&pool, &AccountName::default_account())
            .await
            .unwrap()
            .unwrap()
    };
    let latest = telnyx.clock.now() + SignedDuration::from_secs(5);
    let now = cursor().await;
    assert!(now <= latest, "{now} is in Telnyx's future, {latest}");
}

#[sqlx::test]
async fn a_clock_two_hours_behind_the_database_is_reported_and_does_not_put_the_alarm_off(pool: PgPool) {
    let real = SystemClock.now();
    let clock = ManualClock::at(real - SignedDuration::from_hours(2)).showing_real_time();
    let config = TestConfig {
        at_once: 0,
        ..TestConfig::default()
    };
    let (_telnyx, service) = with_clock(pool.clone(), clock, config).await;
    sqlx::query(
        "insert into orders (account, order_id, first_seen_at, decide_by)
        values ('default', 'late', now() - interval '1 day', now() - interval '1 hour')",
    )
    .execute(&pool)
    .await
    .unwrap();
    service
        .until("the alarm is recorded", || async {
            passed_at(&pool, "late").await.is_some()
        })
        .await;
    let report = service.engine.clock_report();
    assert!(report.contains("behind the database"), "{report}");
}
