//! The alarms that wake somebody: each is raised once for what it is about, and counted where alerts look.
//!
//! A deadline that is recorded as passed, or a list that is refused, helps nobody who is not told.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::PrometheusHandle;
use portoutd::clock::{Clock as _, ManualClock, SystemClock};
use portoutd::domain::{OrderId, OrderStatus};
use portoutd::http::metrics;
use portoutd::simulator::{Call, Fault};
use serde_json::json;
use sqlx::PgPool;

use crate::test_service::{RULES, TestConfig, TestService};

/// How often an alarm was raised.
fn raised(handle: &PrometheusHandle, alarm: &str) -> u64 {
    let name = format!("portoutd_alarms_total{{alarm=\"{alarm}\"}} ");
    let text = handle.render();
    let found = text.lines().find_map(|line| line.strip_prefix(name.as_str()));
    found.map_or(0, |count| count.parse().unwrap())
}

/// Lets time pass second by second until an alarm was raised.
async fn until_raised(service: &TestService, handle: &PrometheusHandle, alarm: &str) {
    service
        .until(alarm, || async {
            service.clock.advance(SignedDuration::from_secs(1));
            raised(handle, alarm) > 0
        })
        .await;
}

fn silent(config: TestConfig) -> TestConfig {
    TestConfig {
        webhooks: false,
        ..config
    }
}

async fn is_known(service: &TestService, order: &OrderId) {
    service
        .until("the order is known", || async {
            service.clock.advance(SignedDuration::from_secs(1));
            service.waiting(order).await.is_some()
        })
        .await;
}

#[sqlx::test]
async fn a_deadline_that_passes_while_every_worker_is_stuck_raises_one_alarm(pool: PgPool) {
    let recorder = metrics::recorder().unwrap();
    let (_guard, handle) = (
        ::metrics::set_default_local_recorder(&recorder),
        recorder.handle(),
    );
    let config = TestConfig {
        at_once: 0,
        ..TestConfig::default()
    };
    let service = TestService::with_config(pool, config).await;
    let order = service.telnyx.open_order(TestService::clean_order());
    is_known(&service, &order).await;
    assert_eq!(raised(&handle, "deadline_passed"), 0);
    service.clock.advance(SignedDuration::from_hours(21));
    until_raised(&service, &handle, "deadline_passed").await;
    for _ in 0..60 {
        service.clock.advance(SignedDuration::from_secs(1));
        crate::test_service::short_pause().await;
    }
    assert_eq!(raised(&handle, "deadline_passed"), 1, "once, not at every look");
}

#[sqlx::test]
async fn a_deadline_of_an_order_that_stays_locked_raises_one_alarm_before_it_can_be_recorded(pool: PgPool) {
    let recorder = metrics::recorder().unwrap();
    let _guard = ::metrics::set_default_local_recorder(&recorder);
    let handle = recorder.handle();
    let config = TestConfig {
        at_once: 0,
        ..TestConfig::default()
    };
    let service = TestService::with_config(pool.clone(), config).await;
    let order = service.telnyx.open_order(TestService::clean_order());
    is_known(&service, &order).await;
    let mut frozen = pool.begin().await.unwrap();
    sqlx::query("select from orders where order_id = $1 for update")
        .bind(order.as_str())
        .execute(&mut *frozen)
        .await
        .unwrap();
    service.clock.advance(SignedDuration::from_hours(21));
    until_raised(&service, &handle, "deadline_passed").await;
    let recorded = async || service.waiting(&order).await.unwrap().deadline_passed_at;
    assert_eq!(recorded().await, None);
    frozen.rollback().await.unwrap();
    service
        .until("it is recorded", || async {
            service.clock.advance(SignedDuration::from_secs(1));
            recorded().await.is_some()
        })
        .await;
    assert_eq!(raised(&handle, "deadline_passed"), 1);
}

