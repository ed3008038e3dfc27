//! Every known order has a deadline and raises its alarm, whatever keeps the service from reading or answering it.

use jiff::{SignedDuration, Timestamp};
use portoutd::clock::Clock as _;
use portoutd::domain::{AccountName, Action, OrderId, OrderStatus};
use portoutd::engine::intake::ingest::Incoming;
use portoutd::simulator::{Call, Fault};
use portoutd::store::reports;
use portoutd::telnyx;
use sqlx::PgPool;

use crate::service_records::{passed_at, until_alarmed};
use crate::stuck_workers::{opened, with_every_worker_stuck};
use crate::test_service::{TestConfig, TestService};

const HOURS_20: SignedDuration = SignedDuration::from_hours(20);

/// From the first webhook on the order is in `pending` with its deadline and what is wrong; at the deadline it alarms.
async fn alarms_at_its_deadline_under(pool: PgPool, fault: Fault) {
    let service = TestService::open(pool).await;
    let start = service.clock.now();
    service.telnyx.faults().always(Call::GetOrder, fault);
    let order = service.receive(TestService::clean_order()).await;

    let waiting = service.waiting(&order).await.expect("it is in `pending`");
    let decide_by = waiting.decide_by.expect("it has a deadline");
    let taken = start.duration_until(decide_by) - HOURS_20;
    assert!(taken < SignedDuration::from_mins(1), "{taken:#}");
    assert!(waiting.trouble.is_some(), "what is wrong is said");
    service.pass(SignedDuration::from_hours(19)).await;
    assert_eq!(passed_at(&service, &order).await, None, "too early");
    service.pass(SignedDuration::from_hours(2)).await;
    until_alarmed(&service, &order).await;
    let waiting = service.waiting(&order).await.unwrap();
    assert!(waiting.deadline_passed_at.is_some());
    assert_eq!(service.sent(&order), [""; 0]);
}

#[sqlx::test]
async fn an_order_that_telnyx_answers_with_an_error_alarms_at_its_deadline(pool: PgPool) {
    alarms_at_its_deadline_under(pool, Fault::Status(500)).await;
}

#[sqlx::test]
async fn an_order_that_telnyx_does_not_know_alarms_at_its_deadline(pool: PgPool) {
    alarms_at_its_deadline_under(pool, Fault::Status(404)).await;
}

#[sqlx::test]
async fn an_order_answered_with_a_page_for_people_alarms_at_its_deadline(pool: PgPool) {
    alarms_at_its_deadline_under(pool, Fault::Html).await;
}

#[sqlx::test]
async fn an_order_answered_with_another_orders_id_alarms_at_its_deadline(pool: PgPool) {
    alarms_at_its_deadline_under(pool, Fault::OtherOrder).await;
}

#[sqlx::test]
async fn an_order_with_a_status_that_is_not_known_alarms_at_its_deadline(pool: PgPool) {
    let status = OrderStatus::Other("in-pending".to_owned());
    alarms_at_its_deadline_under(pool, Fault::OtherStatus(status)).await;
}

#[sqlx::test]
async fn an_order_without_a_status_alarms_at_its_deadline(pool: PgPool) {
    alarms_at_its_deadline_under(pool, Fault::NullField("status".to_owned())).await;
}

#[sqlx::test]
async fn an_order_known_only_from_a_webhook_while_the_api_is_away_alarms_at_its_deadline(pool: PgPool) {
    let service = TestService::open(pool).await;
    service.telnyx.faults().always(Call::Any, Fault::Status(503));
    let start = service.clock.now();
    let order = service.receive(TestService::clean_order()).await;
    let waiting = service.waiting(&order).await.unwrap();
    let taken = start.duration_until(waiting.decide_by.unwrap()) - HOURS_20;
    assert!(taken < SignedDuration::from_mins(1), "{taken:#}");
    assert!(waiting.arrival_uncertain, "it may be older");
    service.pass(SignedDuration::from_hours(21)).await;
    until_alarmed(&service, &order).await;
}

