//! What a poll finds although the list is too large, told wrongly, odd in places, or cannot be read at all.

use std::time::Duration;

use jiff::SignedDuration;
use portoutd::domain::OrderId;
use portoutd::http::metrics;
use portoutd::simulator::{Call, Fault, ListMeta, NewOrder};
use serde_json::json;
use sqlx::PgPool;

use crate::test_service::{TestConfig, TestService};

/// An order of which no webhook tells.
fn silent_order() -> NewOrder {
    TestService::clean_order().unannounced()
}

/// A service that has finished its first poll, so that the next one finds what is opened now.
async fn opened(pool: PgPool) -> TestService {
    let service = TestService::with_config(
        pool,
        TestConfig {
            webhooks: false,
            ..TestConfig::default()
        },
    )
    .await;
    let polled = || async { polls(&service) > 0 };
    service.until("the first poll is over", polled).await;
    service.rest().await;
    service
}

fn polls(service: &TestService) -> usize {
    let lists = service.telnyx.requests_of(Call::ListOrders);
    lists.iter().filter(|one| one.status.is_some()).count()
}

/// Lets polls come until so many orders are known, and whatever they find be done.
async fn poll(service: &TestService, expected: i64) {
    meanwhile(service, "the orders are known", || async {
        known(service).await >= expected
    })
    .await;
    service.rest().await;
    assert_eq!(known(service).await, expected);
}

/// Moves time second by second until something is so: nobody can see when the poller begins to wait.
async fn meanwhile<F: Future<Output = bool>>(service: &TestService, what: &str, so: impl Fn() -> F) {
    let waited = || async {
        service.clock.advance(SignedDuration::from_secs(1));
        so().await
    };
    service.until(what, waited).await;
}

/// Waits until an order has a decision. The client waits 400 ms of real time for an answer: on a busy machine a read can
/// take longer, and then the order is read again after a pause, which [`TestService::rest`] does not wait for.
async fn decided(service: &TestService, order: &OrderId) {
    meanwhile(service, "the order is decided", || async {
        !service.decisions(order).await.is_empty()
    })
    .await;
    service.rest().await;
}

/// As [`decided`], and authorized at Telnyx.
async fn authorized(service: &TestService, order: &OrderId) {
    meanwhile(service, "the order is authorized", || async {
        service.status(order) == "authorized"
    })
    .await;
}

/// As [`decided`], for an order that cannot be decided: until `pending` gives the reason.
async fn in_trouble(service: &TestService, order: &OrderId, reason: &str) {
    meanwhile(service, reason, || async {
        let trouble = service.waiting(order).await.and_then(|waiting| waiting.trouble);
        trouble.is_some_and(|trouble| trouble.contains(reason))
    })
    .await;
}

async fn known(service: &TestService) -> i64 {
    sqlx::query_scalar("select count(*) from orders")
        .fetch_one(&service.pool)
        .await
        .unwrap()
}

#[sqlx::test]
async fn large_orders_do_not_hide_a_small_one(pool: PgPool) {
    let service = opened(pool).await;
    let small = service.telnyx.open_order(silent_order());
    // Together more than 2 MiB on one page.
    for _ in 0..10 {
        let note = json!("x".repeat(250_000));
        let large = silent_order().spid("999X").listed_as("note", note);
        let _ = service.telnyx.open_order(large);
    }
    poll(&service, 11).await;
    authorized(&service, &small).await;
}

#[sqlx::test]
async fn short_pages_with_wrong_totals_hide_no_order(pool: PgPool) {
    let service = opened(pool).await;
    service
        .telnyx
        .faults()
        .always(Call::ListEvents, Fault::Status(500));
    service.telnyx.assume(|assumptions| assumptions.longest_page = 10);
    for (meta, expected) in [(ListMeta::OnePage, 18), (ListMeta::Missing, 36)] {
        service.telnyx.assume(|assumptions| assumptions.list_meta = meta);
        for _ in 0..18 {
            let _ = service.telnyx.open_order(silent_order().spid("999X"));
        }
        poll(&service, expected).await;
    }
}

