//! How the service ends, and what the next one makes of it.

use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use sqlx::{Connection, PgConnection, PgPool};

use super::killing::expire_leases;
use super::program::{Program, portoutd};
use super::service::Service;
use super::site::{Site, clean_order};
use super::{soon, within};
use crate::test_service::{RULES, short_pause};

/// What a stop may take.
const DRAINED: Duration = Duration::from_secs(10);

#[sqlx::test]
async fn an_answer_cut_off_by_sigterm_is_unknown_after_the_restart_and_read_before_all(pool: PgPool) {
    let mut site = Site::new(pool).await;
    site.set("PORTOUTD__TELNYX__TIMEOUT", "60s");
    let service = site.serve().await;
    site.telnyx.fault("update-status=applied-then-timeout").await;
    let order = site.telnyx.open(clean_order()).await;
    soon("the answer is under way", async || {
        site.telnyx.sent(&order).await.len() == 1
    })
    .await;

    stop(service).await;
    let open = "select count(*) from attempts where ended_at is null";
    assert_eq!(site.count(open).await, 1, "nobody could say how it ended");
    let before = site.telnyx.requests().await.len();

    expire_leases(&site).await;
    let _service = site.serve().await;
    soon("the answer is verified", async || {
        site.count("select count(*) from episodes where state = 'answered'")
            .await
            == 1
    })
    .await;
    let decision = site.decision(&order).await;
    assert_eq!(decision["answer"]["state"], "confirmed");
    assert_eq!(
        decision["answer"]["attempts"][0]["outcome"], "unknown",
        "{decision:#}"
    );
    let requests = site.telnyx.requests().await;
    let after = requests.iter().skip(before);
    let about: Vec<&Value> = after
        .filter(|one| one["path"].as_str().unwrap().contains(&order))
        .collect();
    assert_eq!(about[0]["call"], "get-order");
    assert_eq!(site.telnyx.sent(&order).await, ["authorized"], "not sent twice");
}

#[sqlx::test]
async fn sigterm_ends_the_service_in_time_although_the_database_and_a_disk_hang(pool: PgPool) {
    let site = Site::new(pool).await;
    let service = site.serve().await;
    // Whoever would open this pipe would wait for somebody to write into it.
    std::fs::remove_file(site.path("rules.toml")).unwrap();
    let made = Command::new("mkfifo")
        .arg(site.path("rules.toml"))
        .status()
        .unwrap();
    assert!(made.success());
    service.program.signal(Signal::HUP);
    let mut other = PgConnection::connect_with(&site.pool.connect_options())
        .await
        .unwrap();
    let mut lock = other.begin().await.unwrap();
    sqlx::query("lock table orders in access exclusive mode")
        .execute(&mut *lock)
        .await
        .unwrap();
    soon("the service waits for the lock", async || {
        site.count(WAITING).await > 0
    })
    .await;
    let since = Instant::now();
    service.program.signal(Signal::TERM);
    let ended = service.program.ended().await;
    ended.assert(0, &["Stopping: no new work starts"]);
    assert!(since.elapsed() <= DRAINED, "{:?}", since.elapsed());
    lock.rollback().await.unwrap();
}

const WAITING: &str = "select count(*) from pg_stat_activity
    where datname = current_database() and application_name = 'portoutd' and wait_event_type = 'Lock'";

/// SIGTERM, and the end with exit code 0 in time.
async fn stop(service: Service) {
    let since = Instant::now();
    service.program.signal(Signal::TERM);
    let ended = service.program.ended().await;
    let took = since.elapsed();
    ended.assert(0, &["Stopping: no new work starts", "did not end in time"]);
    assert!(took <= DRAINED, "{took:?}");
}

#[sqlx::test]
async fn an_idle_service_ends_at_once(pool: PgPool) {
    for signal in [Signal::TERM, Signal::INT] {
        let site = Site::bare(pool.clone()).await;
        let service = site.serve().await;
        let since = Instant::now();
        service.program.signal(signal);
        service.program.ended().await.assert(0, &["\"Stopped\""]);
        assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
    }
}

/// What the log says when every task has ended in time.
const ALL_DRAINED: &str = "\"drained\":true";

#[sqlx::test]
async fn a_stop_at_any_moment_of_the_start_is_a_drained_end(pool: PgPool) {
    let site = Site::bare(pool).await;
    for (glances, signal) in (0..10).zip([Signal::TERM, Signal::INT].into_iter().cycle()) {
        let service = Service::listening(site.start(&["serve"])).await;
        for _ in 0..glances {
            short_pause().await;
        }
        service.program.signal(signal);
        let ended = service.program.ended().await;
        ended.assert(0, &["Stopping: no new work starts", ALL_DRAINED]);
    }
}

#[tokio::test]
async fn a_stop_of_the_simulator_and_the_demo_as_soon_as_they_say_anything_is_a_clean_end() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut command = portoutd();
        command.args(["simulate", "--listen", "127.0.0.1:0"]);
        let simulator = Program::start(command);
        soon("it announces itself", async || !simulator.out().is_empty()).await;
        simulator.signal(signal);
        simulator.ended().await.assert(0, &[]);

        let mut command = portoutd();
        command.arg("demo");
        let demo = Program::start(command);
        soon("it says what it starts", async || !demo.log().is_empty()).await;
        demo.signal(signal);
        let ended = demo.ended().await;
        ended.assert(0, &["Everything the demo created is removed"]);
    }
}

/// A reload waits up to ten seconds for files that are still being written.
#[sqlx::test]
async fn a_stop_during_a_reload_that_waits_for_a_file_is_a_drained_end(pool: PgPool) {
    let site = Site::new(pool).await;
    for by_command in [None, Some(["reload"])] {
        site.write("rules.toml", RULES);
        let mut service = site.serve().await;
        let mut written = 0;
        let mut write = async || {
            written += 1;
            site.write("rules.toml", &format!("{RULES}\n# {written}\n"));
            short_pause().await;
        };
        write().await;
        let reload = by_command.map(|arguments| site.start(&arguments));
        if reload.is_none() {
            service.program.signal(Signal::HUP);
        }
        for _ in 0..100 {
            write().await;
        }
        service.program.signal(Signal::TERM);
        within(DRAINED, "the service ends", async || {
            write().await;
            !service.program.runs()
        })
        .await;
        service.program.ended().await.assert(0, &[ALL_DRAINED]);
    }
}
