//! Tests of the workers.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::clock::{Clock as _, ManualClock};
use crate::domain::{AccountName, Event, Mode};
use crate::engine::Engine;
use crate::engine::accounts::Accounts;
use crate::engine::clock_check::ClockChecks;
use crate::engine::intake::ingest::{Bounds, Incoming, Ingest, IngestContext};
use crate::engine::rule_sets::files::{Approval, ListBounds, RuleFiles};
use crate::engine::rule_sets::in_force::RulesInForce;
use crate::lifecycle::Lifecycle;
use crate::telnyx::parse_webhook;

const LEASE: SignedDuration = SignedDuration::from_secs(90);

async fn engine(pool: &PgPool, clock: &ManualClock, lifecycle: &Lifecycle) -> Engine {
    let folder = tempfile::tempdir().unwrap();
    let files = RuleFiles {
        rules: folder.path().join("rules.toml"),
        candidate: None,
        approval: Approval::NotNeeded,
        lists: ListBounds::default(),
    };
    std::fs::write(&files.rules, "version = 1\n").unwrap();
    let rules = RulesInForce::open(pool, files, "test", clock.now())
        .await
        .unwrap()
        .rules;
    let wake = Arc::new(Notify::new());
    let means = IngestContext {
        pool: pool.clone(),
        pin_key: None,
        wake: wake.clone(),
        decide_within: rules.decide_within(),
    };
    Engine {
        pool: pool.clone(),
        clock: Arc::new(clock.clone()),
        mode: Mode::Shadow,
        accounts: Accounts::default(),
        rules,
        ingest: Ingest::start(means, Bounds::default(), lifecycle),
        pin_key: None,
        wake,
        send_rejection_code: true,
        clocks: ClockChecks::default(),
    }
}

fn woken_order() -> Event {
    parse_webhook(
        br#"{"data":{"event_type":"portout.status_changed","id":"event-1","payload":{"id":"order-1","status":"pending"}}}"#,
    )
}

#[sqlx::test]
async fn an_order_whose_processing_panics_is_given_back_and_says_so(pool: PgPool) {
    let clock = ManualClock::at("2026-11-25T12:00:00Z".parse::<Timestamp>().unwrap());
    let lifecycle = Lifecycle::new();
    let engine = engine(&pool, &clock, &lifecycle).await;
    let event = Incoming::new(AccountName::default_account(), woken_order(), clock.now());
    engine.ingest.record_batch(vec![event]).await.unwrap();
    let claims = crate::store::claims::claim_due(&pool, clock.now(), 1, LEASE)
        .await
        .unwrap();

    engine.catch_panic(&claims[0], async { panic!("a bug") }).await;

    let trouble: Option<String> =
        sqlx::query_scalar("select trouble from orders where lease_expires_at is null")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert!(
        trouble.is_some_and(|trouble| trouble.contains("bug")),
        "shown in `pending`"
    );
    let early = crate::store::claims::claim_due(&pool, clock.now(), 1, LEASE)
        .await
        .unwrap();
    assert!(early.is_empty(), "not at once again");
    clock.advance(SignedDuration::from_mins(5));
    let again = crate::store::claims::claim_due(&pool, clock.now(), 1, LEASE)
        .await
        .unwrap();
    assert_eq!(again[0].failures, 1);
    lifecycle.drain().await;
}
