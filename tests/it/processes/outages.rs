//! A database that is silent, locked, held by a frozen process, read-only, or behind another password: nobody waits for
//! it without end, and the service goes on by itself.

use std::time::{Duration, Instant};

use portoutd::postgres::{Binaries, Cluster, DATABASE, Durability};
use rustix::process::Signal;
use sqlx::{ConnectOptions as _, PgPool};

use super::database::{Database, signed_webhook};
use super::network::Network;
use super::service::Service;
use super::site::{Site, clean_order};
use super::{soon, within};
use crate::test_service::short_pause;

/// How soon work has to go on after the network does.
const GOES_ON: Duration = Duration::from_mins(1);

/// A claim whose answer was lost on the way ends by the database's clock.
const LOST_CLAIM: Duration = Duration::from_mins(2);

/// The answer to a webhook comes within 1.5 seconds; the rest is for a machine that does much else.
const ANSWERED: Duration = Duration::from_secs(4);

#[sqlx::test]
async fn after_a_silent_network_to_postgres_work_goes_on_and_a_new_start_is_ready_soon(pool: PgPool) {
    let mut site = Site::new(pool).await;
    let network = Network::in_front_of(&site.pool).await;
    site.set("DATABASE_URL", network.url());
    site.set("PORTOUTD__TELNYX__POLL_INTERVAL", "5s");
    let mut service = ready(&site).await;
    let signed = signed_webhook(&site).await;
    let hook = format!("http://{}/webhooks/telnyx", service.public.as_ref().unwrap());
    site.telnyx.post_to(&hook).await;

    let mut orders = open_orders(&site, 110..115).await;
    network.swallow();
    orders.extend(open_orders(&site, 115..120).await);
    let since = Instant::now();
    let answer = signed.post(&hook).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert!(since.elapsed() < ANSWERED, "{:?}", since.elapsed());
    soon("it is not ready", async || service.says("/readyz", 503).await).await;
    assert!(service.says("/livez", 200).await);

    network.carry();
    let new = open_orders(&site, 120..122).await;
    within(GOES_ON, "new orders are answered", async || {
        all_are_authorized(&site, &new).await
    })
    .await;
    soon("it is ready again", async || service.says("/readyz", 200).await).await;
    within(LOST_CLAIM, "every order is answered", async || {
        all_are_authorized(&site, &orders).await
    })
    .await;

    open_orders(&site, 122..125).await;
    network.swallow();
    service.program.kill();
    network.carry();
    within(Duration::from_secs(30), "a new start is ready", async || {
        let restarted = site.serve().await;
        while !restarted.says("/readyz", 200).await {
            short_pause().await;
        }
        true
    })
    .await;
}

#[sqlx::test]
async fn while_a_table_is_locked_webhooks_are_answered_in_time_and_readiness_says_so(pool: PgPool) {
    let site = Site::bare(pool).await;
    let service = ready(&site).await;
    let signed = signed_webhook(&site).await;
    let hook = format!("http://{}/webhooks/telnyx", service.public.as_ref().unwrap());

    let mut lock = site.pool.begin().await.unwrap();
    sqlx::query("lock table events in access exclusive mode")
        .execute(&mut *lock)
        .await
        .unwrap();
    for _ in 0..3 {
        let since = Instant::now();
        assert_eq!(signed.post(&hook).await.status(), 503);
        assert!(since.elapsed() < ANSWERED, "{:?}", since.elapsed());
    }
    soon("readiness names the lock", async || {
        not_ready_because(&service, "a lock is held").await
    })
    .await;
    lock.rollback().await.unwrap();
    soon("it is ready again", async || service.says("/readyz", 200).await).await;
    soon("the webhook is kept", async || {
        signed.post(&hook).await.status() == 200
    })
    .await;
}

#[sqlx::test]
async fn a_process_frozen_with_the_head_of_the_chain_does_not_stop_the_others(pool: PgPool) {
    let mut site = Site::new(pool).await;
    site.set("PORTOUTD__TELNYX__POLL_INTERVAL", "5s");
    let frozen = ready(&site).await;
    freeze_with_the_head_of_the_chain(&site, &frozen).await;

    site.set("PORTOUTD__HTTP__PUBLIC_LISTEN", "127.0.0.1:0");
    site.set("PORTOUTD__HTTP__ADMIN_LISTEN", "127.0.0.1:0");
    let other = ready(&site).await;
    site.telnyx
        .post_to(&format!(
            "http://{}/webhooks/telnyx",
            other.public.as_ref().unwrap()
        ))
        .await;
    let orders = open_orders(&site, 111..113).await;
    within(GOES_ON, "the other decides and answers", async || {
        all_are_authorized(&site, &orders).await
    })
    .await;
}

