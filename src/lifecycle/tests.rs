//! Tests of the lifecycle.

use std::time::Duration;

use super::{Lifecycle, TaskEnded};

const PATIENT: Duration = Duration::from_mins(1);

async fn failure_of(lifecycle: &Lifecycle) -> TaskEnded {
    tokio::time::timeout(PATIENT, lifecycle.stop().cancelled())
        .await
        .expect("the service stops");
    assert!(lifecycle.drain().await, "every other task ends");
    lifecycle.failure().expect("a task ended on its own")
}

fn with_a_good_task() -> Lifecycle {
    let lifecycle = Lifecycle::new();
    let stop = lifecycle.stop().clone();
    lifecycle.spawn("good", PATIENT, |_| async move { stop.cancelled().await });
    lifecycle
}

#[tokio::test]
async fn a_task_that_panics_stops_the_service_and_is_named() {
    let lifecycle = with_a_good_task();
    lifecycle.spawn("bad", PATIENT, |_| async { panic!("a bug in row {}", 7) });
    let failure = failure_of(&lifecycle).await;
    assert_eq!(
        failure.to_string(),
        "the task `bad` panicked (a bug in row 7), so the service stops and has to be restarted"
    );
    let states = lifecycle.states();
    assert!(states[0].is_healthy() && !states[1].is_healthy(), "{states:?}");
}

#[tokio::test]
async fn a_task_that_returns_early_or_is_aborted_stops_the_service() {
    let lifecycle = with_a_good_task();
    lifecycle.spawn("short", PATIENT, |_| async {});
    assert_eq!(failure_of(&lifecycle).await.end, "returned unexpectedly");
    let lifecycle = with_a_good_task();
    lifecycle.kill("good");
    assert_eq!(failure_of(&lifecycle).await.end, "was aborted");
}

#[tokio::test]
async fn tasks_that_end_after_a_stop_are_no_failure() {
    let lifecycle = with_a_good_task();
    assert!(lifecycle.drain().await);
    assert_eq!(lifecycle.failure(), None);
}

#[tokio::test]
async fn a_task_that_makes_no_progress_is_stalled_and_one_that_waits_is_not() {
    let lifecycle = Lifecycle::new();
    let stop = lifecycle.stop();
    let (waits, hangs) = (stop.clone(), stop.clone());
    lifecycle.spawn("waits", Duration::from_secs(5), |heartbeat| async move {
        heartbeat.while_waiting(waits.cancelled()).await;
    });
    lifecycle.spawn(
        "hangs",
        Duration::ZERO,
        |_| async move { hangs.cancelled().await },
    );
    let stalled = async {
        while !lifecycle.states()[1].is_stalled {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENT, stalled).await.expect("noticed");
    let states = lifecycle.states();
    assert!(states[0].is_healthy(), "{states:?}");
    assert_eq!(states[1].to_string(), "stalled, no progress for 0 s");
    assert!(lifecycle.drain().await);
}
