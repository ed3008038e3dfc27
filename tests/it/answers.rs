//! From a request at Telnyx to a recorded, confirmed answer.

use std::time::Duration;

use jiff::SignedDuration;
use portoutd::domain::{Action, AnswerState, DecidedBy, EpisodeState, Mode};
use portoutd::simulator::{Call, Copies, WebhookFaults};
use sqlx::PgPool;

use crate::test_service::{TestConfig, TestService};

#[sqlx::test]
async fn a_clean_request_is_authorized_once_and_every_step_is_on_record(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::clean_order()).await;
    service.pass(SignedDuration::from_secs(5)).await;

    assert_eq!(service.status(&order), "authorized");
    assert_eq!(service.sent(&order), ["authorized"]);
    let report = service.last_decision(&order).await;
    assert_eq!(report.decision.action, Action::Authorize);
    assert_eq!(report.decision.by, DecidedBy::Rule);
    assert_eq!(report.decision.rule.as_deref(), Some("clean-port"));
    assert_eq!(report.answer, AnswerState::Confirmed);
    assert!(
        report.decision.facts.contains(r#""pin":"right""#),
        "{}",
        report.decision.facts
    );
    let attempts = service.attempts(&report.decision).await;
    assert_eq!(attempts.len(), 1);
    assert!(
        attempts[0].started_at >= report.decision.decided_at,
        "decided before it was sent"
    );
    let episode = service.episodes(&order).await.remove(0);
    assert_eq!(episode.state, EpisodeState::Answered);
    assert!(episode.verified_at.is_some(), "a later read has shown it");
}

#[sqlx::test]
async fn a_wrong_pin_is_rejected_with_the_code_that_telnyx_offers_for_it(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::wrong_pin_order()).await;
    service.pass(SignedDuration::from_secs(5)).await;

    let shown = service.telnyx.order(&order).unwrap();
    assert_eq!(shown.status.to_string(), "rejected-pending");
    assert_eq!(shown.rejection_code, Some(1002));
    assert_eq!(
        shown.reason.as_deref(),
        Some("The account PIN given does not match our records.")
    );
    let report = service.last_decision(&order).await;
    assert_eq!(
        (report.decision.rule.as_deref(), report.code),
        (Some("wrong-pin"), Some(1002))
    );
}

#[sqlx::test]
async fn a_request_that_no_rule_decides_waits_for_a_person(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::strange_order()).await;
    service.pass(SignedDuration::from_secs(60)).await;

    assert_eq!(service.sent(&order), [""; 0]);
    assert_eq!(service.last_decision(&order).await.decision.action, Action::Hold);
    assert_eq!(service.waiting(&order).await.unwrap().state, EpisodeState::Held);
    assert_eq!(
        service.decisions(&order).await.len(),
        1,
        "looking again decides nothing new"
    );
}

#[sqlx::test]
async fn polling_alone_is_enough_and_finds_the_pin_in_the_events(pool: PgPool) {
    let service = TestService::with_config(
        pool,
        TestConfig {
            webhooks: false,
            ..TestConfig::default()
        },
    )
    .await;
    let right = service.telnyx.open_order(TestService::clean_order());
    let wrong = service.telnyx.open_order(TestService::wrong_pin_order());
    service.pass(SignedDuration::from_secs(70)).await;

    assert_eq!(service.status(&right), "authorized");
    assert_eq!(service.status(&wrong), "rejected-pending");
}

#[sqlx::test]
async fn lost_webhooks_cost_one_poll_interval_and_nothing_else(pool: PgPool) {
    let service = TestService::open(pool).await;
    service.telnyx.set_webhook_faults(WebhookFaults {
        copies: Copies::Lost,
        ..WebhookFaults::default()
    });
    let order = service.telnyx.open_order(TestService::clean_order());
    service.pass(SignedDuration::from_secs(70)).await;
    assert_eq!(service.status(&order), "authorized");
}

#[sqlx::test]
async fn a_webhook_delivered_five_times_is_answered_once(pool: PgPool) {
    let service = TestService::open(pool).await;
    service.telnyx.set_webhook_faults(WebhookFaults {
        copies: Copies::Of(5),
        ..WebhookFaults::default()
    });
    let order = service.receive(TestService::clean_order()).await;
    service.pass(SignedDuration::from_secs(120)).await;
    assert_eq!(service.sent(&order), ["authorized"]);
    assert_eq!(service.decisions(&order).await.len(), 1);
}

#[sqlx::test]
async fn in_shadow_mode_everything_is_judged_and_nothing_is_sent(pool: PgPool) {
    let service = TestService::with_config(
        pool,
        TestConfig {
            mode: Mode::Shadow,
            ..TestConfig::default()
        },
    )
    .await;
    let clean = service.receive(TestService::clean_order()).await;
    let wrong = service.receive(TestService::wrong_pin_order()).await;
    service.pass(SignedDuration::from_hours(2)).await;

    assert!(service.telnyx.requests_of(Call::UpdateStatus).is_empty());
    for (order, action) in [(&clean, Action::Authorize), (&wrong, Action::Reject)] {
        let report = service.last_decision(order).await;
        assert_eq!(
            (report.decision.action, report.decision.mode),
            (action, Mode::Shadow)
        );
        assert_eq!(report.answer, AnswerState::None);
        assert!(service.waiting(order).await.is_some(), "nobody has answered it");
    }
}

