//! Tests of the public listener.

mod backpressure;
mod flood;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::PrometheusHandle;
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::state::Public;
use crate::clock::ManualClock;
use crate::engine::DecideWithin;
use crate::engine::intake::ingest::{Bounds, Ingest, IngestContext, UnparsableBodies};
use crate::http::listener::Limits;
use crate::http::metrics as numbers;
use crate::http::testing::{Answer, Served, Signature, request, serve};
use crate::lifecycle::Lifecycle;
use crate::telnyx::signature::PublicKey;

const PATH: &str = "/webhooks/telnyx";

/// The public listener over its own database.
struct Site {
    pool: PgPool,
    served: Served,
    signer: Signature,
    now: Timestamp,
    metrics: PrometheusHandle,
    ingest: Lifecycle,
    wake: Arc<Notify>,
}

impl Site {
    async fn open(pool: &PgPool) -> Self {
        Self::with(pool, Bounds::default(), Limits::default()).await
    }

    async fn with(pool: &PgPool, bounds: Bounds, limits: Limits) -> Self {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let recorder = numbers::recorder().unwrap();
        let lifecycle = Lifecycle::new();
        let wake = Arc::new(Notify::new());
        let means = IngestContext {
            pool: pool.clone(),
            pin_key: None,
            wake: Arc::clone(&wake),
            decide_within: DecideWithin::default(),
        };
        let signer = Signature::of_seed(7);
        let router: Router = metrics::with_local_recorder(&recorder, || {
            let ingest = Ingest::start(means, bounds, &lifecycle);
            let key = PublicKey::from_base64(&signer.public_key()).unwrap();
            let other = PublicKey::from_base64(&Signature::of_seed(8).public_key()).unwrap();
            let keys = [
                ("default".parse().unwrap(), key),
                ("second".parse().unwrap(), other),
            ];
            Public::new(keys, ingest, Arc::new(ManualClock::at(now)))
                .with_body_timeout(Duration::from_millis(200))
                .router()
        });
        let metrics = recorder.handle();
        let served = serve(router, limits).await;
        Self {
            pool: pool.clone(),
            served,
            signer,
            now,
            metrics,
            ingest: lifecycle,
            wake,
        }
    }

    fn signed(&self, body: &[u8]) -> Vec<u8> {
        request("POST", PATH, &self.signer.headers(self.now, body), body)
    }

    async fn post(&self, body: &[u8]) -> Answer {
        self.served.send(&self.signed(body)).await
    }

