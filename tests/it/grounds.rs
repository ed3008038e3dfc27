//! The order, the register or the rules change before an answer is sent: no answer is sent that is based on outdated
//! data.

use jiff::SignedDuration;
use portoutd::clock::Clock as _;
use portoutd::domain::{Action, DecidedBy, EpisodeState, MoveRefused, OrderId, Target};
use portoutd::engine::orders::person::AnswerRefused;
use portoutd::simulator::{Call, Fault};
use portoutd::store::numbers::{self, Frozen};
use portoutd::store::orders;
use sqlx::PgPool;

use crate::test_service::{RULES, TestConfig, TestService};

/// A number with a lock in the register.
const LOCKED: &str = "+13125550102";

/// An order whose authorization was attempted once and failed.
pub async fn tried_once(service: &TestService, fault: Fault) -> OrderId {
    service.telnyx.faults().next(Call::UpdateStatus, fault);
    let order = service.telnyx.open_order(TestService::clean_order());
    let tried = || async {
        let ended = "select count(*) from attempts a join episodes e on e.id = a.episode_id
            where e.order_id = $1 and a.ended_at is not null";
        let ended: i64 = sqlx::query_scalar(ended)
            .bind(order.as_str())
            .fetch_one(&service.pool)
            .await
            .unwrap();
        ended == 1
    };
    service.until("the first attempt has ended", tried).await;
    assert_eq!(service.sent(&order), ["authorized"]);
    order
}

async fn lock(service: &TestService, number: &str) {
    let (number, now) = (number.parse().unwrap(), service.clock.now());
    let changed = numbers::set_frozen(&service.pool, number, None, Frozen::Yes, now)
        .await
        .unwrap();
    assert_eq!(changed.len(), 1);
    orders::wake_undecided(&service.pool, now).await.unwrap();
    service.engine.wake.notify_one();
}

async fn trouble(service: &TestService, order: &OrderId) -> String {
    let waiting = service.waiting(order).await.expect("it waits");
    waiting.trouble.expect("it says what changed")
}

#[sqlx::test]
async fn an_authorization_that_was_not_applied_is_not_repeated_once_a_locked_number_was_added(pool: PgPool) {
    let service = TestService::open(pool).await;
    for fault in [Fault::RateLimited(30), Fault::Status(401), Fault::Status(422)] {
        let order = tried_once(&service, fault.clone()).await;
        service
            .telnyx
            .amend_numbers(&order, &["+13125550100", LOCKED])
            .unwrap();
        service.pass(SignedDuration::from_secs(70)).await;

        assert_eq!(
            service.sent(&order),
            ["authorized", "rejected-pending"],
            "{fault:?}"
        );
        let decisions = service.decisions(&order).await;
        let last = &decisions.last().unwrap().decision;
        assert_eq!(
            (last.action, last.rule.as_deref()),
            (Action::Reject, Some("frozen"))
        );
        assert_eq!(last.supersedes, Some(decisions[0].decision.id));
        assert_eq!(service.status(&order), "rejected-pending");
    }
}

#[sqlx::test]
async fn an_authorization_that_was_not_applied_is_not_repeated_after_the_number_was_locked(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = tried_once(&service, Fault::RateLimited(30)).await;
    lock(&service, "+13125550100").await;
    service.pass(SignedDuration::from_secs(40)).await;
    assert_eq!(service.sent(&order), ["authorized", "rejected-pending"]);
}

#[sqlx::test]
async fn an_authorization_that_was_not_applied_is_not_repeated_under_other_rules(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = tried_once(&service, Fault::RateLimited(30)).await;
    service.reload(&RULES.replace("\"073H\", ", "")).await;
    service.pass(SignedDuration::from_secs(40)).await;
    assert_eq!(service.sent(&order), ["authorized"]);
    assert_eq!(service.last_decision(&order).await.decision.action, Action::Hold);
    assert_eq!(service.waiting(&order).await.unwrap().state, EpisodeState::Held);
}