/// Stops the service while its transaction holds the head of the chain. Its statement waits for a lock for two seconds at
/// most, so on a busy machine it may have given up before it was stopped: then another order is opened.
async fn freeze_with_the_head_of_the_chain(site: &Site, service: &Service) {
    for number in 100..110 {
        let mut lock = site.pool.begin().await.unwrap();
        sqlx::query("lock table decisions in share row exclusive mode")
            .execute(&mut *lock)
            .await
            .unwrap();
        open_orders(site, number..number + 1).await;
        soon(
            "a decision waits, with the head of the chain locked",
            async || site.count(DECISION_WAITS).await > 0,
        )
        .await;
        service.program.signal(Signal::STOP);
        lock.rollback().await.unwrap();
        for _ in 0..50 {
            if site.count(HEAD_IS_HELD).await > 0 {
                return;
            }
            short_pause().await;
        }
        service.program.signal(Signal::CONT);
    }
    panic!("the service never held the head of the chain");
}

const DECISION_WAITS: &str = "select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query like '%insert_decision%'";

const HEAD_IS_HELD: &str = "select count(*) from pg_stat_activity
    where datname = current_database() and state = 'idle in transaction' and query like '%insert_decision%'";

#[sqlx::test]
async fn sessions_that_a_failover_left_read_only_are_replaced(pool: PgPool) {
    let mut site = Site::new(pool).await;
    site.set("PORTOUTD__TELNYX__POLL_INTERVAL", "5s");
    let service = ready(&site).await;
    let signed = signed_webhook(&site).await;
    let hook = format!("http://{}/webhooks/telnyx", service.public.as_ref().unwrap());
    site.telnyx.post_to(&hook).await;

    let database = Database::of(&site).await;
    // Sessions that begin now are read-only for as long as they last; those that begin later are not.
    database.alter("set default_transaction_read_only = on").await;
    database.end_sessions().await;
    soon("readiness names it", async || {
        not_ready_because(&service, "Postgres is read-only").await
    })
    .await;
    assert_eq!(signed.post(&hook).await.status(), 503);
    database.alter("reset default_transaction_read_only").await;

    soon("it is ready again", async || service.says("/readyz", 200).await).await;
    soon("webhooks are kept again", async || {
        signed.post(&hook).await.status() == 200
    })
    .await;
    let orders = open_orders(&site, 110..112).await;
    within(GOES_ON, "orders are answered again", async || {
        all_are_authorized(&site, &orders).await
    })
    .await;
}

#[tokio::test]
async fn a_password_that_was_rotated_is_read_again_from_its_file() {
    let cluster = Cluster::start(&Binaries::find().unwrap(), Durability::Fast).unwrap();
    let pool = PgPool::connect(&cluster.url(DATABASE)).await.unwrap();
    let run = async |statement: &'static str| {
        sqlx::raw_sql(statement).execute(&pool).await.unwrap();
    };
    let access = cluster.directory().join("data/pg_hba.conf");
    let trusting = std::fs::read_to_string(&access).unwrap();
    std::fs::write(&access, format!("local all app scram-sha-256\n{trusting}")).unwrap();
    run("create role app login superuser password 'first-secret'; select pg_reload_conf()").await;
    let mut site = Site::bare(pool.clone()).await;
    let url = |password: &str| {
        let url = cluster.url(DATABASE);
        url.replace("postgres@", &format!("app:{password}@"))
    };
    site.unset("DATABASE_URL");
    site.set("DATABASE_URL_FILE", "database-url");
    site.write("database-url", &url("first-secret"));
    let mut service = ready(&site).await;

    // Committed first, so that no session can log in again with the old password.
    run("alter role app password 'second-secret'").await;
    run("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'").await;
    soon("readiness says that the password is refused", async || {
        not_ready_because(&service, "password refused").await
    })
    .await;
    site.write("database-url", &url("second-secret"));
    soon("it is ready again", async || service.says("/readyz", 200).await).await;
    assert!(service.program.runs());
    let log = service.program.log();
    assert!(log.contains("password refused"), "{log}");
    assert!(!log.contains("-secret"), "a password in the log: {log}");
}