#[sqlx::test]
async fn what_was_judged_in_shadow_is_judged_anew_and_answered_when_enforced(pool: PgPool) {
    let shadow = TestService::with_config(
        pool.clone(),
        TestConfig {
            mode: Mode::Shadow,
            ..TestConfig::default()
        },
    )
    .await;
    let order = shadow.receive(TestService::clean_order()).await;
    shadow.close().await;

    let service = TestService::replica(
        pool,
        shadow.telnyx.clone(),
        shadow.clock.clone(),
        shadow.folder.clone(),
        TestConfig::default(),
    )
    .await;
    service.engine.start().await.unwrap();
    service.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(service.sent(&order), ["authorized"]);
    assert_eq!(service.decisions(&order).await.len(), 2);
}

#[sqlx::test]
async fn an_order_withdrawn_before_it_was_answered_is_closed_and_left_alone(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::strange_order()).await;
    service.telnyx.cancel(&order).unwrap();
    service.pass(SignedDuration::from_secs(5)).await;

    let episode = service.episodes(&order).await.remove(0);
    assert_eq!(
        (episode.state, episode.ended_as.as_deref()),
        (EpisodeState::Overtaken, Some("canceled"))
    );
    assert!(service.waiting(&order).await.is_none());
}

#[sqlx::test]
async fn an_order_that_was_never_pending_is_recorded_and_never_answered(pool: PgPool) {
    let service = TestService::open(pool).await;
    let rejected = TestService::clean_order().status(portoutd::domain::OrderStatus::Rejected);
    let order = service.receive(rejected).await;
    service.pass(SignedDuration::from_secs(5)).await;
    assert!(service.episodes(&order).await.is_empty());
    assert_eq!(service.sent(&order), [""; 0]);
}

#[sqlx::test]
async fn a_backlog_of_two_thousand_is_known_within_one_poll_and_answered_earliest_deadline_first(
    pool: PgPool,
) {
    const BACKLOG: i64 = 2_000;
    let config = TestConfig {
        webhooks: false,
        rules: "version = 1\ntimezone = \"UTC\"\n[[rule]]\nid = \"all\"\nmatch.numbers.count = \">= 1\"\naction = \"authorize\"\n".to_owned(),
        requests_per_second: 400.0,
        poll_interval: Duration::from_hours(1),
        at_once: 4,
        ..TestConfig::default()
    };
    let probe = TestService::with_config(
        pool.clone(),
        TestConfig {
            rules: config.rules.clone(),
            ..TestConfig::default()
        },
    )
    .await;
    probe.close().await;
    let now = portoutd::clock::Clock::now(&probe.clock);
    open_backlog(&probe, BACKLOG);
    let requests_before = probe.telnyx.requests().len();
    let lists_before = probe.telnyx.requests_of(Call::ListOrders).len();
    let service = TestService::replica(
        pool,
        probe.telnyx.clone(),
        probe.clock.clone(),
        probe.folder.clone(),
        config,
    )
    .await;
    service
        .until("the whole backlog is known", || async {
            known(&service).await == BACKLOG
        })
        .await;
    let lists = service.telnyx.requests_of(Call::ListOrders).len();
    service
        .until("a hundred are answered", || async {
            answered(&service).len() >= 100
        })
        .await;

    assert_eq!(
        lists - lists_before,
        8 + 1,
        "one poll: eight full pages of 250, and the empty one after them"
    );
    let ages: Vec<_> = answered(&service).iter().take(100).copied().collect();
    let youngest_allowed = now - SignedDuration::from_secs((BACKLOG - 120) * 20);
    assert!(
        ages.iter().all(|inserted| *inserted <= youngest_allowed),
        "the oldest come first"
    );
    assert_at_most_400_requests_per_second(&service, requests_before);
}

/// Opens orders in a mixed order, each with its own age.
fn open_backlog(probe: &TestService, orders: i64) {
    let now = portoutd::clock::Clock::now(&probe.clock);
    for age in 0..orders {
        let inserted_at = now - SignedDuration::from_secs((age * 7_919) % orders * 20);
        let order = TestService::clean_order().inserted_at(inserted_at).unannounced();
        let _ = probe.telnyx.open_order(order);
    }
}

fn assert_at_most_400_requests_per_second(service: &TestService, requests_before: usize) {
    let requests = service.telnyx.requests();
    let sent: Vec<jiff::Timestamp> = requests
        .iter()
        .skip(requests_before)
        .map(|request| request.at)
        .collect();
    for window in sent.windows(401) {
        let span = window[0].duration_until(window[400]);
        assert!(
            span >= SignedDuration::from_millis(980),
            "401 requests within {span:#}"
        );
    }
}

async fn known(service: &TestService) -> i64 {
    sqlx::query_scalar("select count(*) from orders")
        .fetch_one(&service.pool)
        .await
        .unwrap()
}

/// When the orders that were answered had come to Telnyx, in the order of the answers.
fn answered(service: &TestService) -> Vec<jiff::Timestamp> {
    let requests = service.telnyx.requests_of(Call::UpdateStatus);
    let order = |path: &str| path.rsplit('/').nth(1).unwrap_or_default().parse().unwrap();
    requests
        .iter()
        .map(|request| service.telnyx.order(&order(&request.path)).unwrap().inserted_at)
        .collect()
}
