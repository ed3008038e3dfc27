//! Rejections that come back, people who answer, deadlines that pass.

use jiff::SignedDuration;
use portoutd::domain::{Action, DecidedBy, EpisodeState};
use portoutd::engine::AskedBy;
use portoutd::simulator::{Call, Fault};
use sqlx::PgPool;

use crate::test_service::{RULES, TestConfig, TestService};

const DAYS_2: std::time::Duration = std::time::Duration::from_hours(48);

#[sqlx::test]
async fn a_bounced_rejection_waits_for_a_person(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::wrong_pin_order()).await;
    service.pass(SignedDuration::from_secs(5)).await;
    service.telnyx.bounce(&order).unwrap();
    service.pass(SignedDuration::from_hours(3)).await;

    assert_eq!(
        service.sent(&order),
        ["rejected-pending"],
        "the machine has answered once and never again"
    );
    let episodes = service.episodes(&order).await;
    assert_eq!(episodes.len(), 2);
    assert_eq!(episodes[1].state, EpisodeState::Held);
    assert!(
        service
            .last_decision(&order)
            .await
            .decision
            .facts
            .contains(r#""times_rejected":1"#)
    );

    service.person(&order, Action::Reject).await.unwrap();
    service.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(service.sent(&order), ["rejected-pending", "rejected-pending"]);
    assert_eq!(
        service.telnyx.order(&order).unwrap().reason.as_deref(),
        Some("I called the owner.")
    );
}

#[sqlx::test]
async fn a_person_answers_what_was_held_and_the_record_says_who_and_why(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::strange_order()).await;
    service.person(&order, Action::Authorize).await.unwrap();
    service.pass(SignedDuration::from_secs(5)).await;

    assert_eq!(service.status(&order), "authorized");
    let decisions = service.decisions(&order).await;
    let last = &decisions[1].decision;
    assert_eq!(
        (last.by, last.person.as_deref()),
        (DecidedBy::Person, Some("ann"))
    );
    assert_eq!(last.reason.as_deref(), Some("I called the owner."));
    assert_eq!(last.supersedes, Some(decisions[0].decision.id));
}

#[sqlx::test]
async fn a_person_cannot_turn_what_was_already_sent(pool: PgPool) {
    let service = TestService::open(pool).await;
    service.telnyx.faults().next(Call::UpdateStatus, Fault::Timeout);
    let order = service.receive(TestService::clean_order()).await;
    let refused = service.person(&order, Action::Reject).await.unwrap_err();
    assert!(
        refused.to_string().contains("`authorized` was already sent"),
        "{refused}"
    );
    service.pass(SignedDuration::from_secs(120)).await;
    assert_eq!(service.sent(&order), ["authorized", "authorized"]);
}

#[sqlx::test]
async fn what_a_person_holds_no_rule_touches(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::strange_order()).await;
    service.person(&order, Action::Hold).await.unwrap();
    let rules = RULES.replace("\"073H\"", "\"999X\"");
    std::fs::write(service.folder.path().join("rules.toml"), rules).unwrap();
    service.engine.reload(AskedBy::Machine("test")).await.unwrap();
    service.pass(SignedDuration::from_secs(60)).await;
    assert_eq!(service.sent(&order), [""; 0]);
}

#[sqlx::test]
async fn a_deadline_that_passes_is_marked_once_and_nothing_is_sent(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::strange_order()).await;
    service.pass(SignedDuration::from_hours(19)).await;
    assert_eq!(service.waiting(&order).await.unwrap().deadline_passed_at, None);
    service.pass(SignedDuration::from_hours(2)).await;
    assert!(
        service
            .waiting(&order)
            .await
            .unwrap()
            .deadline_passed_at
            .is_some()
    );
    assert_eq!(service.sent(&order), [""; 0]);
}

#[sqlx::test]
async fn a_deadline_is_noticed_while_telnyx_cannot_be_read(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::strange_order()).await;
    service.telnyx.faults().always(Call::GetOrder, Fault::Status(500));
    service.pass(SignedDuration::from_hours(21)).await;
    assert!(
        service
            .waiting(&order)
            .await
            .unwrap()
            .deadline_passed_at
            .is_some()
    );
}

#[sqlx::test]
async fn at_decide_by_answers_what_is_still_on_hold_but_never_a_bounce(pool: PgPool) {
    let rules = RULES.replace("at_decide_by = \"notify\"", "at_decide_by = \"reject\"");
    let service = TestService::with_config(
        pool,
        TestConfig {
            rules,
            ..TestConfig::default()
        },
    )
    .await;
    service
        .telnyx
        .assume(|assumptions| assumptions.silence_authorizes_after = (DAYS_2, DAYS_2));
    let order = service.receive(TestService::strange_order()).await;
    let bounced = service.receive(TestService::wrong_pin_order()).await;
    service.pass(SignedDuration::from_secs(5)).await;
    service.telnyx.bounce(&bounced).unwrap();
    service.pass(SignedDuration::from_hours(21)).await;

    assert_eq!(
        service.last_decision(&order).await.decision.by,
        DecidedBy::Deadline
    );
    assert_eq!(service.sent(&order), ["rejected-pending"]);
    assert_eq!(
        service.sent(&bounced),
        ["rejected-pending"],
        "once, before it bounced"
    );
}

#[sqlx::test]
async fn silence_that_authorized_is_told_and_recorded(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::strange_order()).await;
    service.telnyx.authorize_by_silence(&order).unwrap();
    service.pass(SignedDuration::from_secs(5)).await;
    let episode = service.episodes(&order).await.remove(0);
    assert_eq!(
        (episode.state, episode.ended_as.as_deref()),
        (EpisodeState::Overtaken, Some("authorized"))
    );
}

#[sqlx::test]
async fn an_order_found_after_its_deadline_is_answered_without_an_alarm(pool: PgPool) {
    let service = TestService::open(pool).await;
    service
        .telnyx
        .assume(|assumptions| assumptions.silence_authorizes_after = (DAYS_2, DAYS_2));
    let inserted_at = portoutd::clock::Clock::now(&service.clock) - SignedDuration::from_hours(30);
    let order = service
        .receive(TestService::clean_order().inserted_at(inserted_at))
        .await;
    service.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(service.status(&order), "authorized");
    assert_eq!(service.episodes(&order).await[0].deadline_passed_at, None);
}
