//! What must never happen: forged events that act, PINs that stay, records that change, replicas that answer twice.

use jiff::SignedDuration;
use portoutd::domain::{Action, OrderId};
use portoutd::engine::AskedBy;
use portoutd::simulator::{Call, Fault, SignatureMade, WebhookFaults};
use portoutd::store::chain::Break;
use sqlx::PgPool;

use crate::test_service::{TestConfig, TestService};

#[sqlx::test]
async fn a_forged_webhook_leaves_no_trace(pool: PgPool) {
    let config = TestConfig {
        poll_interval: std::time::Duration::from_hours(1),
        ..TestConfig::default()
    };
    let service = TestService::with_config(pool, config).await;
    let polled = || async {
        service
            .telnyx
            .requests_of(Call::ListOrders)
            .iter()
            .any(|one| one.status.is_some())
    };
    service.until("the first poll is over", polled).await;
    service.telnyx.set_webhook_faults(WebhookFaults {
        signature: SignatureMade::Wrongly,
        ..WebhookFaults::default()
    });
    let order = service.telnyx.open_order(TestService::clean_order());
    service.telnyx.webhooks_at_rest().await;
    service.pass(SignedDuration::from_secs(30)).await;
    assert!(service.telnyx.requests_of(Call::GetOrder).is_empty());
    assert_eq!(service.status(&order), "pending");
}

#[sqlx::test]
async fn a_webhook_that_lies_about_the_status_causes_a_read_and_no_answer(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::strange_order()).await;
    service.person(&order, Action::Reject).await.unwrap();
    service.pass(SignedDuration::from_secs(5)).await;
    let lie = format!(
        r#"{{"data":{{"event_type":"portout.status_changed","id":"e-1","payload":{{"id":"{order}","status":"pending","spid":"073H","attempted_pin":"4711"}},"record_type":"event"}}}}"#
    );
    service.telnyx.deliver_raw(lie).await;
    service.pass(SignedDuration::from_secs(60)).await;
    assert_eq!(service.sent(&order), ["rejected-pending"]);
    assert_eq!(
        service.episodes(&order).await.len(),
        1,
        "the read says that it is not pending"
    );
}

#[sqlx::test]
async fn no_pin_stands_in_any_table(pool: PgPool) {
    let service = TestService::open(pool.clone()).await;
    for pin in ["4711", "90210777"] {
        service.receive(TestService::clean_order().pin(Some(pin))).await;
    }
    service.pass(SignedDuration::from_secs(70)).await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.tables where table_schema = 'public'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert!(tables.len() > 8);
    for table in tables {
        // Bytes are searched as bytes: shown as text they would be hexadecimal and hide what is looked for.
        let query = format!("select coalesce(string_agg(t::text, ' '), '') from {table} t");
        let all: String = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .fetch_one(&pool)
            .await
            .unwrap();
        for pin in [
            "\"4711\"",
            "90210777",
            &hex::encode("\"4711\""),
            &hex::encode("90210777"),
        ] {
            assert!(!all.contains(pin), "{table} holds {pin}");
        }
    }
}

#[sqlx::test]
async fn decisions_can_neither_be_changed_nor_removed_and_their_chain_holds(pool: PgPool) {
    let service = TestService::open(pool.clone()).await;
    for order in [
        TestService::clean_order(),
        TestService::wrong_pin_order(),
        TestService::strange_order(),
    ] {
        service.receive(order).await;
    }
    for statement in [
        "update decisions set action = 'hold'",
        "delete from decisions",
        "truncate decisions cascade",
    ] {
        let refused = sqlx::query(statement).execute(&pool).await.unwrap_err();
        assert!(
            refused.to_string().contains("never changed or removed"),
            "{statement}: {refused}"
        );
    }
    assert_eq!(verified(&pool).await, Ok(3));

    // Whoever owns the database can switch the triggers off; the chain still tells.
    altered(
        &pool,
        "update decisions set reason = 'another' where seq = (select min(seq) from decisions)",
    )
    .await;
    assert_eq!(verified(&pool).await, Err(Break::Altered(0)));
}

#[sqlx::test]
async fn decisions_removed_from_the_end_are_missed(pool: PgPool) {
    let service = TestService::open(pool.clone()).await;
    service.receive(TestService::strange_order()).await;
    service.close().await;
    altered(
        &pool,
        "update episodes set decision_id = null; delete from decisions",
    )
    .await;
    assert_eq!(verified(&pool).await, Err(Break::CutOff(0)));
}

async fn verified(pool: &PgPool) -> Result<usize, Break> {
    let mut connection = pool.acquire().await.unwrap();
    portoutd::store::decisions::verify_decisions(&mut connection)
        .await
        .unwrap()
}

async fn altered(pool: &PgPool, statements: &str) {
    let statements =
        format!("set session_replication_role = replica; {statements}; reset session_replication_role");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements))
        .execute(pool)
        .await
        .unwrap();
}

#[sqlx::test]
async fn two_replicas_answer_each_order_once(pool: PgPool) {
    let one = TestService::open(pool.clone()).await;
    let other = TestService::replica(
        pool,
        one.telnyx.clone(),
        one.clock.clone(),
        one.folder.clone(),
        TestConfig::default(),
    )
    .await;
    let mut orders = Vec::new();
    for _ in 0..20 {
        orders.push(one.telnyx.open_order(TestService::clean_order()));
    }
    other.pass(SignedDuration::from_secs(70)).await;
    for order in orders {
        assert_eq!(one.sent(&order), ["authorized"]);
        assert_eq!(one.decisions(&order).await.len(), 1);
    }
}