#[sqlx::test]
async fn odd_orders_are_decided_like_any_other_and_spoil_nothing(pool: PgPool) {
    let service = opened(pool.clone()).await;
    let date = "-005000-01-01T00:00:00Z";
    let odd = [
        silent_order().shown_as("inserted_at", json!(date)),
        silent_order().shown_as("inserted_at", json!("+010000-01-01T00:00:00Z")),
        silent_order().shown_as("foc_date", json!(date)),
        silent_order().listed_as("updated_at", json!(date)),
        silent_order().shown_as("phone_numbers", json!(null)),
        silent_order().shown_as("phone_numbers", json!([null, ["+13125550100"], {"n": 1}])),
        silent_order().shown_as("carrier_name", json!("a\u{0}b")),
        silent_order().shown_as("end_user_name", json!("x".repeat(100_000))),
        silent_order().shown_as("spid", json!({"code": "073H"})),
        silent_order().shown_as("support_key", json!(["PO_1"])),
    ];
    let mut orders: Vec<OrderId> = odd.map(|order| service.telnyx.open_order(order)).into();
    let clean = service.telnyx.open_order(silent_order());
    orders.push(clean.clone());
    poll(&service, 11).await;
    for order in &orders {
        decided(&service, order).await;
        assert_eq!(service.decisions(order).await.len(), 1, "{order}");
        let waiting = service.waiting(order).await;
        assert!(
            waiting.is_none_or(|waiting| waiting.trouble.is_none()),
            "{order} can be stored as it is"
        );
    }
    authorized(&service, &clean).await;
    let failed: i64 = sqlx::query_scalar("select count(*) from orders where failures > 0")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(failed, 0, "nothing is tried again and again");
}

#[sqlx::test]
async fn an_order_listed_in_capitals_and_read_in_lower_case_is_decided(pool: PgPool) {
    let service = opened(pool.clone()).await;
    service
        .telnyx
        .faults()
        .always(Call::ListEvents, Fault::Status(500));
    // The simulator makes the ids: another order is listed under this one's id, in capitals.
    let order = service
        .telnyx
        .open_order(silent_order().listed_as("id", json!("another")));
    let capitals = json!(order.as_str().to_uppercase());
    let _ = service
        .telnyx
        .open_order(silent_order().listed_as("id", capitals));
    poll(&service, 2).await;
    decided(&service, &order).await;
    assert_eq!(service.decisions(&order).await.len(), 1);
    let ids: Vec<String> = sqlx::query_scalar("select order_id from orders")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert!(ids.contains(&order.to_string()), "{ids:?}");
}

#[sqlx::test]
async fn an_order_whose_read_the_database_refuses_is_in_pending(pool: PgPool) {
    let service = opened(pool.clone()).await;
    sqlx::query("alter table orders add constraint no_poison check (carrier_name <> 'poison')")
        .execute(&pool)
        .await
        .unwrap();
    // Known from an event only, so that it is the read that is refused.
    service
        .telnyx
        .faults()
        .always(Call::ListOrders, Fault::Status(422));
    let odd = service.telnyx.open_order(silent_order().carrier_name("poison"));
    poll(&service, 1).await;
    in_trouble(&service, &odd, "no_poison").await;
}

#[sqlx::test]
async fn an_order_that_the_database_refuses_is_in_pending_and_spoils_nothing(pool: PgPool) {
    let service = opened(pool.clone()).await;
    sqlx::query("alter table orders add constraint no_poison check (carrier_name <> 'poison')")
        .execute(&pool)
        .await
        .unwrap();
    let odd = service.telnyx.open_order(silent_order().carrier_name("poison"));
    let clean = service.telnyx.open_order(silent_order());
    poll(&service, 2).await;
    authorized(&service, &clean).await;
    in_trouble(&service, &odd, "no_poison").await;
    let waiting = service.waiting(&odd).await.expect("it is in pending");
    assert!(waiting.decide_by.is_some(), "and has a deadline");

    sqlx::query("alter table orders drop constraint no_poison")
        .execute(&pool)
        .await
        .unwrap();
    service.pass(SignedDuration::from_mins(10)).await;
    assert_eq!(service.status(&odd), "authorized", "as soon as it can be stored");
}

