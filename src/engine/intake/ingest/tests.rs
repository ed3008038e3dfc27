//! Tests of intake over a real database.

mod pins;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::context::{Bounds, IngestContext};
use super::{Incoming, Ingest, InsertOutcome, NotAccepted, NotStored, Recorded};
use crate::domain::{AccountName, AttemptedPin, Event, EventKind, EventSource, OrderNumbers, PinKey};
use crate::engine::intake::decide_within::DecideWithin;
use crate::engine::intake::pin_key::PinKeyInUse;
use crate::lifecycle::Lifecycle;

/// Intake as it runs, over a database of its own.
struct Intake {
    ingest: Ingest,
    lifecycle: Lifecycle,
    wake: Arc<Notify>,
}

impl Intake {
    fn start(pool: &PgPool, pin_key: Option<PinKey>) -> Self {
        let (lifecycle, wake) = (Lifecycle::new(), Arc::new(Notify::new()));
        let context = IngestContext {
            pool: pool.clone(),
            pin_key: pin_key.map(|key| Arc::new(PinKeyInUse::new(Arc::new(key)))),
            wake: Arc::clone(&wake),
            decide_within: DecideWithin::default(),
        };
        let ingest = Ingest::start(context, Bounds::default(), &lifecycle);
        Self {
            ingest,
            lifecycle,
            wake,
        }
    }

