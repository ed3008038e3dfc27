//! Tests of reloads and approvals over real HTTP, with the engine and a real database.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Notify;

use super::health;
use crate::clock::{Clock as _, SystemClock, new_id};
use crate::domain::Mode;
use crate::engine::intake::ingest::{Bounds, Ingest, IngestContext};
use crate::engine::{Accounts, Approval, ClockChecks, Engine, ListBounds, RuleFiles, RulesInForce};
use crate::http::admin::limits::CALLS_AT_ONCE;
use crate::http::admin::{Admin, Readiness};
use crate::http::listener::Limits;
use crate::http::testing::{Answer, Served, request, serve};
use crate::lifecycle::Lifecycle;
use crate::store::api_tokens;

const ANN: &str = "authorization: Bearer token-of-ann\r\n";
const BOB: &str = "authorization: Bearer token-of-bob\r\n";

/// Longer than anything in these tests takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// The admin listener over the real use cases, with tokens for ann and bob.
struct Site {
    served: Served,
    engine: Arc<Engine>,
    lifecycle: Lifecycle,
    folder: TempDir,
}

impl Site {
    async fn open(pool: &PgPool, approval: Approval) -> Self {
        Self::with(pool, approval, Limits::default()).await
    }

    async fn with(pool: &PgPool, approval: Approval, limits: Limits) -> Self {
        for name in ["ann", "bob"] {
            let token = format!("token-of-{name}");
            api_tokens::insert_token(pool, new_id(), name, &token, jiff::SignedDuration::from_hours(1))
                .await
                .unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let rules = folder.path().join("rules.toml");
        std::fs::write(&rules, "version = 1\n").unwrap();
        let lifecycle = Lifecycle::new();
        let engine = Arc::new(engine(pool, rules, approval, &lifecycle).await);
        let readiness = Readiness::default();
        readiness.part("database", "connecting").ready();
        let admin = Admin::new(health(&readiness), engine.clone(), &lifecycle);
        let served = serve(admin.router(), limits).await;
        Self {
            served,
            engine,
            lifecycle,
            folder,
        }
    }

    fn write(&self, rules: &str) {
        std::fs::write(self.folder.path().join("rules.toml"), rules).unwrap();
    }

    async fn post(&self, page: &str, headers: &str, body: &str) -> (u16, Value) {
        let answer = self.send(page, headers, body.as_bytes()).await;
        let parsed = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"));
        (answer.status, parsed)
    }

    async fn send(&self, page: &str, headers: &str, body: &[u8]) -> Answer {
        self.served.send(&request("POST", page, headers, body)).await
    }

    fn in_effect(&self) -> String {
        hex::encode(self.engine.rules.current().hash())
    }

    /// Counts the reloads, approvals and tasks of the service.
    fn tasks(&self) -> usize {
        self.lifecycle.tracker().len()
    }

    async fn close(self) {
        self.served.stop().await;
        assert!(self.lifecycle.drain().await);
    }
}

async fn engine(pool: &PgPool, rules: PathBuf, approval: Approval, lifecycle: &Lifecycle) -> Engine {
    let files = RuleFiles {
        rules,
        candidate: None,
        approval,
        lists: ListBounds::default(),
    };
    let opened = RulesInForce::open(pool, files, "test", SystemClock.now()).await;
    let (rules, wake) = (opened.unwrap().rules, Arc::new(Notify::new()));
    let context = IngestContext {
        pool: pool.clone(),
        pin_key: None,
        wake: wake.clone(),
        decide_within: rules.decide_within(),
    };
    Engine {
        pool: pool.clone(),
        clock: Arc::new(SystemClock),
        clocks: ClockChecks::default(),
        mode: Mode::Shadow,
        accounts: Accounts::default(),
        rules,
        ingest: Ingest::start(context, Bounds::default(), lifecycle),
        pin_key: None,
        wake,
        send_rejection_code: true,
    }
}

fn code(answer: &Value) -> &str {
    answer["error"]["code"].as_str().unwrap_or("none")
}

#[sqlx::test]
async fn a_reload_needs_a_good_bearer_token(pool: PgPool) {
    let site = Site::open(&pool, Approval::NotNeeded).await;
    for headers in [
        "",
        "authorization: Basic dG9rZW4=\r\n",
        "authorization: Bearer \r\n",
        "authorization: Bearer nobodys\r\n",
    ] {
        let answer = site.send("/reload", headers, b"").await;
        assert_eq!(answer.status, 401, "{headers}");
        assert!(
            answer.head.contains("www-authenticate: bearer"),
            "{}",
            answer.head
        );
        assert!(
            answer.body.contains(r#""code":"unauthorized""#),
            "{}",
            answer.body
        );
    }
    assert_eq!(
        asked(&pool).await,
        [""; 0],
        "nothing is done for whoever has no token"
    );
    let (status, answer) = site.post("/reload", &ANN.replace("Bearer", "bearer"), "").await;
    let rule_set = site.in_effect();
    assert_eq!(
        (status, answer),
        (200, json!({"ok": true, "rule_set": rule_set, "findings": []}))
    );
    assert_eq!(asked(&pool).await, ["ann: rules.reload"]);
    assert_eq!(site.served.get("/reload").await.status, 405);
    site.close().await;
}

/// Waits for a condition.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(waited.is_ok(), "not in time: {what}");
}

/// Returns who requested what, from the database.
async fn asked(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar("select actor || ': ' || action from admin_actions order by at")
        .fetch_all(pool)
        .await
        .unwrap()
}

#[sqlx::test]
async fn a_refused_reload_says_what_is_wrong_and_which_rules_stay(pool: PgPool) {
    let site = Site::open(&pool, Approval::NotNeeded).await;
    let before = site.in_effect();
    site.write("version = 1\nrulez = 2\n");
    let (status, answer) = site.post("/reload", ANN, "").await;
    assert_eq!(
        (status, &answer["ok"], &answer["rule_set"]),
        (422, &json!(false), &json!(before))
    );
    let finding = answer["findings"][0].as_str().unwrap();
    assert!(finding.contains("rules.toml:2:1: R"), "{finding}");
    assert_eq!(site.in_effect(), before);
    site.close().await;
}

#[sqlx::test]
async fn a_reason_is_recorded_and_a_body_that_says_nothing_is_refused(pool: PgPool) {
    let site = Site::open(&pool, Approval::NotNeeded).await;
    let long = format!("{{\"because\": \"{}\"}}", "x".repeat(2_001));
    for (page, body, expected) in [
        ("/reload", "{\"because\": \"  \"}", "`because` is empty"),
        ("/reload", "{\"because\": \"a\\u0000b\"}", "`because` is empty"),
        ("/reload", "{\"becuase\": \"x\"}", "unknown field `becuase`"),
        ("/reload", "because", "not a JSON object"),
        ("/reload", &long, "longer than 2000 bytes"),
        ("/rules/approve", "", "missing field `rule_set`"),
        (
            "/rules/approve",
            "{\"because\": \"x\"}",
            "missing field `rule_set`",
        ),
    ] {
        let (status, answer) = site.post(page, ANN, body).await;
        assert_eq!((status, code(&answer)), (400, "bad-request"), "{body}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{body}: {message}");
    }
    assert_eq!(asked(&pool).await, [""; 0]);
    let body = "{\"because\": \"T-17\", \"accept_shrunk_lists\": true}";
    assert_eq!(site.post("/reload", ANN, body).await.0, 200);
    let detail: String = sqlx::query_scalar("select detail::text from admin_actions")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(detail.contains("T-17"), "{detail}");
    site.close().await;
}

#[sqlx::test]
async fn a_body_that_is_too_large_is_answered_with_a_code(pool: PgPool) {
    let site = Site::open(&pool, Approval::NotNeeded).await;
    let (status, answer) = site.post("/reload", ANN, &" ".repeat(2 * 1024 * 1024 + 1)).await;
    assert_eq!((status, code(&answer)), (413, "too-large"));
    site.close().await;
}

#[sqlx::test]
async fn what_one_person_proposes_another_approves(pool: PgPool) {
    let site = Site::open(&pool, Approval::Needed).await;
    let old = site.in_effect();
    site.write("version = 1\n\n");
    let (status, answer) = site.post("/reload", ANN, "").await;
    let new = answer["proposed"].as_str().unwrap().to_owned();
    assert_eq!(
        (status, answer),
        (
            202,
            json!({"ok": true, "rule_set": old, "proposed": new, "proposed_by": "ann"})
        )
    );
    assert_eq!(site.in_effect(), old);

    let short = format!("{{\"rule_set\": \"{}\"}}", &new[..12]);
    let (status, answer) = site.post("/rules/approve", BOB, &short).await;
    assert_eq!((status, &answer["rule_set"]), (409, &json!(old)));
    let why = answer["why"].as_str().unwrap();
    assert!(why.contains("64 digits") && !why.contains(&new[..12]), "{why}");

    let whole = format!("{{\"rule_set\": \"{new}\", \"because\": \"I called them\"}}");
    let (status, answer) = site.post("/rules/approve", ANN, &whole).await;
    assert_eq!(
        (status, answer),
        (
            409,
            json!({"ok": false, "rule_set": old, "why": "ann proposed this rule set. Ask another person to approve it"})
        )
    );
    let (status, answer) = site.post("/rules/approve", BOB, &whole).await;
    assert_eq!((status, answer), (200, json!({"ok": true, "rule_set": new})));
    assert_eq!(site.in_effect(), new);
    site.close().await;
}

#[sqlx::test]
async fn trouble_with_the_database_is_no_wrong_token(pool: PgPool) {
    let site = Site::open(&pool, Approval::NotNeeded).await;
    sqlx::query("alter table api_tokens rename to api_tokens_gone")
        .execute(&pool)
        .await
        .unwrap();
    for (page, body) in [("/reload", ""), ("/rules/approve", "{\"rule_set\": \"ab\"}")] {
        let (status, answer) = site.post(page, ANN, body).await;
        assert_eq!((status, code(&answer)), (503, "try-again"), "{page}");
        assert!(answer["error"]["request_id"].is_string(), "{answer}");
        assert!(!answer.to_string().contains("api_tokens"), "{answer}");
    }
    site.close().await;
}

fn limits() -> Limits {
    Limits {
        connections: 12,
        connections_per_address: 12,
        head_timeout: Duration::from_mins(1),
        drain: Duration::from_millis(50),
        ..Limits::default()
    }
}

#[sqlx::test]
async fn health_is_answered_beside_silent_sockets_and_reloads_that_wait(pool: PgPool) {
    let site = Site::with(&pool, Approval::NotNeeded, limits()).await;
    let idle = site.tasks();
    // While this is held, every reload waits.
    let alone = site.engine.rules.alone().await;
    let reload = request("POST", "/reload", ANN, b"");
    let mut reloads = Vec::new();
    for _ in 0..CALLS_AT_ONCE {
        let mut socket = site.served.connect().await;
        socket.write_all(&reload).await.unwrap();
        reloads.push(socket);
    }
    until("every place is taken", || site.tasks() == idle + CALLS_AT_ONCE).await;
    let (status, answer) = site.post("/reload", ANN, "").await;
    assert_eq!((status, code(&answer)), (503, "busy"));
    let mut silent = Vec::new();
    for _ in 0..30 {
        silent.push(site.served.connect().await);
    }
    assert_eq!(site.served.get("/readyz").await.status, 200);
    drop(alone);
    site.close().await;
}

#[sqlx::test]
async fn a_client_that_hangs_up_neither_ends_its_reload_nor_frees_its_place(pool: PgPool) {
    let site = Site::with(&pool, Approval::NotNeeded, limits()).await;
    let (idle, no_clients) = (site.tasks(), site.served.lifecycle.tracker().len());
    let alone = site.engine.rules.alone().await;
    let reload = request("POST", "/reload", ANN, b"{\"because\": \"T-17\"}");
    for running in 1..=CALLS_AT_ONCE {
        let mut socket = site.served.connect().await;
        socket.write_all(&reload).await.unwrap();
        until("the reload is in progress", || site.tasks() == idle + running).await;
    }
    // Each socket was closed after its request, and its handler ended with it.
    until("every client is gone", || {
        site.served.lifecycle.tracker().len() == no_clients
    })
    .await;
    let (status, answer) = site.post("/reload", ANN, "").await;
    assert_eq!(
        (status, code(&answer)),
        (503, "busy"),
        "eight reloads are in progress"
    );
    drop(alone);
    until("every reload has ended", || site.tasks() == idle).await;
    assert_eq!(asked(&pool).await, ["ann: rules.reload"; CALLS_AT_ONCE]);
    site.close().await;
}
