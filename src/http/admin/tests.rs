use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio_util::task::TaskTracker;

use super::state::Admin;
use super::{ApproveAnswer, Asking, Desk, Readiness, ReloadAnswer};
use crate::http::listener::Limits;
use crate::http::metrics as numbers;
use crate::http::testing::{Answer, Served, request, serve};
use crate::lifecycle::Lifecycle;

async fn admin(readiness: &Readiness, answer: ReloadAnswer) -> (Served, Arc<Mutex<Vec<Asking>>>) {
    answering(readiness, answer, ApproveAnswer::Failed).await
}

async fn answering(
    readiness: &Readiness,
    reloaded: ReloadAnswer,
    approved: ApproveAnswer,
) -> (Served, Arc<Mutex<Vec<Asking>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (reloads, approvals) = (Arc::clone(&seen), Arc::clone(&seen));
    let rules = Desk::new(
        move |asking| {
            reloads.lock().unwrap().push(asking);
            std::future::ready(reloaded.clone())
        },
        move |asking| {
            approvals.lock().unwrap().push(asking);
            std::future::ready(approved.clone())
        },
    );
    let recorder = numbers::recorder().unwrap();
    metrics::with_local_recorder(&recorder, || {
        metrics::counter!("portoutd_example_total").increment(3);
    });
    let admin = Admin {
        readiness: readiness.clone(),
        metrics: recorder.handle(),
        rules,
        tracker: TaskTracker::new(),
    };
    (serve(admin.router(), Limits::default()).await, seen)
}

async fn reload(served: &Served, headers: &str) -> Answer {
    served.send(&request("POST", "/reload", headers, b"")).await
}

fn parsed(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test]
async fn the_service_is_ready_when_every_part_is() {
    let readiness = Readiness::default();
    let (served, _) = admin(&readiness, ReloadAnswer::Failed).await;
    assert_eq!(served.get("/readyz").await.status, 503, "nothing is known yet");
    let database = readiness.part("database", "connecting");
    let rules = readiness.part("rules", "not read");
    database.ready();
    let answer = served.get("/readyz?verbose").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.body, "database: ok\nrules: not yet, not read\nnot ready\n");
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
    let (served, _) = admin(&Readiness::default(), ReloadAnswer::Failed).await;
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

#[tokio::test]
async fn a_reload_needs_a_bearer_token_and_tells_how_it_ended() {
    let in_force = ReloadAnswer::InForce {
        rule_set: "abc".to_owned(),
        findings: vec![json!("careful")],
    };
    let (served, seen) = admin(&Readiness::default(), in_force).await;
    for headers in [
        "",
        "authorization: Basic dG9rZW4=\r\n",
        "authorization: Bearer \r\n",
    ] {
        assert_eq!(reload(&served, headers).await.status, 401, "{headers}");
    }
    assert!(seen.lock().unwrap().is_empty());
    let answer = reload(&served, "authorization: bearer token-1\r\n").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        parsed(&answer),
        json!({"ok": true, "rule_set": "abc", "findings": ["careful"]})
    );
    let asked = Asking {
        token: "token-1".to_owned(),
        rule_set: None,
        because: None,
        accept_shrunk_lists: false,
    };
    assert_eq!(*seen.lock().unwrap(), [asked]);
    assert_eq!(served.get("/reload").await.status, 405);
    served.stop().await;
}

#[tokio::test]
async fn a_refused_reload_says_which_rules_stay() {
    let refused = ReloadAnswer::Refused {
        rule_set: "old".to_owned(),
        findings: vec![json!({"code": "R012"})],
    };
    let (served, _) = admin(&Readiness::default(), refused).await;
    let answer = reload(&served, "authorization: Bearer t\r\n").await;
    assert_eq!(answer.status, 422);
    assert_eq!(
        parsed(&answer),
        json!({"ok": false, "rule_set": "old", "findings": [{"code": "R012"}]})
    );
    served.stop().await;
}

#[tokio::test]
async fn an_unknown_token_and_a_failure_are_told_apart() {
    let (served, _) = admin(&Readiness::default(), ReloadAnswer::WrongToken).await;
    let answer = reload(&served, "authorization: Bearer t\r\n").await;
    assert_eq!(answer.status, 401);
    assert!(
        answer.head.contains("www-authenticate: bearer"),
        "{}",
        answer.head
    );
    served.stop().await;
    let (served, _) = admin(&Readiness::default(), ReloadAnswer::Failed).await;
    assert_eq!(reload(&served, "authorization: Bearer t\r\n").await.status, 503);
    served.stop().await;
}