    async fn end(&self) {
        assert!(self.lifecycle.drain().await, "the writer ends");
    }
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn incoming(event: Event) -> Incoming {
    Incoming::new(AccountName::default_account(), event, now())
}

/// A port-out event of this name about this order.
fn event(name: &str, order: &str) -> Event {
    Event {
        source: EventSource::Webhook,
        kind: EventKind::PortOut,
        dedupe_key: format!("event:portout.status_changed:{name}"),
        event_id: Some(name.to_owned()),
        event_type: Some("portout.status_changed".to_owned()),
        order_id: Some(order.parse().unwrap()),
        occurred_at: Some(now()),
        status: None,
        numbers: OrderNumbers::default(),
        attempted_pin: AttemptedPin::NotTold,
        body: b"{}".to_vec(),
        digest: [7; 32],
    }
}

async fn due(pool: &PgPool) -> Vec<(String, Option<jiff_sqlx::Timestamp>)> {
    sqlx::query_as("select order_id, due_at from orders order by order_id")
        .fetch_all(pool)
        .await
        .unwrap()
}

#[sqlx::test]
async fn a_second_delivery_changes_nothing(pool: PgPool) {
    let intake = Intake::start(&pool, None);
    let first = intake.ingest.submit(incoming(event("e1", "order-1"))).unwrap();
    assert_eq!(first.kept().await, Ok(InsertOutcome::New));
    sqlx::query("update orders set due_at = null")
        .execute(&pool)
        .await
        .unwrap();
    let second = intake.ingest.submit(incoming(event("e1", "order-1"))).unwrap();
    assert_eq!(second.kept().await, Ok(InsertOutcome::Known));
    assert_eq!(due(&pool).await, [("order-1".to_owned(), None)]);
    intake.end().await;
}

#[sqlx::test]
async fn a_batch_tells_what_was_new_and_what_was_known(pool: PgPool) {
    let intake = Intake::start(&pool, None);
    let batch = |range: std::ops::Range<u32>| {
        range
            .map(|n| incoming(event(&format!("e{n}"), &format!("order-{}", n % 7))))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        intake.ingest.record_batch(batch(0..600)).await,
        Ok(Recorded { new: 600, known: 0 })
    );
    let mixed = batch(599..610).into_iter().chain(batch(609..610)).collect();
    assert_eq!(
        intake.ingest.record_batch(mixed).await,
        Ok(Recorded { new: 10, known: 2 })
    );
    assert_eq!(due(&pool).await.len(), 7);
    intake.end().await;
}

#[sqlx::test]
async fn a_new_event_brings_its_order_forward_and_never_back(pool: PgPool) {
    let intake = Intake::start(&pool, None);
    let seed = "insert into orders (account, order_id, first_seen_at, due_at) values
        ('default', 'asleep', $1, null), ('default', 'later', $1, $2), ('default', 'overdue', $1, $3)";
    let at = |text: &str| jiff_sqlx::Timestamp::from(text.parse::<Timestamp>().unwrap());
    let (earlier, later) = (at("2026-11-21T11:00:00Z"), at("2026-11-21T13:00:00Z"));
    sqlx::query(seed)
        .bind(earlier)
        .bind(later)
        .bind(earlier)
        .execute(&pool)
        .await
        .unwrap();
    let batch = ["asleep", "later", "overdue", "unseen"].map(|order| incoming(event(order, order)));
    intake.ingest.record_batch(batch.into()).await.unwrap();
    let due: Vec<_> = due(&pool)
        .await
        .into_iter()
        .map(|(_, due)| due.unwrap().to_jiff())
        .collect();
    assert_eq!(due, [now(), now(), earlier.to_jiff(), now()]);
    intake.end().await;
}

#[sqlx::test]
async fn events_of_port_ins_and_unreadable_ones_wake_nothing(pool: PgPool) {
    let intake = Intake::start(&pool, None);
    for (name, kind) in [("e1", EventKind::PortingOrder), ("e2", EventKind::Unparsable)] {
        let quiet = Event {
            kind,
            ..event(name, "order-1")
        };
        assert_eq!(
            intake.ingest.submit(incoming(quiet)).unwrap().kept().await,
            Ok(InsertOutcome::New)
        );
    }
    assert!(due(&pool).await.is_empty());
    assert!(
        futures_util::FutureExt::now_or_never(intake.wake.notified()).is_none(),
        "nobody is woken"
    );
    let unknown = Event {
        kind: EventKind::UnknownType,
        ..event("e3", "order-1")
    };
    intake
        .ingest
        .submit(incoming(unknown))
        .unwrap()
        .kept()
        .await
        .unwrap();
    assert_eq!(due(&pool).await.len(), 1);
    timeout(Duration::from_secs(5), intake.wake.notified())
        .await
        .expect("the engine is woken");
    intake.end().await;
}

#[sqlx::test]
async fn an_event_whose_fields_the_database_refuses_is_kept_with_its_body_and_order(pool: PgPool) {
    sqlx::query("alter table events add constraint no_poison check (event_id <> 'poison')")
        .execute(&pool)
        .await
        .unwrap();
    let intake = Intake::start(&pool, None);
    for expected in [InsertOutcome::New, InsertOutcome::Known] {
        let receipt = intake
            .ingest
            .submit(incoming(event("poison", "order-1")))
            .unwrap();
        assert_eq!(receipt.kept().await, Ok(expected));
    }
    let kept: (Option<String>, Option<String>, Vec<u8>) =
        sqlx::query_as("select event_id, order_id, body from events")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(kept, (None, Some("order-1".to_owned()), b"{}".to_vec()));
    assert_eq!(due(&pool).await.len(), 1, "and its order is known");
    intake.end().await;
}

#[sqlx::test]
async fn one_bad_event_harms_only_itself(pool: PgPool) {
    sqlx::query("alter table events add constraint no_poison check (order_id <> 'poison')")
        .execute(&pool)
        .await
        .unwrap();
    let intake = Intake::start(&pool, None);
    // Hold the writer back, so that the four are one batch.
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("lock table events in exclusive mode")
        .execute(&mut *lock)
        .await
        .unwrap();
    let submit = |name: &str| intake.ingest.submit(incoming(event(name, name))).unwrap();
    let receipts = ["e0", "e1", "poison", "e2"].map(submit);
    lock.rollback().await.unwrap();
    let mut outcomes = Vec::new();
    for receipt in receipts {
        outcomes.push(receipt.kept().await);
    }
    let new = Ok(InsertOutcome::New);
    assert_eq!(outcomes, [new, new, Err(NotStored::Refused), new]);
    assert_eq!(due(&pool).await.len(), 3, "a refused event wakes nothing");
    intake.end().await;
}

#[sqlx::test]
async fn texts_that_postgres_cannot_take_cost_no_event(pool: PgPool) {
    let intake = Intake::start(&pool, None);
    let strange = [
        Event {
            dedupe_key: "k".repeat(10_000),
            digest: [1; 32],
            ..event("e1", "order-1")
        },
        Event {
            dedupe_key: "nul\0".to_owned(),
            digest: [2; 32],
            ..event("e2", "order-1")
        },
        Event {
            event_type: Some("a\0b".to_owned()),
            event_id: Some("\0".to_owned()),
            ..event("e3", "order-1")
        },
        Event {
            occurred_at: Some(Timestamp::MIN),
            ..event("e4", "order-1")
        },
        Event {
            occurred_at: Some(Timestamp::MAX),
            ..event("e5", "order-1")
        },
    ];
    let batch = strange.into_iter().map(incoming).collect();
    assert_eq!(
        intake.ingest.record_batch(batch).await,
        Ok(Recorded { new: 5, known: 0 })
    );
    intake.end().await;
}

#[sqlx::test]
async fn a_connection_that_breaks_is_replaced_without_anybody_noticing(pool: PgPool) {
    let intake = Intake::start(&pool, None);
    intake
        .ingest
        .record_batch(vec![incoming(event("e1", "order-1"))])
        .await
        .unwrap();
    let others = "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()";
    let ended: i64 = sqlx::query_scalar(others).fetch_one(&pool).await.unwrap();
    assert!(ended >= 1);
    let second = intake.ingest.submit(incoming(event("e2", "order-1"))).unwrap();
    assert_eq!(second.kept().await, Ok(InsertOutcome::New));
    intake.end().await;
}

#[tokio::test]
async fn nothing_is_promised_while_the_database_is_away() {
    let nowhere = "postgres://nobody@127.0.0.1:1/none".parse().unwrap();
    let pool = sqlx::postgres::PgPoolOptions::new().connect_lazy_with(nowhere);
    let bounds = Bounds {
        connect_timeout: Duration::from_millis(50),
        ..Bounds::default()
    };
    let lifecycle = Lifecycle::new();
    let context = IngestContext {
        pool,
        pin_key: None,
        wake: Arc::new(Notify::new()),
        decide_within: DecideWithin::default(),
    };
    let ingest = Ingest::start(context, bounds, &lifecycle);
    for _ in 0..2 {
        let receipt = ingest.submit(incoming(event("e1", "order-1"))).unwrap();
        assert_eq!(receipt.kept().await, Err(NotStored::Unavailable));
    }
    assert_eq!(
        ingest.record_batch(vec![incoming(event("e1", "order-1"))]).await,
        Err(NotStored::Unavailable)
    );
    assert!(lifecycle.drain().await);
}

#[sqlx::test]
async fn a_stop_commits_what_waits_and_takes_nothing_more(pool: PgPool) {
    let intake = Intake::start(&pool, None);
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("lock table events in exclusive mode")
        .execute(&mut *lock)
        .await
        .unwrap();
    let names: Vec<String> = (0..600).map(|n| format!("e{n}")).collect();
    let submit = |name: &String| intake.ingest.submit(incoming(event(name, "order-1"))).unwrap();
    let receipts: Vec<_> = names.iter().map(submit).collect();
    intake.lifecycle.stop().cancel();
    lock.rollback().await.unwrap();
    intake.end().await;
    for receipt in receipts {
        assert_eq!(receipt.kept().await, Ok(InsertOutcome::New));
    }
    let late = incoming(event("late", "order-1"));
    assert_eq!(intake.ingest.submit(late).unwrap_err(), NotAccepted::Stopping);
    let late = incoming(event("late", "order-1"));
    assert_eq!(
        intake.ingest.record_batch(vec![late]).await,
        Err(NotStored::Stopping)
    );
}

#[sqlx::test]
async fn large_bodies_fill_the_queue_before_many_small_ones_do(pool: PgPool) {
    let lifecycle = Lifecycle::new();
    let context = IngestContext {
        pool: pool.clone(),
        pin_key: None,
        wake: Arc::new(Notify::new()),
        decide_within: DecideWithin::default(),
    };
    let ingest = Ingest::start(
        context,
        Bounds {
            bytes: 1000,
            ..Bounds::default()
        },
        &lifecycle,
    );
    let sized = |name: &str, bytes: usize| {
        incoming(Event {
            body: vec![b'x'; bytes],
            ..event(name, "order-1")
        })
    };
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("lock table events in exclusive mode")
        .execute(&mut *lock)
        .await
        .unwrap();
    let first = ingest.submit(sized("e1", 600)).unwrap();
    assert_eq!(ingest.submit(sized("e2", 401)).unwrap_err(), NotAccepted::Full);
    let third = ingest.submit(sized("e3", 400)).unwrap();
    lock.rollback().await.unwrap();
    assert_eq!(
        (first.kept().await, third.kept().await),
        (Ok(InsertOutcome::New), Ok(InsertOutcome::New))
    );
    let larger_than_the_room = ingest
        .record_batch(vec![sized("e4", 5000), sized("e5", 5000)])
        .await;
    assert_eq!(larger_than_the_room, Ok(Recorded { new: 2, known: 0 }));
    assert!(lifecycle.drain().await);
}