#[sqlx::test]
async fn a_deadline_that_a_worker_and_the_watch_both_find_raises_one_alarm(pool: PgPool) {
    let recorder = metrics::recorder().unwrap();
    let (_guard, handle) = (
        ::metrics::set_default_local_recorder(&recorder),
        recorder.handle(),
    );
    let service = TestService::open(pool).await;
    let _ = service.receive(TestService::strange_order()).await;
    service.pass(SignedDuration::from_hours(19)).await;
    assert_eq!(raised(&handle, "deadline_passed"), 0);
    service.pass(SignedDuration::from_hours(2)).await;
    until_raised(&service, &handle, "deadline_passed").await;
    service.pass(SignedDuration::from_mins(5)).await;
    assert_eq!(raised(&handle, "deadline_passed"), 1);
}

#[sqlx::test]
async fn a_status_that_is_not_known_raises_one_alarm_at_the_first_read(pool: PgPool) {
    let recorder = metrics::recorder().unwrap();
    let (_guard, handle) = (
        ::metrics::set_default_local_recorder(&recorder),
        recorder.handle(),
    );
    let service = TestService::open(pool).await;
    let status = OrderStatus::Other("in-pending".to_owned());
    service
        .telnyx
        .faults()
        .always(Call::GetOrder, Fault::OtherStatus(status));
    let _ = service.receive(TestService::clean_order()).await;
    assert_eq!(raised(&handle, "unknown_status"), 1);
    service.pass(SignedDuration::from_mins(15)).await;
    assert_eq!(
        raised(&handle, "unknown_status"),
        1,
        "and none for each further read"
    );
}

/// A Telnyx that shows a time of day, and a service with another clock.
async fn with_clocks(pool: PgPool, shown: Timestamp, clock: ManualClock) -> (TestService, TestService) {
    let telnyx = TestService::open(pool.clone()).await;
    telnyx.close().await;
    telnyx.clock.jump(telnyx.clock.now().duration_until(shown));
    let (stand_in, folder) = (telnyx.telnyx.clone(), telnyx.folder.clone());
    let service = TestService::replica(pool, stand_in, clock, folder, TestConfig::default()).await;
    (telnyx, service)
}

#[sqlx::test]
async fn a_clock_that_differs_from_telnyx_raises_one_alarm(pool: PgPool) {
    let recorder = metrics::recorder().unwrap();
    let (_guard, handle) = (
        ::metrics::set_default_local_recorder(&recorder),
        recorder.handle(),
    );
    let start: Timestamp = "2026-11-23T15:00:00Z".parse().unwrap();
    let clock = ManualClock::at(start - SignedDuration::from_hours(2));
    let (telnyx, service) = with_clocks(pool, start, clock).await;
    service
        .until("the alarm is raised", || async {
            telnyx.clock.advance(SignedDuration::from_secs(1));
            service.clock.advance(SignedDuration::from_secs(1));
            raised(&handle, "clock_skew") > 0
        })
        .await;
    for _ in 0..60 {
        telnyx.clock.advance(SignedDuration::from_secs(1));
        service.clock.advance(SignedDuration::from_secs(1));
        crate::test_service::short_pause().await;
    }
    assert_eq!(raised(&handle, "clock_skew"), 1);
}

#[sqlx::test]
async fn a_clock_that_differs_from_the_database_raises_one_alarm(pool: PgPool) {
    let recorder = metrics::recorder().unwrap();
    let (_guard, handle) = (
        ::metrics::set_default_local_recorder(&recorder),
        recorder.handle(),
    );
    let behind = SystemClock.now() - SignedDuration::from_hours(2);
    let clock = ManualClock::at(behind).showing_real_time();
    // Telnyx's clock shows the same as ours, so that only the database's differs.
    let (telnyx, service) = with_clocks(pool, behind, clock).await;
    service
        .until("the alarm is raised", || async {
            telnyx
                .clock
                .jump(telnyx.clock.now().duration_until(service.clock.now()));
            raised(&handle, "clock_skew") > 0
        })
        .await;
    let report = service.engine.clock_report();
    assert!(report.contains("behind the database"), "{report}");
}