#[sqlx::test]
async fn a_status_in_another_spelling_is_answered_like_any_other(pool: PgPool) {
    let service = TestService::open(pool).await;
    let status = OrderStatus::Other(" PENDING".to_owned());
    service
        .telnyx
        .faults()
        .always(Call::GetOrder, Fault::OtherStatus(status));
    let order = service.receive(TestService::clean_order()).await;
    assert_eq!(service.sent(&order), ["authorized"]);
}

#[sqlx::test]
async fn an_order_whose_status_becomes_known_is_answered_after_the_next_poll(pool: PgPool) {
    let service = TestService::open(pool).await;
    let status = OrderStatus::Other("in-pending".to_owned());
    service
        .telnyx
        .faults()
        .always(Call::GetOrder, Fault::OtherStatus(status));
    let order = service.receive(TestService::clean_order()).await;
    assert!(
        service
            .waiting(&order)
            .await
            .unwrap()
            .trouble
            .unwrap()
            .contains("in-pending")
    );
    service.telnyx.faults().clear();
    service.pass(SignedDuration::from_mins(2)).await;
    assert_eq!(service.status(&order), "authorized");
    assert!(service.waiting(&order).await.is_none());
}

#[sqlx::test]
async fn created_at_counts_where_inserted_at_is_missing(pool: PgPool) {
    let service = TestService::open(pool).await;
    for call in [Call::GetOrder, Call::ListOrders] {
        service
            .telnyx
            .faults()
            .always(call, Fault::NullField("inserted_at".to_owned()));
    }
    let created_at = service.clock.now() - SignedDuration::from_hours(19);
    let order = service
        .receive(TestService::strange_order().inserted_at(created_at))
        .await;
    let waiting = service.waiting(&order).await.unwrap();
    assert_eq!(waiting.decide_by, Some(created_at + HOURS_20));
    assert!(!waiting.arrival_uncertain);
    assert_eq!(service.episodes(&order).await[0].decide_by, created_at + HOURS_20);
}

#[sqlx::test]
async fn an_arrival_that_cannot_be_true_puts_no_deadline_off_and_sorts_first(pool: PgPool) {
    let service = TestService::open(pool).await;
    let (start, hours_5) = (service.clock.now(), SignedDuration::from_hours(5));
    let older = service
        .receive(TestService::strange_order().inserted_at(start - hours_5))
        .await;
    let far: Timestamp = "9999-06-30T00:00:00Z".parse().unwrap();
    let odd = service
        .receive(TestService::strange_order().inserted_at(far))
        .await;

    let waiting = reports::list_waiting(&service.pool).await.unwrap();
    let found: Vec<(&OrderId, bool)> = waiting
        .iter()
        .map(|one| (&one.order_id, one.arrival_uncertain))
        .collect();
    assert_eq!(found, [(&odd, true), (&older, false)]);
    let latest = service.clock.now() + HOURS_20;
    assert!(waiting[0].decide_by.unwrap() <= latest);
    assert!(service.episodes(&odd).await[0].decide_by <= latest);
    service.pass(SignedDuration::from_hours(21)).await;
    until_alarmed(&service, &odd).await;
}

#[sqlx::test]
async fn a_better_arrival_brings_the_deadline_of_an_open_episode_forward_and_a_worse_one_changes_nothing(
    pool: PgPool,
) {
    let service = TestService::open(pool).await;
    let created_at = service.clock.now() - SignedDuration::from_hours(10);
    let hidden = || Fault::NullField("created_at".to_owned());
    service.telnyx.faults().always(Call::GetOrder, hidden());
    let order = service
        .receive(TestService::strange_order().inserted_at(created_at))
        .await;
    let first = service.episodes(&order).await[0].decide_by;
    assert_eq!(first, created_at + HOURS_20);
    sqlx::query("update episodes set decide_by = decide_by + interval '3 hours'")
        .execute(&service.pool)
        .await
        .unwrap();
    service.pass(SignedDuration::from_mins(11)).await;
    assert_eq!(service.episodes(&order).await[0].decide_by, first);

    service.telnyx.faults().clear();
    service
        .telnyx
        .faults()
        .always(Call::GetOrder, Fault::NullField("inserted_at".to_owned()));
    service.pass(SignedDuration::from_mins(11)).await;
    assert_eq!(service.episodes(&order).await[0].decide_by, first);
}