#[sqlx::test]
async fn an_order_too_large_to_be_read_is_in_pending_with_the_reason(pool: PgPool) {
    let service = opened(pool).await;
    let note = json!("x".repeat(3 << 20));
    let huge = service.telnyx.open_order(silent_order().shown_as("note", note));
    let clean = service.telnyx.open_order(silent_order());
    poll(&service, 2).await;
    authorized(&service, &clean).await;
    in_trouble(&service, &huge, "larger than 2 MiB").await;
}

#[sqlx::test]
async fn events_are_kept_although_the_list_cannot_be_read(pool: PgPool) {
    let service = opened(pool).await;
    service
        .telnyx
        .faults()
        .always(Call::ListOrders, Fault::Status(500));
    let order = service.telnyx.open_order(silent_order());
    poll(&service, 1).await;
    assert_eq!(service.status(&order), "authorized", "the events API told of it");
}

#[sqlx::test]
async fn a_cursor_that_a_clock_set_back_has_left_in_the_future_hides_no_event(pool: PgPool) {
    let service = opened(pool.clone()).await;
    sqlx::query("update poll_cursors set events_to = events_to + interval '6 hours'")
        .execute(&pool)
        .await
        .unwrap();
    // Only the events tell of the order.
    service
        .telnyx
        .faults()
        .always(Call::ListOrders, Fault::Status(500));
    let _ = service.telnyx.open_order(silent_order());
    poll(&service, 1).await;
}

#[sqlx::test]
async fn orders_are_known_although_the_events_cannot_be_read(pool: PgPool) {
    let service = opened(pool).await;
    service
        .telnyx
        .faults()
        .always(Call::ListEvents, Fault::Status(500));
    let _ = service.telnyx.open_order(silent_order());
    poll(&service, 1).await;
}

#[sqlx::test]
async fn the_part_of_a_list_that_could_be_read_is_used(pool: PgPool) {
    let service = opened(pool).await;
    service
        .telnyx
        .faults()
        .always(Call::ListEvents, Fault::Status(500));
    service.telnyx.assume(|assumptions| assumptions.longest_page = 5);
    for _ in 0..12 {
        let _ = service.telnyx.open_order(silent_order().spid("999X"));
    }
    // The first page passes, then the key is refused: smaller pages would not help.
    service
        .telnyx
        .faults()
        .next(Call::ListOrders, Fault::Delay(Duration::ZERO));
    service
        .telnyx
        .faults()
        .always(Call::ListOrders, Fault::Status(403));
    poll(&service, 5).await;
}

#[sqlx::test]
async fn polls_that_fail_in_a_row_raise_an_alarm_and_are_counted(pool: PgPool) {
    let recorder = metrics::recorder().unwrap();
    let handle = recorder.handle();
    let _guard = ::metrics::set_default_local_recorder(&recorder);
    let service = opened(pool).await;
    let value = |name: &str| {
        let text = handle.render();
        let line = text
            .lines()
            .find(|line| line.starts_with(name))
            .map(str::to_owned);
        line.and_then(|line| line.rsplit(' ').next().unwrap().parse::<f64>().ok())
    };
    let alarms = || value(r#"portoutd_alarms_total{alarm="poll_failing"}"#);
    assert_eq!(value("portoutd_poll_failures_in_a_row"), Some(0.0));
    let listed = || async { value("portoutd_last_poll_timestamp_seconds").is_some_and(|at| at > 1e9) };
    service.until("the first poll is recorded", listed).await;
    let last_poll = value("portoutd_last_poll_timestamp_seconds").unwrap();

    service
        .telnyx
        .faults()
        .always(Call::ListOrders, Fault::Status(422));
    let raised = || async { alarms() == Some(1.0) };
    meanwhile(&service, "the alarm is raised", raised).await;
    let failures = value("portoutd_poll_failures_in_a_row").unwrap();
    assert!((4.0..=6.0).contains(&failures), "{failures}");
    assert_eq!(value("portoutd_last_poll_timestamp_seconds"), Some(last_poll));

    service.telnyx.faults().clear();
    let succeeded = || async { value("portoutd_poll_failures_in_a_row") == Some(0.0) };
    meanwhile(&service, "a poll succeeds", succeeded).await;
    assert!(value("portoutd_last_poll_timestamp_seconds").unwrap() > last_poll);
}