#[sqlx::test]
async fn rules_with_a_failing_test_never_judge(pool: PgPool) {
    let service = TestService::open(pool).await;
    let before = service.engine.rules.current().hash();
    let bad = r#"
version = 1
timezone = "UTC"
[[rule]]
id = "all"
match.numbers.count = ">= 1"
action = "authorize"
[[test]]
name = "a stranger is held"
given.phone_numbers = ["+13125550100"]
expect = "hold"
"#;
    std::fs::write(service.folder.path().join("rules.toml"), bad).unwrap();
    let refused = service.engine.reload(AskedBy::Machine("test")).await.unwrap_err();
    assert!(refused.to_string().contains("a stranger is held"), "{refused}");
    assert_eq!(service.engine.rules.current().hash(), before);
}

#[sqlx::test]
async fn better_rules_judge_what_the_old_ones_held(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::strange_order()).await;
    let rules = crate::test_service::RULES.replace("\"073H\"", "\"999X\"");
    std::fs::write(service.folder.path().join("rules.toml"), rules).unwrap();
    service.engine.reload(AskedBy::Machine("test")).await.unwrap();
    service.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(service.status(&order), "authorized");
}

#[sqlx::test]
async fn a_changed_register_judges_anew_what_was_held(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service
        .receive(TestService::clean_order().numbers(["+13125550199"]))
        .await;
    assert_eq!(
        service.last_decision(&order).await.decision.action,
        Action::Hold,
        "the number is none of ours"
    );
    service.import("+13125550199,default,,,,,,\n").await;
    service.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(service.status(&order), "authorized");
}

#[sqlx::test]
async fn the_rules_last_in_force_stand_in_the_record_whole(pool: PgPool) {
    let service = TestService::open(pool.clone()).await;
    let first = service.engine.rules.current().hash();
    let file = service.folder.path().join("rules.toml");
    std::fs::write(&file, crate::test_service::RULES.replace("20h", "10h")).unwrap();
    service.engine.reload(AskedBy::Machine("test")).await.unwrap();
    std::fs::write(&file, crate::test_service::RULES).unwrap();
    service.clock.advance(SignedDuration::from_secs(1));
    service.engine.reload(AskedBy::Machine("test")).await.unwrap();
    let now = portoutd::clock::Clock::now(&service.clock);
    let last = portoutd::engine::last_in_force(&pool, now)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(last.rules.hash(), first, "back in force, and the last one");
}

/// How old the last read of the order was when its first answer arrived.
fn read_before_answer(service: &TestService, order: &OrderId) -> SignedDuration {
    let requests = service.telnyx.requests();
    let about = |call: Call| {
        let of_order = move |path: &str| path.contains(order.as_str());
        requests
            .iter()
            .filter(move |one| one.call == call && of_order(&one.path))
    };
    let answered_at = about(Call::UpdateStatus).next().expect("an answer").at;
    let read_at = about(Call::GetOrder)
        .map(|read| read.at)
        .filter(|read_at| *read_at <= answered_at)
        .max()
        .expect("a read");
    read_at.duration_until(answered_at)
}

/// The longest time from a read to the answer that rests on it.
const READ_GOOD_FOR: SignedDuration = SignedDuration::from_mins(1);

#[sqlx::test]
async fn a_decision_that_takes_longer_than_a_minute_is_sent_only_after_another_read(pool: PgPool) {
    let service = TestService::open(pool.clone()).await;
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("lock table decisions in share row exclusive mode")
        .execute(&mut *lock)
        .await
        .unwrap();
    let order = service.telnyx.open_order(TestService::clean_order());
    let waiting = "select count(*) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%insert_decision%'";
    service
        .until("the decision waits for the lock", || async {
            let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(&pool).await.unwrap();
            waiting > 0
        })
        .await;
    service.clock.advance(SignedDuration::from_secs(61));
    lock.rollback().await.unwrap();
    service
        .until("the order is authorized", || async {
            service.status(&order) == "authorized"
        })
        .await;
    let age = read_before_answer(&service, &order);
    assert!(age <= READ_GOOD_FOR, "the read was {age:#} old");
    assert_eq!(service.sent(&order), ["authorized"]);
    assert_eq!(
        service.decisions(&order).await.len(),
        1,
        "and nothing has changed"
    );
}

#[sqlx::test]
async fn an_answer_that_the_rate_limit_holds_back_is_sent_only_after_another_read(pool: PgPool) {
    let service = TestService::open(pool).await;
    // Between the read and the answer Telnyx asks for a pause of two minutes.
    service
        .telnyx
        .faults()
        .next(Call::ListRejections, Fault::RateLimited(120));
    let order = service.telnyx.open_order(TestService::wrong_pin_order());
    let sent = || async {
        service.clock.advance(SignedDuration::from_secs(1));
        !service.sent(&order).is_empty()
    };
    service.until("the order is rejected", sent).await;
    let age = read_before_answer(&service, &order);
    assert!(age <= READ_GOOD_FOR, "the read was {age:#} old");
    assert_eq!(service.sent(&order).len(), 1);
}