#[sqlx::test]
async fn a_rotated_url_that_names_another_database_is_refused(pool: PgPool) {
    let mut site = Site::bare(pool).await;
    let url = site.setting("DATABASE_URL").to_owned();
    let mut elsewhere = site.pool.connect_options().to_url_lossy();
    elsewhere.set_path("/postgres");
    site.unset("DATABASE_URL");
    site.set("DATABASE_URL_FILE", "database-url");
    site.write("database-url", &url);
    let service = ready(&site).await;
    site.write("database-url", elsewhere.as_str());
    service.program.signal(Signal::HUP);
    soon("the service refuses the other database", async || {
        service
            .program
            .logged("DATABASE_URL now names another database")
            .is_some()
    })
    .await;
    // New connections still go where the service started.
    let database = Database::of(&site).await;
    database.end_sessions().await;
    soon("it has logged in again", async || {
        site.count(SESSIONS_HERE).await > 0 && service.says("/readyz", 200).await
    })
    .await;
    assert_eq!(site.count(SESSIONS_ELSEWHERE).await, 0);
    assert!(service.program.logged("Using a new user or password").is_none());
}

const SESSIONS_HERE: &str = "select count(*) from pg_stat_activity
    where datname = current_database() and application_name = 'portoutd'";

const SESSIONS_ELSEWHERE: &str = "select count(*) from pg_stat_activity
    where datname = 'postgres' and application_name = 'portoutd'";

#[tokio::test]
async fn a_refused_password_at_the_start_is_69_so_that_the_supervisor_tries_again() {
    let cluster = Cluster::start(&Binaries::find().unwrap(), Durability::Fast).unwrap();
    let pool = PgPool::connect(&cluster.url(DATABASE)).await.unwrap();
    let access = cluster.directory().join("data/pg_hba.conf");
    std::fs::write(&access, "local all postgres trust\nlocal all all scram-sha-256\n").unwrap();
    let prepare = "create role app login password 'right'; select pg_reload_conf()";
    sqlx::raw_sql(prepare).execute(&pool).await.unwrap();
    let mut site = Site::bare(pool).await;
    let url = cluster.url(DATABASE).replace("postgres@", "app:wrong-secret@");
    site.set("DATABASE_URL", &url);
    let ended = site.run(&["serve"]).await;
    ended.assert(69, &["password refused", "DATABASE_URL"]);
    assert!(
        !ended.log.contains("wrong-secret"),
        "a password in the log: {ended}"
    );
}

#[sqlx::test]
async fn an_api_key_that_was_rotated_is_read_again_from_its_file(pool: PgPool) {
    let mut site = Site::bare(pool).await;
    let key = site.setting("TELNYX_API_KEY").to_owned();
    site.unset("TELNYX_API_KEY");
    site.set("TELNYX_API_KEY_FILE", "api-key");
    site.set("PORTOUTD__TELNYX__POLL_INTERVAL", "5s");
    site.write("api-key", "KEY-THAT-WAS-REVOKED");
    let service = ready(&site).await;
    soon("Telnyx refuses the key", async || {
        metrics(&service)
            .await
            .contains("portoutd_polls_total{outcome=\"failed\"}")
    })
    .await;
    site.write("api-key", &key);
    soon("Telnyx is polled with the new key", async || {
        metrics(&service)
            .await
            .contains("portoutd_polls_total{outcome=\"ok\"}")
    })
    .await;
    assert!(!service.program.log().contains(&key), "a key in the log");
}

#[sqlx::test]
async fn sighup_has_the_secrets_read_again(pool: PgPool) {
    let mut site = Site::bare(pool).await;
    let key = site.setting("TELNYX_API_KEY").to_owned();
    site.unset("TELNYX_API_KEY");
    site.set("TELNYX_API_KEY_FILE", "api-key");
    site.write("api-key", &key);
    let service = ready(&site).await;
    site.write("api-key", "KEY-OF-TOMORROW");
    service.program.signal(Signal::HUP);
    soon("the new key is used", async || {
        service.program.logged("Using a new API key").is_some()
    })
    .await;
}

async fn ready(site: &Site) -> Service {
    let service = site.serve().await;
    soon("the service is ready", async || {
        service.says("/readyz", 200).await
    })
    .await;
    service
}

async fn not_ready_because(service: &Service, reason: &str) -> bool {
    let said = service.get("/readyz?verbose").await;
    said.is_some_and(|(status, said)| status == 503 && said.contains(reason))
}

async fn metrics(service: &Service) -> String {
    service
        .get("/metrics")
        .await
        .map_or_else(String::new, |(_, text)| text)
}

/// Opens an order for each of these numbers, ten a second.
async fn open_orders(site: &Site, numbers: std::ops::Range<u32>) -> Vec<String> {
    let mut orders = Vec::new();
    for number in numbers {
        let mut order = clean_order();
        order["numbers"] = vec![format!("+13125550{number}")].into();
        orders.push(site.telnyx.open(order).await);
        for _ in 0..10 {
            short_pause().await;
        }
    }
    orders
}

async fn all_are_authorized(site: &Site, orders: &[String]) -> bool {
    for order in orders {
        if site.telnyx.status(order).await != "authorized" {
            return false;
        }
    }
    true
}
