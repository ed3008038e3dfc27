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

use crate::office::{Furnishing, Office, RULES};

/// How often an alarm was raised.
fn raised(handle: &PrometheusHandle, alarm: &str) -> u64 {
    let name = format!("portoutd_alarms_total{{alarm=\"{alarm}\"}} ");
    let text = handle.render();
    let found = text.lines().find_map(|line| line.strip_prefix(name.as_str()));
    found.map_or(0, |count| count.parse().unwrap())
}

/// Lets time pass second by second until an alarm was raised.
async fn until_raised(office: &Office, handle: &PrometheusHandle, alarm: &str) {
    office
        .until(alarm, || async {
            office.clock.advance(SignedDuration::from_secs(1));
            raised(handle, alarm) > 0
        })
        .await;
}

fn silent(furnishing: Furnishing) -> Furnishing {
    Furnishing {
        webhooks: false,
        ..furnishing
    }
}

async fn is_known(office: &Office, order: &OrderId) {
    office
        .until("the order is known", || async {
            office.clock.advance(SignedDuration::from_secs(1));
            office.waiting(order).await.is_some()
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
    let furnishing = Furnishing {
        at_once: 0,
        ..Furnishing::default()
    };
    let office = Office::furnished(pool, furnishing).await;
    let order = office.telnyx.open_order(Office::clean_order());
    is_known(&office, &order).await;
    assert_eq!(raised(&handle, "deadline_passed"), 0);
    office.clock.advance(SignedDuration::from_hours(21));
    until_raised(&office, &handle, "deadline_passed").await;
    for _ in 0..60 {
        office.clock.advance(SignedDuration::from_secs(1));
        crate::office::glance().await;
    }
    assert_eq!(raised(&handle, "deadline_passed"), 1, "once, not at every look");
}

#[sqlx::test]
async fn a_deadline_of_an_order_that_stays_locked_raises_one_alarm_before_it_can_be_recorded(pool: PgPool) {
    let recorder = metrics::recorder().unwrap();
    let _guard = ::metrics::set_default_local_recorder(&recorder);
    let handle = recorder.handle();
    let furnishing = Furnishing {
        at_once: 0,
        ..Furnishing::default()
    };
    let office = Office::furnished(pool.clone(), furnishing).await;
    let order = office.telnyx.open_order(Office::clean_order());
    is_known(&office, &order).await;
    let mut frozen = pool.begin().await.unwrap();
    sqlx::query("select from orders where order_id = $1 for update")
        .bind(order.as_str())
        .execute(&mut *frozen)
        .await
        .unwrap();
    office.clock.advance(SignedDuration::from_hours(21));
    until_raised(&office, &handle, "deadline_passed").await;
    let recorded = async || office.waiting(&order).await.unwrap().deadline_passed_at;
    assert_eq!(recorded().await, None);
    frozen.rollback().await.unwrap();
    office
        .until("it is recorded", || async {
            office.clock.advance(SignedDuration::from_secs(1));
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
    let office = Office::open(pool).await;
    let _ = office.receive(Office::strange_order()).await;
    office.pass(SignedDuration::from_hours(19)).await;
    assert_eq!(raised(&handle, "deadline_passed"), 0);
    office.pass(SignedDuration::from_hours(2)).await;
    until_raised(&office, &handle, "deadline_passed").await;
    office.pass(SignedDuration::from_mins(5)).await;
    assert_eq!(raised(&handle, "deadline_passed"), 1);
}

#[sqlx::test]
async fn a_status_that_is_not_known_raises_one_alarm_at_the_first_read(pool: PgPool) {
    let recorder = metrics::recorder().unwrap();
    let (_guard, handle) = (
        ::metrics::set_default_local_recorder(&recorder),
        recorder.handle(),
    );
    let office = Office::open(pool).await;
    let status = OrderStatus::Other("in-pending".to_owned());
    office
        .telnyx
        .faults()
        .always(Call::GetOrder, Fault::OtherStatus(status));
    let _ = office.receive(Office::clean_order()).await;
    assert_eq!(raised(&handle, "puzzling"), 1);
    office.pass(SignedDuration::from_mins(15)).await;
    assert_eq!(raised(&handle, "puzzling"), 1, "and none for each further read");
}

/// A Telnyx that shows a time of day, and a service with another clock.
async fn with_clocks(pool: PgPool, shown: Timestamp, clock: ManualClock) -> (Office, Office) {
    let telnyx = Office::open(pool.clone()).await;
    telnyx.close().await;
    telnyx.clock.jump(telnyx.clock.now().duration_until(shown));
    let (stand_in, folder) = (telnyx.telnyx.clone(), telnyx.folder.clone());
    let office = Office::beside(pool, stand_in, clock, folder, Furnishing::default()).await;
    (telnyx, office)
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
    let (telnyx, office) = with_clocks(pool, start, clock).await;
    office
        .until("the alarm is raised", || async {
            telnyx.clock.advance(SignedDuration::from_secs(1));
            office.clock.advance(SignedDuration::from_secs(1));
            raised(&handle, "clock_skew") > 0
        })
        .await;
    for _ in 0..60 {
        telnyx.clock.advance(SignedDuration::from_secs(1));
        office.clock.advance(SignedDuration::from_secs(1));
        crate::office::glance().await;
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
    let clock = ManualClock::at(behind).telling_world_time();
    // Telnyx's clock shows the same as ours, so that only the database's differs.
    let (telnyx, office) = with_clocks(pool, behind, clock).await;
    office
        .until("the alarm is raised", || async {
            telnyx
                .clock
                .jump(telnyx.clock.now().duration_until(office.clock.now()));
            raised(&handle, "clock_skew") > 0
        })
        .await;
    let report = office.engine.clock_report();
    assert!(report.contains("behind the database"), "{report}");
}

/// The uptime stands still while a machine is suspended, and what was known of other clocks by uptime is wrong then.
#[sqlx::test]
async fn a_machine_that_was_suspended_raises_no_alarm_about_its_clock(pool: PgPool) {
    let recorder = metrics::recorder().unwrap();
    let _guard = ::metrics::set_default_local_recorder(&recorder);
    let handle = recorder.handle();
    let office = Office::open(pool).await;
    let _ = office.receive(Office::strange_order()).await;
    office.pass(SignedDuration::from_mins(1)).await;
    assert!(office.engine.clock_report().contains("Telnyx"));
    office.clock.jump(SignedDuration::from_hours(2));
    office.pass(SignedDuration::from_mins(1)).await;
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

async fn with_locked_numbers(pool: PgPool) -> Office {
    let office = Office::open(pool).await;
    fs::write(office.folder.path().join("locked.txt"), numbers(40)).unwrap();
    office.reload(&with_list()).await;
    office
}

#[sqlx::test]
async fn a_list_that_lost_too_many_entries_raises_one_alarm(pool: PgPool) {
    let recorder = metrics::recorder().unwrap();
    let (_guard, handle) = (
        ::metrics::set_default_local_recorder(&recorder),
        recorder.handle(),
    );
    let office = with_locked_numbers(pool).await;
    fs::write(office.folder.path().join("locked.txt"), numbers(4)).unwrap();
    for _ in 0..10 {
        office.clock.advance(SignedDuration::from_secs(1));
        let _ = office.engine.follow_rule_files().await;
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
    let office = with_locked_numbers(pool).await;
    let mut count = 40;
    let mut write_for = async |seconds: usize| {
        for _ in 0..seconds {
            count += 1;
            fs::write(office.folder.path().join("locked.txt"), numbers(count)).unwrap();
            office.clock.advance(SignedDuration::from_secs(1));
            let _ = office.engine.follow_rule_files().await;
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
    let office = Office::furnished(pool.clone(), silent(Furnishing::default())).await;
    sqlx::query("alter table orders add constraint no_poison check (carrier_name <> 'poison')")
        .execute(&pool)
        .await
        .unwrap();
    let odd = office
        .telnyx
        .open_order(Office::strange_order().unannounced().carrier_name("poison"));
    is_known(&office, &odd).await;
    until_raised(&office, &handle, "order_unreadable").await;
    let before = raised(&handle, "order_unreadable");

    // More than a page may hold, even alone.
    let note = json!("x".repeat(33 << 20));
    let _ = office
        .telnyx
        .open_order(Office::strange_order().unannounced().listed_as("note", note));
    office
        .until("the order that was passed over raises one too", || async {
            office.clock.advance(SignedDuration::from_secs(1));
            raised(&handle, "order_unreadable") > before
        })
        .await;
}