#[sqlx::test]
async fn an_order_of_an_account_that_is_not_configured_alarms_at_its_deadline(pool: PgPool) {
    let service = TestService::open(pool).await;
    let gone: AccountName = "gone".parse().unwrap();
    let body = br#"{"data":{"event_type":"portout.status_changed","id":"e-1","payload":{"id":"0ccc7b54-4df3-4bca-a65a-3da1ecc777f0","status":"pending"}}}"#;
    let event = Incoming::new(gone, telnyx::parse_webhook(body), service.clock.now());
    service.engine.ingest.record_batch(vec![event]).await.unwrap();
    let order: OrderId = "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0".parse().unwrap();
    service.pass(SignedDuration::from_hours(21)).await;
    until_alarmed(&service, &order).await;
    assert!(service.waiting(&order).await.unwrap().trouble.is_some());
}

#[sqlx::test]
async fn a_deadline_that_passed_while_nothing_ran_alarms_at_the_start_and_not_again_at_the_next(
    pool: PgPool,
) {
    let service = with_every_worker_stuck(pool.clone()).await;
    let order = opened(&service).await;
    service.close().await;
    service.clock.advance(SignedDuration::from_hours(21));
    let again = || {
        TestService::replica(
            pool.clone(),
            service.telnyx.clone(),
            service.clock.clone(),
            service.folder.clone(),
            TestConfig {
                at_once: 0,
                ..TestConfig::default()
            },
        )
    };
    let second = again().await;
    until_alarmed(&second, &order).await;
    let first_alarm = passed_at(&second, &order).await;
    second.close().await;
    let third = again().await;
    let later = opened(&third).await;
    third.clock.advance(SignedDuration::from_hours(21));
    until_alarmed(&third, &later).await;
    assert_eq!(passed_at(&third, &order).await, first_alarm);
}

#[sqlx::test]
async fn an_order_that_had_left_and_cannot_be_read_after_news_of_it_alarms_after_an_hour(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::clean_order()).await;
    service.pass(SignedDuration::from_secs(5)).await;
    assert!(service.waiting(&order).await.is_none());
    service.telnyx.faults().always(Call::GetOrder, Fault::Status(500));
    service.telnyx.comment(&order, "Please call us.").unwrap();
    service
        .until("the order is shown again", || async {
            service.waiting(&order).await.is_some()
        })
        .await;
    service.pass(SignedDuration::from_mins(50)).await;
    assert_eq!(passed_at(&service, &order).await, None, "too early");
    service.pass(SignedDuration::from_mins(15)).await;
    until_alarmed(&service, &order).await;
    service.telnyx.faults().clear();
    service.pass(SignedDuration::from_mins(10)).await;
    assert_eq!(passed_at(&service, &order).await, None, "it has left after all");
}

#[sqlx::test]
async fn a_bounce_has_an_alarm_of_its_own(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::strange_order()).await;
    service.pass(SignedDuration::from_hours(21)).await;
    until_alarmed(&service, &order).await;
    service.person(&order, Action::Reject).await.unwrap();
    service.pass(SignedDuration::from_secs(10)).await;
    assert_eq!(passed_at(&service, &order).await, None, "it has left");
    service.telnyx.bounce(&order).unwrap();
    service.pass(SignedDuration::from_mins(2)).await;
    until_alarmed(&service, &order).await;
    assert_eq!(service.episodes(&order).await.len(), 2);
}

#[sqlx::test]
async fn a_shorter_time_to_decide_counts_for_orders_that_become_known_after_a_reload(pool: PgPool) {
    let service = TestService::open(pool).await;
    service.telnyx.faults().always(Call::Any, Fault::Status(503));
    service
        .reload(&crate::test_service::RULES.replace("\"20h\"", "\"6h\""))
        .await;
    let now = service.clock.now();
    let order = service.receive(TestService::clean_order()).await;
    let decide_by = service.waiting(&order).await.unwrap().decide_by.unwrap();
    let taken = now.duration_until(decide_by) - SignedDuration::from_hours(6);
    assert!(taken < SignedDuration::from_mins(1), "{taken:#}");
}
