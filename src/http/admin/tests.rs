//! Tests of the health pages of the admin listener.

mod calls;

use std::time::Duration;

use super::{Health, Readiness};
use crate::http::listener::Limits;
use crate::http::metrics as numbers;
use crate::http::testing::serve;
use crate::lifecycle::Lifecycle;

/// Health pages with this readiness and one metric.
fn health(readiness: &Readiness) -> Health {
    let recorder = numbers::recorder().unwrap();
    metrics::with_local_recorder(&recorder, || {
        metrics::counter!("portoutd_example_total").increment(3);
    });
    Health {
        readiness: readiness.clone(),
        metrics: recorder.handle(),
    }
}

#[tokio::test]
async fn the_service_is_ready_when_every_part_is() {
    let readiness = Readiness::default();
    let served = serve(health(&readiness).router(), Limits::default()).await;
    assert_eq!(served.get("/readyz").await.status, 503, "nothing is known yet");
    let database = readiness.part("database", "connecting");
    let rules = readiness.part("rules", "not read");
    database.ready();
    let answer = served.get("/readyz?verbose").await;
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.body,
        "database: ok\nrules: not ready, not read\nnot ready\n"
    );
    rules.ready();
    let answer = served.get("/readyz").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "ready\n"));
    rules.ready_with("7200.0 s behind Telnyx");
    let answer = served.get("/readyz?verbose").await;
    assert_eq!(answer.status, 200, "worth knowing, and ready all the same");
    assert!(answer.body.contains("rules: ok, 7200.0 s behind Telnyx\n"));
    database.not_yet("the connection is lost");
    assert_eq!(served.get("/readyz").await.body, "not ready\n");
    assert_eq!(served.get("/livez").await.status, 200, "alive all the same");
    served.stop().await;
}

fn with_a_ready_part() -> (Lifecycle, Readiness) {
    let lifecycle = Lifecycle::new();
    let readiness = Readiness::new(lifecycle.clone());
    readiness.part("database", "connecting").ready();
    assert!(readiness.is_ready());
    (lifecycle, readiness)
}

#[tokio::test]
async fn a_task_that_makes_no_progress_or_ended_and_a_stop_make_the_service_unready() {
    let (lifecycle, readiness) = with_a_ready_part();
    let stop = lifecycle.stop().clone();
    lifecycle.spawn("hangs", Duration::ZERO, |_| async move { stop.cancelled().await });
    let stalled = async {
        while readiness.is_ready() {
            tokio::task::yield_now().await;
        }
    };
    let noticed = tokio::time::timeout(Duration::from_mins(1), stalled).await;
    assert!(noticed.is_ok(), "the stall is noticed");
    let report = readiness.report();
    assert!(report.contains("task hangs: stalled"), "{report}");

    let (lifecycle, readiness) = with_a_ready_part();
    lifecycle.spawn("ends", Duration::from_mins(1), |_| async {});
    lifecycle.stop().cancelled().await;
    let report = readiness.report();
    assert!(report.contains("task ends: returned unexpectedly"), "{report}");
    assert!(!readiness.is_ready());

    let (lifecycle, readiness) = with_a_ready_part();
    lifecycle.stop().cancel();
    assert!(!readiness.is_ready());
}

#[tokio::test]
async fn metrics_are_rendered_for_prometheus() {
    let served = serve(health(&Readiness::default()).router(), Limits::default()).await;
    let answer = served.get("/metrics").await;
    assert!(
        answer.head.contains("content-type: text/plain; version=0.0.4"),
        "{}",
        answer.head
    );
    assert!(
        answer.body.contains("portoutd_example_total 3"),
        "{}",
        answer.body
    );
    served.stop().await;
}
