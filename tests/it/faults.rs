//! A Telnyx that fails, lies and hesitates: every class of outcome and its next step.

use jiff::SignedDuration;
use portoutd::domain::{AnswerState, EpisodeState, OrderStatus, Outcome};
use portoutd::simulator::{Call, Fault};
use sqlx::PgPool;

use crate::test_service::TestService;

async fn outcomes(service: &TestService, order: &portoutd::domain::OrderId) -> Vec<Outcome> {
    let decision = service.last_decision(order).await.decision;
    service
        .attempts(&decision)
        .await
        .iter()
        .filter_map(|attempt| attempt.outcome)
        .collect()
}

async fn is_not_sent_again_after(pool: PgPool, fault: Fault) {
    let service = TestService::open(pool).await;
    service.telnyx.faults().next(Call::UpdateStatus, fault);
    let order = service.receive(TestService::clean_order()).await;
    service.pass(SignedDuration::from_secs(120)).await;

    assert_eq!(service.sent(&order), ["authorized"]);
    assert_eq!(outcomes(&service, &order).await, [Outcome::Unknown]);
    assert_eq!(service.last_decision(&order).await.answer, AnswerState::Confirmed);
}

#[sqlx::test]
async fn an_answer_applied_and_never_confirmed_is_not_sent_again(pool: PgPool) {
    is_not_sent_again_after(pool, Fault::AppliedThenTimeout).await;
}

#[sqlx::test]
async fn an_answer_applied_on_a_connection_that_broke_is_not_sent_again(pool: PgPool) {
    is_not_sent_again_after(pool, Fault::AppliedThenDropped).await;
}

#[sqlx::test]
async fn an_answer_confirmed_without_a_body_is_not_sent_again(pool: PgPool) {
    is_not_sent_again_after(pool, Fault::EmptyBody).await;
}

#[sqlx::test]
async fn an_answer_confirmed_with_a_cut_body_is_not_sent_again(pool: PgPool) {
    is_not_sent_again_after(pool, Fault::CutBody).await;
}

#[sqlx::test]
async fn an_answer_confirmed_with_half_a_json_is_not_sent_again(pool: PgPool) {
    is_not_sent_again_after(pool, Fault::HalfJson).await;
}

#[sqlx::test]
async fn an_answer_that_was_not_applied_is_sent_again_after_two_reads_half_a_minute_apart(pool: PgPool) {
    let service = TestService::open(pool).await;
    service.telnyx.faults().next(Call::UpdateStatus, Fault::Timeout);
    let order = service.receive(TestService::clean_order()).await;
    service.pass(SignedDuration::from_secs(20)).await;
    assert_eq!(service.sent(&order), ["authorized"], "too early to send again");

    service.pass(SignedDuration::from_secs(100)).await;
    assert_eq!(service.sent(&order), ["authorized", "authorized"]);
    assert_eq!(
        outcomes(&service, &order).await,
        [Outcome::Unknown, Outcome::Confirmed]
    );
    assert_eq!(service.status(&order), "authorized");
}

#[sqlx::test]
async fn an_answer_shown_with_another_status_is_read_before_anything_else(pool: PgPool) {
    let service = TestService::open(pool).await;
    service
        .telnyx
        .faults()
        .next(Call::UpdateStatus, Fault::OtherStatus(OrderStatus::Pending));
    let order = service.receive(TestService::clean_order()).await;
    service.pass(SignedDuration::from_secs(60)).await;
    assert_eq!(service.sent(&order), ["authorized"]);
    assert_eq!(service.last_decision(&order).await.answer, AnswerState::Confirmed);
}

#[sqlx::test]
async fn an_error_of_telnyx_is_unknown_and_not_failed(pool: PgPool) {
    let service = TestService::open(pool).await;
    service
        .telnyx
        .faults()
        .next(Call::UpdateStatus, Fault::Status(503));
    let order = service.receive(TestService::clean_order()).await;
    assert_eq!(service.last_decision(&order).await.answer, AnswerState::Unknown);
    service.pass(SignedDuration::from_secs(150)).await;
    assert_eq!(service.sent(&order), ["authorized", "authorized"]);
    assert_eq!(service.status(&order), "authorized");
}