/// The uptime stands still while a machine is suspended, and what was known of other clocks by uptime is wrong then.
#[sqlx::test]
async fn a_machine_that_was_suspended_raises_no_alarm_about_its_clock(pool: PgPool) {
    let recorder = metrics::recorder().unwrap();
    let _guard = ::metrics::set_default_local_recorder(&recorder);
    let handle = recorder.handle();
    let service = TestService::open(pool).await;
    let _ = service.receive(TestService::strange_order()).await;
    service.pass(SignedDuration::from_mins(1)).await;
    assert!(service.engine.clock_report().contains("Telnyx"));
    service.clock.jump(SignedDuration::from_hours(2));
    service.pass(SignedDuration::from_mins(1)).await;
    assert_eq!(raised(&handle, "clock_skew"), 0);
}

/// The rules with a list of locked numbers.
fn with_list() -> String {
    let list = "[lists.locked]\ntype = \"number\"\nfile = \"locked.txt\"\n";
    let rule = "[[rule]]\nid = \"locked\"\nmatch.numbers.any_in = \"@locked\"\naction = \"reject\"\n\
                reject.because = \"number-locked\"\n\n";
    RULES.replacen("[[rule]]", &format!("{list}\n{rule}[[rule]]"), 1)
}

fn numbers(count: usize) -> String {
    let lines: Vec<String> = (0..count).map(|number| format!("+1416555{number:04}")).collect();
    lines.join("\n")
}

async fn with_locked_numbers(pool: PgPool) -> TestService {
    let service = TestService::open(pool).await;
    fs::write(service.folder.path().join("locked.txt"), numbers(40)).unwrap();
    service.reload(&with_list()).await;
    service
}

#[sqlx::test]
async fn a_list_that_lost_too_many_entries_raises_one_alarm(pool: PgPool) {
    let recorder = metrics::recorder().unwrap();
    let (_guard, handle) = (
        ::metrics::set_default_local_recorder(&recorder),
        recorder.handle(),
    );
    let service = with_locked_numbers(pool).await;
    fs::write(service.folder.path().join("locked.txt"), numbers(4)).unwrap();
    for _ in 0..10 {
        service.clock.advance(SignedDuration::from_secs(1));
        let _ = service.engine.follow_rule_files().await;
    }
    assert_eq!(raised(&handle, "list_shrunk"), 1);
}

#[sqlx::test]
async fn rule_files_that_never_come_to_rest_raise_an_alarm_after_a_minute(pool: PgPool) {
    let recorder = metrics::recorder().unwrap();
    let (_guard, handle) = (
        ::metrics::set_default_local_recorder(&recorder),
        recorder.handle(),
    );
    let service = with_locked_numbers(pool).await;
    let mut count = 40;
    let mut write_for = async |seconds: usize| {
        for _ in 0..seconds {
            count += 1;
            fs::write(service.folder.path().join("locked.txt"), numbers(count)).unwrap();
            service.clock.advance(SignedDuration::from_secs(1));
            let _ = service.engine.follow_rule_files().await;
        }
    };
    write_for(50).await;
    assert_eq!(
        raised(&handle, "rule_files_unread"),
        0,
        "an export may take its time"
    );
    write_for(100).await;
    assert_eq!(raised(&handle, "rule_files_unread"), 1, "once in ten minutes");
}

#[sqlx::test]
async fn a_listed_order_that_cannot_be_read_or_stored_raises_an_alarm(pool: PgPool) {
    let recorder = metrics::recorder().unwrap();
    let (_guard, handle) = (
        ::metrics::set_default_local_recorder(&recorder),
        recorder.handle(),
    );
    let service = TestService::with_config(pool.clone(), silent(TestConfig::default())).await;
    sqlx::query("alter table orders add constraint no_poison check (carrier_name <> 'poison')")
        .execute(&pool)
        .await
        .unwrap();
    let odd = service
        .telnyx
        .open_order(TestService::strange_order().unannounced().carrier_name("poison"));
    is_known(&service, &odd).await;
    until_raised(&service, &handle, "order_unreadable").await;
    let before = raised(&handle, "order_unreadable");

    // More than a page may hold, even alone.
    let note = json!("x".repeat(33 << 20));
    let _ = service
        .telnyx
        .open_order(TestService::strange_order().unannounced().listed_as("note", note));
    service
        .until("the order that was passed over raises one too", || async {
            service.clock.advance(SignedDuration::from_secs(1));
            raised(&handle, "order_unreadable") > before
        })
        .await;
}