#[sqlx::test]
async fn an_authorization_that_was_not_applied_is_not_repeated_for_another_carrier(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = tried_once(&service, Fault::RateLimited(30)).await;
    service.telnyx.amend_spid(&order, "999X").unwrap();
    service.pass(SignedDuration::from_secs(40)).await;
    assert_eq!(service.sent(&order), ["authorized"]);
    assert_eq!(service.last_decision(&order).await.decision.action, Action::Hold);
}

#[sqlx::test]
async fn a_changed_foc_that_the_rules_do_not_mind_is_recorded_before_it_is_authorized(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = tried_once(&service, Fault::RateLimited(30)).await;
    let foc = "2026-12-24T00:00:00Z";
    service.telnyx.change_foc(&order, foc.parse().unwrap()).unwrap();
    service.pass(SignedDuration::from_secs(40)).await;
    assert_eq!(service.sent(&order), ["authorized", "authorized"]);
    let decisions = service.decisions(&order).await;
    assert_eq!(decisions.len(), 2);
    assert!(!decisions[0].decision.trace.contains(foc));
    assert!(
        decisions[1].decision.trace.contains(foc),
        "what it was authorized for is on record"
    );
}

#[sqlx::test]
async fn an_answer_whose_grounds_have_not_moved_is_repeated_under_the_same_decision(pool: PgPool) {
    let service = TestService::open(pool).await;
    for fault in [Fault::RateLimited(30), Fault::Status(401), Fault::Timeout] {
        let order = tried_once(&service, fault.clone()).await;
        service.pass(SignedDuration::from_secs(130)).await;
        assert_eq!(service.sent(&order), ["authorized", "authorized"], "{fault:?}");
        assert_eq!(service.decisions(&order).await.len(), 1, "{fault:?}");
    }
}

#[sqlx::test]
async fn an_answer_that_may_have_been_applied_keeps_its_target_and_is_not_repeated_for_a_locked_number(
    pool: PgPool,
) {
    let service = TestService::open(pool).await;
    let order = tried_once(&service, Fault::Timeout).await;
    service
        .telnyx
        .amend_numbers(&order, &["+13125550100", LOCKED])
        .unwrap();
    service.pass(SignedDuration::from_secs(130)).await;

    assert_eq!(service.sent(&order), ["authorized"]);
    let told = trouble(&service, &order).await;
    assert!(told.contains("phone_numbers: +13125550102 added"), "{told}");
    assert!(
        told.contains("rules: authorize by clean-port → reject by frozen"),
        "{told}"
    );
    assert_eq!(
        service.last_decision(&order).await.trouble.as_deref(),
        Some(told.as_str())
    );
    let episode = service.episodes(&order).await.remove(0);
    assert_eq!(
        (episode.state, episode.sent_target),
        (EpisodeState::Stuck, Some(Target::Authorized))
    );
    let refused = service.person(&order, Action::Reject).await.unwrap_err();
    assert!(matches!(
        refused,
        AnswerRefused::Refused(MoveRefused::OtherTargetSent(Target::Authorized))
    ));
    service.person(&order, Action::Authorize).await.unwrap();
    service.pass(SignedDuration::from_secs(40)).await;
    assert_eq!(service.sent(&order), ["authorized", "authorized"]);
}

#[sqlx::test]
async fn an_answer_that_may_have_been_applied_and_still_stands_is_repeated_and_says_what_changed(
    pool: PgPool,
) {
    let service = TestService::open(pool).await;
    let order = tried_once(&service, Fault::Timeout).await;
    service
        .telnyx
        .amend_numbers(&order, &["+13125550100", "+13125550101"])
        .unwrap();
    service.pass(SignedDuration::from_secs(10)).await;
    let told = trouble(&service, &order).await;
    assert!(told.contains("phone_numbers: +13125550101 added"), "{told}");
    service.pass(SignedDuration::from_secs(120)).await;
    assert_eq!(service.sent(&order), ["authorized", "authorized"]);
}