#[tokio::test]
async fn a_reason_is_handed_on_and_one_that_says_nothing_is_refused() {
    let in_force = ReloadAnswer::InForce {
        rule_set: "abc".to_owned(),
        findings: Vec::new(),
    };
    let (served, seen) = admin(&Readiness::default(), in_force).await;
    let send = async |body: &str| {
        let headers = "authorization: Bearer t\r\n";
        served
            .send(&request("POST", "/reload", headers, body.as_bytes()))
            .await
    };
    for (body, told) in [
        ("{\"because\": \"  \"}", "`because` is empty"),
        ("{\"because\": \"a\\u0000b\"}", "`because` is empty"),
        ("{\"becuase\": \"x\"}", "unknown field `becuase`"),
        ("because", "not a JSON object"),
    ] {
        let answer = send(body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.body.contains(told), "{body}: {}", answer.body);
    }
    assert!(seen.lock().unwrap().is_empty());
    assert_eq!(send("{\"because\": \"T-17\"}").await.status, 200);
    assert_eq!(seen.lock().unwrap()[0].because.as_deref(), Some("T-17"));
    assert_eq!(send("{\"accept_shrunk_lists\": true}").await.status, 200);
    let accepts = |at: usize| seen.lock().unwrap()[at].accept_shrunk_lists;
    assert_eq!([accepts(0), accepts(1)], [false, true]);
    served.stop().await;
}

#[tokio::test]
async fn rules_that_wait_for_a_second_person_are_accepted_and_not_in_force() {
    let proposed = ReloadAnswer::Proposed {
        rule_set: "old".to_owned(),
        proposed: "new".to_owned(),
        by: "ann".to_owned(),
    };
    let (served, _) = admin(&Readiness::default(), proposed).await;
    let answer = reload(&served, "authorization: Bearer t\r\n").await;
    assert_eq!(answer.status, 202);
    assert_eq!(
        parsed(&answer),
        json!({"ok": true, "rule_set": "old", "proposed": "new", "proposed_by": "ann"})
    );
    served.stop().await;
}

#[tokio::test]
async fn an_approval_names_its_rule_set_and_tells_how_it_ended() {
    let headers = "authorization: Bearer t\r\n";
    for (approved, status, told) in [
        (
            ApproveAnswer::InForce {
                rule_set: "new".to_owned(),
            },
            200,
            json!({"ok": true, "rule_set": "new"}),
        ),
        (
            ApproveAnswer::Refused {
                rule_set: "old".to_owned(),
                why: "ann proposed it".to_owned(),
            },
            409,
            json!({"ok": false, "rule_set": "old", "why": "ann proposed it"}),
        ),
    ] {
        let (served, seen) = answering(&Readiness::default(), ReloadAnswer::Failed, approved).await;
        let send = async |body: &[u8]| {
            served
                .send(&request("POST", "/rules/approve", headers, body))
                .await
        };
        assert_eq!(send(b"").await.status, 400, "no rule set is named");
        let answer = send(b"{\"rule_set\": \"new\", \"because\": \"read\"}").await;
        assert_eq!((answer.status, parsed(&answer)), (status, told));
        let asked = seen.lock().unwrap().pop().unwrap();
        assert_eq!(
            (asked.rule_set.as_deref(), asked.because.as_deref()),
            (Some("new"), Some("read"))
        );
        served.stop().await;
    }
}

#[tokio::test]
async fn health_is_answered_beside_silent_sockets_and_reloads_that_never_end() {
    let readiness = Readiness::default();
    readiness.part("database", "connecting").ready();
    let rules = Desk::new(
        |_| std::future::pending::<ReloadAnswer>(),
        |_| std::future::pending::<ApproveAnswer>(),
    );
    let recorder = numbers::recorder().unwrap();
    let admin = Admin {
        readiness,
        metrics: recorder.handle(),
        rules,
        tracker: TaskTracker::new(),
    };
    let limits = Limits {
        connections: 12,
        connections_per_address: 12,
        head_timeout: Duration::from_mins(1),
        drain: Duration::from_millis(50),
        ..Limits::default()
    };
    let served = serve(admin.router(), limits).await;
    let reload = request("POST", "/reload", "authorization: Bearer secret\r\n", b"");
    let mut reloads = Vec::new();
    for _ in 0..8 {
        let mut socket = served.connect().await;
        socket.write_all(&reload).await.unwrap();
        reloads.push(socket);
    }
    let refused = loop {
        // The eight are accepted in order, but each is read by its own task.
        let answer = tokio::time::timeout(Duration::from_millis(200), served.send(&reload)).await;
        if let Ok(answer) = answer {
            break answer;
        }
    };
    assert_eq!(refused.status, 503, "{}", refused.body);
    let mut silent = Vec::new();
    for _ in 0..30 {
        silent.push(served.connect().await);
    }
    assert_eq!(served.get("/readyz").await.status, 200);
    served.stop().await;
}