    /// Returns the stored events, as `(parsed, late, body)`.
    async fn kept(&self) -> Vec<(String, bool, Vec<u8>)> {
        sqlx::query_as("select parsed, late, body from events order by id")
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    async fn due(&self) -> i64 {
        let due = sqlx::query_scalar("select count(*) from orders where due_at = $1");
        due.bind(jiff_sqlx::Timestamp::from(self.now))
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    fn counted(&self, line: &str) -> bool {
        self.metrics.render().lines().any(|known| known == line)
    }

    async fn close(self) {
        self.served.stop().await;
        assert!(self.ingest.drain().await);
    }
}

fn pending(order: &str, event: &str) -> Vec<u8> {
    format!(
        r#"{{"data":{{"event_type":"portout.status_changed","id":"{event}","occurred_at":"2026-11-21T11:59:58Z","payload":{{"id":"{order}","status":"pending","phone_numbers":["+13125550123"],"spid":"073H"}},"record_type":"event"}}}}"#
    )
    .into_bytes()
}

#[sqlx::test]
async fn a_signed_webhook_is_kept_and_its_order_woken_before_it_is_answered(pool: PgPool) {
    let site = Site::open(&pool).await;
    let body = pending("order-1", "event-1");
    assert_eq!(site.post(&body).await.status, 200);
    assert_eq!(site.kept().await, [("port-out".to_owned(), false, body)]);
    assert_eq!(site.due().await, 1);
    timeout(Duration::from_secs(5), site.wake.notified())
        .await
        .expect("the engine is woken");
    assert!(
        site.counted(r#"portoutd_webhooks_total{outcome="new"} 1"#),
        "{}",
        site.metrics.render()
    );
    site.close().await;
}

#[sqlx::test]
async fn twenty_deliveries_at_once_are_kept_once_and_all_answered(pool: PgPool) {
    let site = Site::open(&pool).await;
    let request = site.signed(&pending("order-1", "event-1"));
    let answers = join_all((0..20).map(|_| site.served.send(&request))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(site.kept().await.len(), 1);
    assert!(site.counted(r#"portoutd_webhooks_total{outcome="known"} 19"#));
    site.close().await;
}

#[sqlx::test]
async fn nothing_unsigned_is_kept(pool: PgPool) {
    let site = Site::open(&pool).await;
    let body = pending("order-1", "event-1");
    let good = site.signer.headers(site.now, &body);
    let timestamp = good.lines().next().unwrap();
    for headers in [
        String::new(),
        format!("{timestamp}\r\n"),
        format!("{timestamp}\r\ntelnyx-signature-ed25519: not base64!\r\n"),
        format!("{timestamp}\r\ntelnyx-signature-ed25519: AAAA\r\n"),
        Signature::of_seed(8).headers(site.now, &body),
        site.signer.headers(site.now, b"other bytes"),
        good.replacen("telnyx-timestamp: 1", "telnyx-timestamp: 2", 1),
    ] {
        let answer = site.served.send(&request("POST", PATH, &headers, &body)).await;
        assert_eq!(answer.status, 401, "{headers}");
        assert!(
            answer
                .body
                .starts_with(r#"{"error":{"code":"bad-signature","message":""#),
            "{}",
            answer.body
        );
    }
    assert!(site.kept().await.is_empty());
    assert!(site.counted(r#"portoutd_webhooks_total{outcome="bad-signature"} 7"#));
    site.close().await;
}

#[sqlx::test]
async fn each_account_has_its_own_key(pool: PgPool) {
    let site = Site::open(&pool).await;
    let body = pending("order-1", "event-1");
    let second = Signature::of_seed(8).headers(site.now, &body);
    let to = |path: &str, headers: &str| request("POST", path, headers, &body);
    assert_eq!(
        site.served
            .send(&to("/webhooks/telnyx/second", &second))
            .await
            .status,
        200
    );
    assert_eq!(
        site.served
            .send(&to("/webhooks/telnyx/default", &second))
            .await
            .status,
        401
    );
    assert_eq!(
        site.served
            .send(&to("/webhooks/telnyx/third", &second))
            .await
            .status,
        404
    );
    assert_eq!(
        site.served
            .send(&to("/webhooks/telnyx/..%2Fdefault", &second))
            .await
            .status,
        404
    );
    let account: String = sqlx::query_scalar("select account from events")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(account, "second");
    assert!(site.counted(r#"portoutd_webhooks_total{outcome="unknown-account"} 2"#));
    site.close().await;
}

#[sqlx::test]
async fn a_path_for_an_unknown_account_is_not_logged(pool: PgPool) {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let site = Site::open(&pool).await;
    for _ in 0..2 {
        let path = "/webhooks/telnyx/471147?pin=471147";
        let answer = site.served.send(&request("POST", path, "", b"")).await;
        assert_eq!(answer.status, 404);
        assert!(!answer.body.contains("471147"), "{}", answer.body);
    }
    assert!(site.counted(r#"portoutd_webhooks_total{outcome="unknown-account"} 2"#));
    site.close().await;
    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert_eq!(
        logged
            .matches("the configured accounts are `default`, `second`.")
            .count(),
        1,
        "{logged}"
    );
    assert!(!logged.contains("471147"), "{logged}");
    assert!(logged.contains(r#""/webhooks/telnyx/{account}""#), "{logged}");
}

#[sqlx::test]
async fn a_body_over_64_kib_is_refused_whether_its_length_is_told_or_not(pool: PgPool) {
    let site = Site::open(&pool).await;
    let largest = vec![b' '; 64 * 1024];
    assert_eq!(site.post(&largest).await.status, 200);
    let larger = vec![b' '; 64 * 1024 + 1];
    assert_eq!(site.post(&larger).await.status, 413);
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: test\r\nconnection: close\r\ntransfer-encoding: chunked\r\n{}\r\n{:x}\r\n",
        site.signer.headers(site.now, &larger),
        larger.len(),
    );
    let chunked = [head.as_bytes(), &larger, b"\r\n0\r\n\r\n"].concat();
    assert_eq!(site.served.send(&chunked).await.status, 413);
    assert_eq!(site.kept().await.len(), 1);
    assert!(site.counted(r#"portoutd_webhooks_total{outcome="too-large"} 2"#));
    site.close().await;
}

#[sqlx::test]
async fn what_is_signed_is_kept_byte_for_byte_whatever_it_says(pool: PgPool) {
    let bounds = Bounds {
        unparsable_bodies: UnparsableBodies::Kept,
        ..Bounds::default()
    };
    let site = Site::with(&pool, bounds, Limits::default()).await;
    let bodies: [&[u8]; 7] = [
        b"garbage \xff\x00",
        b"",
        br#"{"data":{"event_type":"portout.new_comment","id":"\u0000","payload":{"comment":"\u0000"}}}"#,
        br#"{"data":{"event_type":"portout.\u0000","id":"e2","payload":{"comment":"\ud800"}}}"#,
        br#"{"data":{"event_type":"portout.new_comment","id":"e3","payload":{"comment":1e400000}}}"#,
        br#"{"data":{"event_type":"portout.new_comment","id":"e4","id":"e5","payload":{"a":1,"a":2}}}"#,
        br#"{"data":{"event_type":"porting_order.split","id":"e6","payload":{"from":{"id":"x"}}}}"#,
    ];
    for body in bodies {
        assert_eq!(
            site.post(body).await.status,
            200,
            "{}",
            String::from_utf8_lossy(body)
        );
    }
    let kept = site.kept().await;
    assert_eq!(
        kept.iter()
            .map(|(_, _, body)| body.as_slice())
            .collect::<Vec<_>>(),
        bodies
    );
    assert_eq!(kept[0].0, "unparsable");
    assert_eq!(kept[6].0, "porting-order");
    assert_eq!(
        site.due().await,
        0,
        "none of them names an order that could be read"
    );
    site.close().await;
}

#[sqlx::test]
async fn of_an_unparsable_body_a_digest_is_kept_unless_a_setting_asks_for_the_body(pool: PgPool) {
    let body = br#"{"attempted_pin":"471147", broken canary"#;
    let site = Site::open(&pool).await;
    for _ in 0..2 {
        assert_eq!(site.post(body).await.status, 200);
    }
    let kept = site.kept().await;
    assert_eq!(kept.len(), 1, "the second is known");
    let note = String::from_utf8(kept[0].2.clone()).unwrap();

    assert!(!note.contains("471147") && !note.contains("canary"), "{note}");
    assert!(note.starts_with(r#"{"unparsable":{"bytes":"#), "{note}");
    site.close().await;
    let bounds = Bounds {
        unparsable_bodies: UnparsableBodies::Kept,
        ..Bounds::default()
    };
    let site = Site::with(&pool, bounds, Limits::default()).await;
    assert_eq!(site.post(body).await.status, 200);
    let text = String::from_utf8(site.kept().await[1].2.clone()).unwrap();
    assert!(text.contains("canary") && !text.contains("471147"), "{text}");
    site.close().await;
}

#[sqlx::test]
async fn a_late_signature_is_still_a_hint(pool: PgPool) {
    let site = Site::open(&pool).await;
    let body = pending("order-1", "event-1");
    let signed_at = site.now - SignedDuration::from_secs(301);
    let late = request("POST", PATH, &site.signer.headers(signed_at, &body), &body);
    assert_eq!(site.served.send(&late).await.status, 200);
    assert_eq!(site.kept().await, [("port-out".to_owned(), true, body)]);
    assert_eq!(site.due().await, 1);
    site.close().await;
}

#[sqlx::test]
async fn other_methods_and_pages_are_told_apart(pool: PgPool) {
    let site = Site::open(&pool).await;
    assert_eq!(site.served.get(PATH).await.status, 405);
    assert_eq!(site.served.get("/").await.status, 404);
    assert_eq!(
        site.served.get("/metrics").await.status,
        404,
        "numbers are for the admin listener"
    );
    site.close().await;
}
