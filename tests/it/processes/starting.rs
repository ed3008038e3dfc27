//! A start that has to wait for the database: the listeners answer meanwhile, and the service takes them over.

use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use rustix::process::Signal;
use sqlx::PgPool;

use super::database::signed_webhook;
use super::network::Network;
use super::service::Service;
use super::site::Site;
use super::stand_in::http_client;
use super::within;

/// The answer to a webhook comes within 1.5 seconds; the rest is for a machine that does much else.
const ANSWERED: Duration = Duration::from_secs(4);

/// How soon the start is complete once the database answers.
const READY: Duration = Duration::from_secs(30);

#[sqlx::test]
async fn a_start_that_waits_for_the_database_answers_and_goes_on_on_the_same_sockets(pool: PgPool) {
    let mut site = Site::new(pool).await;
    let network = Network::in_front_of(&site.pool).await;
    let signed = signed_webhook(&site).await;
    site.set("DATABASE_URL", network.url());
    network.swallow();

    let service = Service::listening(site.start(&["serve"])).await;
    let hook = format!("http://{}/webhooks/telnyx", service.public.as_ref().unwrap());
    let since = Instant::now();
    let answer = signed.post(&hook).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert!(answer.text().await.unwrap().contains("the service is starting"));
    assert!(since.elapsed() < ANSWERED, "{:?}", since.elapsed());
    assert!(service.says("/livez", 200).await);
    let (status, report) = service.get("/readyz?verbose").await.unwrap();
    assert_eq!(status, 503);
    assert!(
        report.contains("start: not ready, connecting to the database\n"),
        "{report}"
    );
    let (_, metrics) = service.get("/metrics").await.unwrap();
    assert!(
        metrics.contains("portoutd_webhooks_total{outcome=\"starting\"} 1"),
        "{metrics}"
    );
    let reload = http_client().post(format!("http://{}/reload", service.admin));
    let refused = reload.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key("retry-after"));
    let refused = refused.text().await.unwrap();
    assert!(
        refused.contains("starting: connecting to the database"),
        "{refused}"
    );
    assert!(
        service.program.logged("portoutd is running").is_none(),
        "it cannot run yet"
    );

    network.carry();
    within(READY, "the service is ready", async || {
        service.says("/readyz", 200).await
    })
    .await;
    for _ in 0..2 {
        assert_eq!(signed.post(&hook).await.status(), 200);
    }
    // Polling may have found the same event first.
    let stored: i64 = sqlx::query_scalar("select count(*) from events where event_id = $1")
        .bind(signed.event_id())
        .fetch_one(&site.pool)
        .await
        .unwrap();
    assert_eq!(stored, 1, "sent again and again, recorded once");
}

#[sqlx::test]
async fn a_start_whose_sessions_have_weaker_limits_says_which(pool: PgPool) {
    let mut site = Site::bare(pool).await;
    let service = site.serve().await;
    assert!(
        service.program.logged("weaker time limit").is_none(),
        "the limits are in effect"
    );
    drop(service);
    let options = "-c%20statement_timeout%3D0%20-c%20deadlock_timeout%3D5s";
    let url = format!("{}&options={options}", site.setting("DATABASE_URL"));
    site.set("DATABASE_URL", &url);
    let service = site.serve().await;
    let lines = service.program.log_lines();
    let weak = lines
        .iter()
        .filter(|line| line["message"].as_str().unwrap().contains("weaker time limit"));
    let weak: Vec<_> = weak
        .map(|line| (&line["limit"], &line["in_effect"], &line["wanted"]))
        .collect();
    assert_eq!(
        weak,
        [(&"statement_timeout".into(), &"none".into(), &"5s".into())]
    );
}

#[sqlx::test]
async fn sigterm_ends_a_start_that_waits_for_the_database_and_sighup_does_not(pool: PgPool) {
    let mut site = Site::bare(pool).await;
    let network = Network::in_front_of(&site.pool).await;
    site.set("DATABASE_URL", network.url());
    network.swallow();
    let path = site.path("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_nonblocking(true).unwrap();

    let program = site.start_with(&["serve"], &[("NOTIFY_SOCKET", &path)]);
    let service = Service::listening(program).await;
    service.program.signal(Signal::HUP);
    assert!(service.says("/livez", 200).await);
    let since = Instant::now();
    service.program.signal(Signal::TERM);
    service.program.ended().await.assert(0, &["\"Stopped\""]);
    assert!(since.elapsed() < Duration::from_secs(8), "{:?}", since.elapsed());
    let told = manager.recv(&mut [0; 64]);
    assert!(
        told.is_err(),
        "the service manager was told of a service that never was ready"
    );
}