#[sqlx::test]
async fn a_number_that_came_between_the_read_and_the_answer_is_shown_to_a_person(pool: PgPool) {
    let service = TestService::open(pool).await;
    let slow = Fault::Delay(std::time::Duration::from_millis(200));
    service.telnyx.faults().next(Call::UpdateStatus, slow);
    let order = service.telnyx.open_order(TestService::clean_order());
    service
        .until("the answer is on its way", || async {
            !service.sent(&order).is_empty()
        })
        .await;
    service
        .telnyx
        .amend_numbers(&order, &["+13125550100", LOCKED])
        .unwrap();
    service.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(service.episodes(&order).await[0].state, EpisodeState::Answered);
    let told = trouble(&service, &order).await;
    assert!(told.contains("phone_numbers: +13125550102 added"), "{told}");
}

#[sqlx::test]
async fn rules_that_change_between_the_evaluation_and_the_attempt_are_asked_again(pool: PgPool) {
    let service = TestService::open(pool).await;
    // The rejection codes are read between the two: time for a reload.
    let slow = Fault::Delay(std::time::Duration::from_millis(100));
    service.telnyx.faults().next(Call::ListRejections, slow);
    let order = service.telnyx.open_order(TestService::wrong_pin_order());
    service
        .until("the codes are asked for", || async {
            !service.telnyx.requests_of(Call::ListRejections).is_empty()
        })
        .await;
    service
        .reload(&RULES.replace(
            "match.pin = \"wrong\"\naction = \"reject\"\nreject.because = \"pin-invalid\"",
            "match.pin = \"wrong\"\naction = \"hold\"",
        ))
        .await;
    service.pass(SignedDuration::from_secs(10)).await;
    assert_eq!(service.sent(&order), [""; 0]);
    assert_eq!(service.last_decision(&order).await.decision.action, Action::Hold);
}

#[sqlx::test]
async fn a_persons_answer_is_withdrawn_when_the_order_has_changed_since(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::strange_order()).await;
    service
        .telnyx
        .faults()
        .next(Call::UpdateStatus, Fault::RateLimited(30));
    service.person(&order, Action::Authorize).await.unwrap();
    assert_eq!(service.sent(&order), ["authorized"]);
    service
        .telnyx
        .amend_numbers(&order, &["+13125550100", LOCKED])
        .unwrap();
    service.pass(SignedDuration::from_mins(3)).await;

    assert_eq!(service.sent(&order), ["authorized"]);
    let last = service.last_decision(&order).await.decision;
    assert_eq!((last.by, last.action), (DecidedBy::Service, Action::Hold));
    let waiting = service.waiting(&order).await.unwrap();
    assert_eq!(waiting.state, EpisodeState::Held);
    let reason = waiting.decision.unwrap().reason.unwrap();
    assert!(
        reason.starts_with("the order changed after ann answered: ")
            && reason.contains("phone_numbers: +13125550102 added"),
        "{reason}"
    );

    service.person(&order, Action::Reject).await.unwrap();
    service.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(service.sent(&order), ["authorized", "rejected-pending"]);
}

#[sqlx::test]
async fn a_persons_authorization_rests_on_the_register_and_a_rejection_does_not(pool: PgPool) {
    let service = TestService::open(pool).await;
    for (action, sent) in [
        (Action::Authorize, &["authorized"][..]),
        (Action::Reject, &["rejected-pending", "rejected-pending"][..]),
    ] {
        let number = if action == Action::Authorize {
            "+13125550100"
        } else {
            "+13125550101"
        };
        let order = service
            .receive(TestService::strange_order().numbers([number]).pin(None))
            .await;
        service
            .telnyx
            .faults()
            .next(Call::UpdateStatus, Fault::RateLimited(30));
        service.person(&order, action).await.unwrap();
        lock(&service, number).await;
        service.pass(SignedDuration::from_secs(40)).await;
        assert_eq!(service.sent(&order), sent, "{action}");
        if action == Action::Authorize {
            let reason = service.last_decision(&order).await.decision.reason.unwrap();
            assert!(reason.contains("locked numbers: none → +13125550100"), "{reason}");
        }
    }
}

