use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

use super::{Admin, Readiness, Reload, ReloadAnswer};
use crate::http::testing::{Answer, Served, request, serve};
use crate::http::{Limits, metrics as numbers};

async fn admin(readiness: &Readiness, answer: ReloadAnswer) -> (Served, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let tokens = Arc::clone(&seen);
    let reload = Reload::new(move |token| {
        tokens.lock().unwrap().push(token);
        let answer = answer.clone();
        async move { answer }
    });
    let recorder = numbers::recorder().unwrap();
    metrics::with_local_recorder(&recorder, || {
        metrics::counter!("portoutd_example_total").increment(3);
    });
    let admin = Admin {
        readiness: readiness.clone(),
        metrics: recorder.handle(),
        reload,
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
    database.not_yet("the connection is lost");
    assert_eq!(served.get("/readyz").await.body, "not ready\n");
    assert_eq!(served.get("/livez").await.status, 200, "alive all the same");
    served.stop().await;
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
    assert_eq!(*seen.lock().unwrap(), ["token-1"]);
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