#[sqlx::test]
async fn a_limited_answer_waits_as_long_as_telnyx_asks(pool: PgPool) {
    let service = TestService::open(pool).await;
    service
        .telnyx
        .faults()
        .next(Call::UpdateStatus, Fault::RateLimited(1));
    let order = service.receive(TestService::clean_order()).await;
    service
        .until("it is sent again", || async {
            service.clock.advance(SignedDuration::from_secs(1));
            service.sent(&order).len() == 2
        })
        .await;
    service.rest().await;
    assert_eq!(
        outcomes(&service, &order).await,
        [Outcome::Limited, Outcome::Confirmed]
    );
}

#[sqlx::test]
async fn a_key_that_is_not_accepted_keeps_decisions_and_sends_them_when_it_is(pool: PgPool) {
    let service = TestService::open(pool).await;
    service
        .telnyx
        .faults()
        .next(Call::UpdateStatus, Fault::Status(401));
    let order = service.receive(TestService::clean_order()).await;
    service.pass(SignedDuration::from_secs(50)).await;
    assert_eq!(
        service.sent(&order),
        ["authorized"],
        "the account is left alone for a minute"
    );
    service.pass(SignedDuration::from_secs(20)).await;
    assert_eq!(
        outcomes(&service, &order).await,
        [Outcome::AccountTrouble, Outcome::Confirmed]
    );
}

#[sqlx::test]
async fn a_refused_rejection_is_tried_once_without_its_code(pool: PgPool) {
    let service = TestService::open(pool).await;
    service
        .telnyx
        .faults()
        .next(Call::UpdateStatus, Fault::RefusesCode);
    let order = service.receive(TestService::wrong_pin_order()).await;
    service.pass(SignedDuration::from_secs(10)).await;

    let attempts = service
        .attempts(&service.last_decision(&order).await.decision)
        .await;
    let codes: Vec<Option<i64>> = attempts.iter().map(|attempt| attempt.code).collect();
    assert_eq!(codes, [Some(1002), None]);
    assert_eq!(service.status(&order), "rejected-pending");
}

#[sqlx::test]
async fn an_answer_refused_in_both_forms_is_left_to_a_person(pool: PgPool) {
    let service = TestService::open(pool).await;
    service
        .telnyx
        .faults()
        .times(2, Call::UpdateStatus, Fault::Status(422));
    let order = service.receive(TestService::wrong_pin_order()).await;
    service.pass(SignedDuration::from_secs(300)).await;

    assert_eq!(service.sent(&order).len(), 2);
    let waiting = service.waiting(&order).await.unwrap();
    assert_eq!(
        (waiting.state, waiting.answer),
        (EpisodeState::Stuck, AnswerState::Refused)
    );
    assert!(waiting.trouble.unwrap().contains("both forms"));
}

#[sqlx::test]
async fn an_order_that_cannot_be_read_is_tried_again_and_shown_with_its_trouble(pool: PgPool) {
    let service = TestService::open(pool).await;
    service
        .telnyx
        .faults()
        .times(3, Call::GetOrder, Fault::Status(500));
    let order = service.receive(TestService::clean_order()).await;
    let waiting = service.waiting(&order).await.unwrap();
    assert!(
        waiting
            .trouble
            .unwrap()
            .contains("cannot read the order from Telnyx")
    );
    service.pass(SignedDuration::from_secs(40)).await;
    assert_eq!(service.status(&order), "authorized");
    assert!(service.waiting(&order).await.is_none());
}

#[sqlx::test]
async fn another_hand_that_answers_otherwise_is_a_conflict_and_nothing_more_is_sent(pool: PgPool) {
    let service = TestService::open(pool).await;
    service.telnyx.faults().next(Call::UpdateStatus, Fault::Timeout);
    let order = service.receive(TestService::wrong_pin_order()).await;
    service.telnyx.authorize_in_portal(&order).unwrap();
    service.pass(SignedDuration::from_secs(120)).await;

    assert_eq!(service.sent(&order), ["rejected-pending"]);
    let episode = service.episodes(&order).await.remove(0);
    assert_eq!(episode.answer, AnswerState::Conflict);
}