#[sqlx::test]
async fn a_persons_authorization_is_withdrawn_when_the_rules_have_come_to_reject(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::strange_order()).await;
    service
        .telnyx
        .faults()
        .next(Call::UpdateStatus, Fault::RateLimited(30));
    service.person(&order, Action::Authorize).await.unwrap();
    let listed = RULES.replace(
        "match.numbers.frozen = true",
        "match.numbers.any_in = \"+13125550100\"",
    );
    service.reload(&listed).await;
    service.pass(SignedDuration::from_secs(40)).await;
    assert_eq!(service.sent(&order), ["authorized"]);
    let reason = service.last_decision(&order).await.decision.reason.unwrap();
    assert!(
        reason.contains("rules: hold → reject by frozen (number-locked)"),
        "{reason}"
    );
}

#[sqlx::test]
async fn a_person_who_saw_an_older_state_of_the_order_is_told_the_difference(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::strange_order()).await;
    let saw = service.seen(&order).await;
    service
        .telnyx
        .amend_numbers(&order, &["+13125550100", "+13125550101"])
        .unwrap();
    service.telnyx.comment(&order, "one more number").unwrap();
    service.rest().await;
    let refused = service
        .person_who_saw(&order, Action::Authorize, saw)
        .await
        .unwrap_err();
    match refused {
        AnswerRefused::Moved { difference } => {
            assert_eq!(difference, ["phone_numbers: +13125550101 added"]);
        }
        other => panic!("{other}"),
    }
    assert_eq!(service.sent(&order), [""; 0]);
    let by_people = service.decisions(&order).await;
    assert!(by_people.iter().all(|one| one.decision.by == DecidedBy::Rule));
}

#[sqlx::test]
async fn a_deadlines_answer_is_not_repeated_when_the_rules_no_longer_ask_for_it(pool: PgPool) {
    let rules = RULES.replace("at_decide_by = \"notify\"", "at_decide_by = \"authorize\"");
    let service = TestService::with_config(
        pool,
        TestConfig {
            rules: rules.clone(),
            ..TestConfig::default()
        },
    )
    .await;
    let days_2 = std::time::Duration::from_hours(48);
    service
        .telnyx
        .assume(|assumptions| assumptions.silence_authorizes_after = (days_2, days_2));
    let order = service.receive(TestService::strange_order()).await;
    service
        .telnyx
        .faults()
        .next(Call::UpdateStatus, Fault::Status(401));
    service.pass(SignedDuration::from_mins(20 * 60 - 2)).await;
    assert_eq!(service.sent(&order), [""; 0]);
    service
        .until("the deadline's answer was tried", || async {
            service.clock.advance(SignedDuration::from_secs(1));
            !service.sent(&order).is_empty()
        })
        .await;
    lock(&service, "+13125550100").await;
    service.pass(SignedDuration::from_secs(130)).await;
    assert_eq!(service.sent(&order), ["authorized", "rejected-pending"]);
}

#[sqlx::test]
async fn postgres_itself_keeps_an_answer_that_may_have_been_applied_from_being_turned(pool: PgPool) {
    let service = TestService::open(pool.clone()).await;
    let order = tried_once(&service, Fault::Timeout).await;
    service.close().await;
    for statement in [
        "update episodes set sent_target = null where order_id = $1",
        "update episodes set sent_target = 'rejected-pending' where order_id = $1",
    ] {
        let refused = sqlx::query(statement).bind(order.as_str()).execute(&pool).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("attempts_one_target"), "{refused}");
    }
}
