//! From a request at Telnyx to a recorded, confirmed answer.

use std::time::Duration;

use jiff::SignedDuration;
use portoutd::domain::{Action, AnswerState, DecidedBy, EpisodeState, Mode};
use portoutd::simulator::{Call, Copies, WebhookFaults};
use sqlx::PgPool;

use crate::office::{Furnishing, Office};

#[sqlx::test]
async fn a_clean_request_is_authorized_once_and_every_step_is_on_record(pool: PgPool) {
    let office = Office::open(pool).await;
    let order = office.receive(Office::clean_order()).await;
    office.pass(SignedDuration::from_secs(5)).await;

    assert_eq!(office.status(&order), "authorized");
    assert_eq!(office.sent(&order), ["authorized"]);
    let report = office.last_decision(&order).await;
    assert_eq!(report.decision.action, Action::Authorize);
    assert_eq!(report.decision.by, DecidedBy::Rule);
    assert_eq!(report.decision.rule.as_deref(), Some("clean-port"));
    assert_eq!(report.answer, AnswerState::Confirmed);
    assert!(
        report.decision.facts.contains(r#""pin":"right""#),
        "{}",
        report.decision.facts
    );
    let attempts = office.attempts(&report.decision).await;
    assert_eq!(attempts.len(), 1);
    assert!(
        attempts[0].started_at >= report.decision.decided_at,
        "decided before it was sent"
    );
    let episode = office.episodes(&order).await.remove(0);
    assert_eq!(episode.state, EpisodeState::Answered);
    assert!(episode.verified_at.is_some(), "a later read has shown it");
}

#[sqlx::test]
async fn a_wrong_pin_is_rejected_with_the_code_that_telnyx_offers_for_it(pool: PgPool) {
    let office = Office::open(pool).await;
    let order = office.receive(Office::wrong_pin_order()).await;
    office.pass(SignedDuration::from_secs(5)).await;

    let shown = office.telnyx.order(&order).unwrap();
    assert_eq!(shown.status.to_string(), "rejected-pending");
    assert_eq!(shown.rejection_code, Some(1002));
    assert_eq!(
        shown.reason.as_deref(),
        Some("The account PIN given does not match our records.")
    );
    let report = office.last_decision(&order).await;
    assert_eq!(
        (report.decision.rule.as_deref(), report.code),
        (Some("wrong-pin"), Some(1002))
    );
}

#[sqlx::test]
async fn a_request_that_no_rule_decides_waits_for_a_person(pool: PgPool) {
    let office = Office::open(pool).await;
    let order = office.receive(Office::strange_order()).await;
    office.pass(SignedDuration::from_secs(60)).await;

    assert_eq!(office.sent(&order), [""; 0]);
    assert_eq!(office.last_decision(&order).await.decision.action, Action::Hold);
    assert_eq!(office.waiting(&order).await.unwrap().state, EpisodeState::Held);
    assert_eq!(
        office.decisions(&order).await.len(),
        1,
        "looking again decides nothing new"
    );
}

#[sqlx::test]
async fn polling_alone_is_enough_and_finds_the_pin_in_the_events(pool: PgPool) {
    let office = Office::furnished(
        pool,
        Furnishing {
            webhooks: false,
            ..Furnishing::default()
        },
    )
    .await;
    let right = office.telnyx.open_order(Office::clean_order());
    let wrong = office.telnyx.open_order(Office::wrong_pin_order());
    office.pass(SignedDuration::from_secs(70)).await;

    assert_eq!(office.status(&right), "authorized");
    assert_eq!(office.status(&wrong), "rejected-pending");
}

#[sqlx::test]
async fn lost_webhooks_cost_one_poll_interval_and_nothing_else(pool: PgPool) {
    let office = Office::open(pool).await;
    office.telnyx.set_webhook_faults(WebhookFaults {
        copies: Copies::Lost,
        ..WebhookFaults::default()
    });
    let order = office.telnyx.open_order(Office::clean_order());
    office.pass(SignedDuration::from_secs(70)).await;
    assert_eq!(office.status(&order), "authorized");
}

#[sqlx::test]
async fn a_webhook_delivered_five_times_is_answered_once(pool: PgPool) {
    let office = Office::open(pool).await;
    office.telnyx.set_webhook_faults(WebhookFaults {
        copies: Copies::Of(5),
        ..WebhookFaults::default()
    });
    let order = office.receive(Office::clean_order()).await;
    office.pass(SignedDuration::from_secs(120)).await;
    assert_eq!(office.sent(&order), ["authorized"]);
    assert_eq!(office.decisions(&order).await.len(), 1);
}

#[sqlx::test]
async fn in_shadow_mode_everything_is_judged_and_nothing_is_sent(pool: PgPool) {
    let office = Office::furnished(
        pool,
        Furnishing {
            mode: Mode::Shadow,
            ..Furnishing::default()
        },
    )
    .await;
    let clean = office.receive(Office::clean_order()).await;
    let wrong = office.receive(Office::wrong_pin_order()).await;
    office.pass(SignedDuration::from_hours(2)).await;

    assert!(office.telnyx.requests_of(Call::UpdateStatus).is_empty());
    for (order, action) in [(&clean, Action::Authorize), (&wrong, Action::Reject)] {
        let report = office.last_decision(order).await;
        assert_eq!(
            (report.decision.action, report.decision.mode),
            (action, Mode::Shadow)
        );
        assert_eq!(report.answer, AnswerState::None);
        assert!(office.waiting(order).await.is_some(), "nobody has answered it");
    }
}

#[sqlx::test]
async fn what_was_judged_in_shadow_is_judged_anew_and_answered_when_enforced(pool: PgPool) {
    let shadow = Office::furnished(
        pool.clone(),
        Furnishing {
            mode: Mode::Shadow,
            ..Furnishing::default()
        },
    )
    .await;
    let order = shadow.receive(Office::clean_order()).await;
    shadow.close().await;

    let office = Office::beside(
        pool,
        shadow.telnyx.clone(),
        shadow.clock.clone(),
        shadow.folder.clone(),
        Furnishing::default(),
    )
    .await;
    office.engine.start().await.unwrap();
    office.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(office.sent(&order), ["authorized"]);
    assert_eq!(office.decisions(&order).await.len(), 2);
}

#[sqlx::test]
async fn an_order_withdrawn_before_it_was_answered_is_closed_and_left_alone(pool: PgPool) {
    let office = Office::open(pool).await;
    let order = office.receive(Office::strange_order()).await;
    office.telnyx.cancel(&order).unwrap();
    office.pass(SignedDuration::from_secs(5)).await;

    let episode = office.episodes(&order).await.remove(0);
    assert_eq!(
        (episode.state, episode.ended_as.as_deref()),
        (EpisodeState::Overtaken, Some("canceled"))
    );
    assert!(office.waiting(&order).await.is_none());
}

#[sqlx::test]
async fn an_order_that_was_never_pending_is_recorded_and_never_answered(pool: PgPool) {
    let office = Office::open(pool).await;
    let rejected = Office::clean_order().status(portoutd::domain::OrderStatus::Rejected);
    let order = office.receive(rejected).await;
    office.pass(SignedDuration::from_secs(5)).await;
    assert!(office.episodes(&order).await.is_empty());
    assert_eq!(office.sent(&order), [""; 0]);
}

#[sqlx::test]
async fn a_backlog_of_two_thousand_is_known_within_one_poll_and_answered_earliest_deadline_first(
    pool: PgPool,
) {
    const BACKLOG: i64 = 2_000;
    let furnishing = Furnishing {
        webhooks: false,
        rules: "version = 1\ntimezone = \"UTC\"\n[[rule]]\nid = \"all\"\nmatch.numbers.count = \">= 1\"\naction = \"authorize\"\n".to_owned(),
        requests_per_second: 400.0,
        poll_interval: Duration::from_hours(1),
        at_once: 4,
        ..Furnishing::default()
    };
    let probe = Office::furnished(
        pool.clone(),
        Furnishing {
            rules: furnishing.rules.clone(),
            ..Furnishing::default()
        },
    )
    .await;
    probe.close().await;
    let now = portoutd::clock::Clock::now(&probe.clock);
    for age in 0..BACKLOG {
        // Opened in a mixed order, each with an age of its own.
        let minutes = (age * 7_919) % BACKLOG;
        let inserted_at = now - SignedDuration::from_secs(minutes * 20);
        let _ = probe
            .telnyx
            .open_order(Office::clean_order().inserted_at(inserted_at).unannounced());
    }
    let requests_before = probe.telnyx.requests().len();
    let lists_before = probe.telnyx.requests_of(Call::ListOrders).len();
    let office = Office::beside(
        pool,
        probe.telnyx.clone(),
        probe.clock.clone(),
        probe.folder.clone(),
        furnishing,
    )
    .await;
    office
        .until("the whole backlog is known", || async {
            known(&office).await == BACKLOG
        })
        .await;
    let lists = office.telnyx.requests_of(Call::ListOrders).len();
    office
        .until("a hundred are answered", || async {
            answered(&office).len() >= 100
        })
        .await;

    assert_eq!(
        lists - lists_before,
        8 + 1,
        "one poll: eight full pages of 250, and the empty one behind them"
    );
    let ages: Vec<_> = answered(&office).iter().take(100).copied().collect();
    let youngest_allowed = now - SignedDuration::from_secs((BACKLOG - 120) * 20);
    assert!(
        ages.iter().all(|inserted| *inserted <= youngest_allowed),
        "the oldest come first"
    );
    let sent: Vec<jiff::Timestamp> = office
        .telnyx
        .requests()
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

async fn known(office: &Office) -> i64 {
    sqlx::query_scalar("select count(*) from orders")
        .fetch_one(&office.pool)
        .await
        .unwrap()
}

/// When the orders that were answered had come to Telnyx, in the order of the answers.
fn answered(office: &Office) -> Vec<jiff::Timestamp> {
    let requests = office.telnyx.requests_of(Call::UpdateStatus);
    let order = |path: &str| path.rsplit('/').nth(1).unwrap_or_default().parse().unwrap();
    requests
        .iter()
        .map(|request| office.telnyx.order(&order(&request.path)).unwrap().inserted_at)
        .collect()
}
