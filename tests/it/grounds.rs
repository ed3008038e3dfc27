//! What an answer rests on moves: the order, the register, the rules, other orders. Nothing is sent that rests on a
//! state of the world that is over.

use jiff::SignedDuration;
use portoutd::clock::Clock as _;
use portoutd::domain::{Action, DecidedBy, EpisodeState, MoveRefused, OrderId, Target};
use portoutd::engine::orders::person::NotTaken;
use portoutd::simulator::{Call, Fault};
use portoutd::store::numbers::{self, Frozen};
use portoutd::store::orders;
use sqlx::PgPool;

use crate::office::{Furnishing, Office, RULES};

/// A number with a lock in the register.
const LOCKED: &str = "+13125550102";

/// An order whose authorization was tried once and ended with a fault.
async fn tried_once(office: &Office, fault: Fault) -> OrderId {
    office.telnyx.faults().next(Call::UpdateStatus, fault);
    let order = office.telnyx.open_order(Office::clean_order());
    let tried = || async {
        let ended = "select count(*) from attempts a join episodes e on e.id = a.episode_id
            where e.order_id = $1 and a.ended_at is not null";
        let ended: i64 = sqlx::query_scalar(ended)
            .bind(order.as_str())
            .fetch_one(&office.pool)
            .await
            .unwrap();
        ended == 1
    };
    office.until("the first attempt has ended", tried).await;
    assert_eq!(office.sent(&order), ["authorized"]);
    order
}

async fn lock(office: &Office, number: &str) {
    let (number, now) = (number.parse().unwrap(), office.clock.now());
    let changed = numbers::set_frozen(&office.pool, number, None, Frozen::Yes, now)
        .await
        .unwrap();
    assert_eq!(changed.len(), 1);
    orders::wake_undecided(&office.pool, now).await.unwrap();
    office.engine.wake.notify_one();
}

async fn trouble(office: &Office, order: &OrderId) -> String {
    let waiting = office.waiting(order).await.expect("it waits");
    waiting.trouble.expect("it says what changed")
}

#[sqlx::test]
async fn an_authorization_that_was_not_applied_is_not_repeated_once_a_locked_number_was_added(pool: PgPool) {
    let office = Office::open(pool).await;
    for fault in [Fault::RateLimited(30), Fault::Status(401), Fault::Status(422)] {
        let order = tried_once(&office, fault.clone()).await;
        office
            .telnyx
            .amend_numbers(&order, &["+13125550100", LOCKED])
            .unwrap();
        office.pass(SignedDuration::from_secs(70)).await;

        assert_eq!(
            office.sent(&order),
            ["authorized", "rejected-pending"],
            "{fault:?}"
        );
        let decisions = office.decisions(&order).await;
        let last = &decisions.last().unwrap().decision;
        assert_eq!(
            (last.action, last.rule.as_deref()),
            (Action::Reject, Some("frozen"))
        );
        assert_eq!(last.supersedes, Some(decisions[0].decision.id));
        assert_eq!(office.status(&order), "rejected-pending");
    }
}

#[sqlx::test]
async fn an_authorization_that_was_not_applied_is_not_repeated_after_the_number_was_locked(pool: PgPool) {
    let office = Office::open(pool).await;
    let order = tried_once(&office, Fault::RateLimited(30)).await;
    lock(&office, "+13125550100").await;
    office.pass(SignedDuration::from_secs(40)).await;
    assert_eq!(office.sent(&order), ["authorized", "rejected-pending"]);
}

#[sqlx::test]
async fn an_authorization_that_was_not_applied_is_not_repeated_under_other_rules(pool: PgPool) {
    let office = Office::open(pool).await;
    let order = tried_once(&office, Fault::RateLimited(30)).await;
    office.reload(&RULES.replace("\"073H\", ", "")).await;
    office.pass(SignedDuration::from_secs(40)).await;
    assert_eq!(office.sent(&order), ["authorized"]);
    assert_eq!(office.last_decision(&order).await.decision.action, Action::Hold);
    assert_eq!(office.waiting(&order).await.unwrap().state, EpisodeState::Held);
}

#[sqlx::test]
async fn an_authorization_that_was_not_applied_is_not_repeated_for_another_carrier(pool: PgPool) {
    let office = Office::open(pool).await;
    let order = tried_once(&office, Fault::RateLimited(30)).await;
    office.telnyx.amend_spid(&order, "999X").unwrap();
    office.pass(SignedDuration::from_secs(40)).await;
    assert_eq!(office.sent(&order), ["authorized"]);
    assert_eq!(office.last_decision(&order).await.decision.action, Action::Hold);
}

#[sqlx::test]
async fn a_changed_foc_that_the_rules_do_not_mind_is_recorded_before_it_is_authorized(pool: PgPool) {
    let office = Office::open(pool).await;
    let order = tried_once(&office, Fault::RateLimited(30)).await;
    let foc = "2026-12-24T00:00:00Z";
    office.telnyx.change_foc(&order, foc.parse().unwrap()).unwrap();
    office.pass(SignedDuration::from_secs(40)).await;
    assert_eq!(office.sent(&order), ["authorized", "authorized"]);
    let decisions = office.decisions(&order).await;
    assert_eq!(decisions.len(), 2);
    assert!(!decisions[0].decision.trace.contains(foc));
    assert!(
        decisions[1].decision.trace.contains(foc),
        "what it was authorized for is on record"
    );
}

#[sqlx::test]
async fn an_answer_whose_grounds_have_not_moved_is_repeated_under_the_same_decision(pool: PgPool) {
    let office = Office::open(pool).await;
    for fault in [Fault::RateLimited(30), Fault::Status(401), Fault::Timeout] {
        let order = tried_once(&office, fault.clone()).await;
        office.pass(SignedDuration::from_secs(130)).await;
        assert_eq!(office.sent(&order), ["authorized", "authorized"], "{fault:?}");
        assert_eq!(office.decisions(&order).await.len(), 1, "{fault:?}");
    }
}

#[sqlx::test]
async fn an_answer_that_may_have_been_applied_keeps_its_target_and_is_not_repeated_for_a_locked_number(
    pool: PgPool,
) {
    let office = Office::open(pool).await;
    let order = tried_once(&office, Fault::Timeout).await;
    office
        .telnyx
        .amend_numbers(&order, &["+13125550100", LOCKED])
        .unwrap();
    office.pass(SignedDuration::from_secs(130)).await;

    assert_eq!(office.sent(&order), ["authorized"]);
    let told = trouble(&office, &order).await;
    assert!(told.contains("phone_numbers: +13125550102 added"), "{told}");
    assert!(
        told.contains("rules: authorize by clean-port → reject by frozen"),
        "{told}"
    );
    assert_eq!(
        office.last_decision(&order).await.trouble.as_deref(),
        Some(told.as_str())
    );
    let episode = office.episodes(&order).await.remove(0);
    assert_eq!(
        (episode.state, episode.sent_target),
        (EpisodeState::Stuck, Some(Target::Authorized))
    );
    let refused = office.person(&order, Action::Reject).await.unwrap_err();
    assert!(matches!(
        refused,
        NotTaken::Refused(MoveRefused::OtherTargetSent(Target::Authorized))
    ));
    office.person(&order, Action::Authorize).await.unwrap();
    office.pass(SignedDuration::from_secs(40)).await;
    assert_eq!(office.sent(&order), ["authorized", "authorized"]);
}

#[sqlx::test]
async fn an_answer_that_may_have_been_applied_and_still_stands_is_repeated_and_says_what_changed(
    pool: PgPool,
) {
    let office = Office::open(pool).await;
    let order = tried_once(&office, Fault::Timeout).await;
    office
        .telnyx
        .amend_numbers(&order, &["+13125550100", "+13125550101"])
        .unwrap();
    office.pass(SignedDuration::from_secs(10)).await;
    let told = trouble(&office, &order).await;
    assert!(told.contains("phone_numbers: +13125550101 added"), "{told}");
    office.pass(SignedDuration::from_secs(120)).await;
    assert_eq!(office.sent(&order), ["authorized", "authorized"]);
}

#[sqlx::test]
async fn a_number_that_came_between_the_read_and_the_answer_is_shown_to_a_person(pool: PgPool) {
    let office = Office::open(pool).await;
    let slow = Fault::Delay(std::time::Duration::from_millis(200));
    office.telnyx.faults().next(Call::UpdateStatus, slow);
    let order = office.telnyx.open_order(Office::clean_order());
    office
        .until("the answer is on its way", || async {
            !office.sent(&order).is_empty()
        })
        .await;
    office
        .telnyx
        .amend_numbers(&order, &["+13125550100", LOCKED])
        .unwrap();
    office.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(office.episodes(&order).await[0].state, EpisodeState::Answered);
    let told = trouble(&office, &order).await;
    assert!(told.contains("phone_numbers: +13125550102 added"), "{told}");
}

#[sqlx::test]
async fn rules_that_change_between_the_evaluation_and_the_attempt_are_asked_again(pool: PgPool) {
    let office = Office::open(pool).await;
    // The rejection codes are read between the two: time for a reload.
    let slow = Fault::Delay(std::time::Duration::from_millis(100));
    office.telnyx.faults().next(Call::ListRejections, slow);
    let order = office.telnyx.open_order(Office::wrong_pin_order());
    office
        .until("the codes are asked for", || async {
            !office.telnyx.requests_of(Call::ListRejections).is_empty()
        })
        .await;
    office
        .reload(&RULES.replace(
            "match.pin = \"wrong\"\naction = \"reject\"\nreject.because = \"pin-invalid\"",
            "match.pin = \"wrong\"\naction = \"hold\"",
        ))
        .await;
    office.pass(SignedDuration::from_secs(10)).await;
    assert_eq!(office.sent(&order), [""; 0]);
    assert_eq!(office.last_decision(&order).await.decision.action, Action::Hold);
}

#[sqlx::test]
async fn a_persons_answer_is_withdrawn_when_the_order_has_changed_since(pool: PgPool) {
    let office = Office::open(pool).await;
    let order = office.receive(Office::strange_order()).await;
    office
        .telnyx
        .faults()
        .next(Call::UpdateStatus, Fault::RateLimited(30));
    office.person(&order, Action::Authorize).await.unwrap();
    assert_eq!(office.sent(&order), ["authorized"]);
    office
        .telnyx
        .amend_numbers(&order, &["+13125550100", LOCKED])
        .unwrap();
    office.pass(SignedDuration::from_mins(3)).await;

    assert_eq!(office.sent(&order), ["authorized"]);
    let last = office.last_decision(&order).await.decision;
    assert_eq!((last.by, last.action), (DecidedBy::Service, Action::Hold));
    let waiting = office.waiting(&order).await.unwrap();
    assert_eq!(waiting.state, EpisodeState::Held);
    let reason = waiting.decision.unwrap().reason.unwrap();
    assert!(
        reason.starts_with("the order changed after ann answered: ")
            && reason.contains("phone_numbers: +13125550102 added"),
        "{reason}"
    );

    office.person(&order, Action::Reject).await.unwrap();
    office.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(office.sent(&order), ["authorized", "rejected-pending"]);
}

#[sqlx::test]
async fn a_persons_authorization_rests_on_the_register_and_a_rejection_does_not(pool: PgPool) {
    let office = Office::open(pool).await;
    for (action, sent) in [
        (Action::Authorize, &["authorized"][..]),
        (Action::Reject, &["rejected-pending", "rejected-pending"][..]),
    ] {
        let number = if action == Action::Authorize {
            "+13125550100"
        } else {
            "+13125550101"
        };
        let order = office
            .receive(Office::strange_order().numbers([number]).pin(None))
            .await;
        office
            .telnyx
            .faults()
            .next(Call::UpdateStatus, Fault::RateLimited(30));
        office.person(&order, action).await.unwrap();
        lock(&office, number).await;
        office.pass(SignedDuration::from_secs(40)).await;
        assert_eq!(office.sent(&order), sent, "{action}");
        if action == Action::Authorize {
            let reason = office.last_decision(&order).await.decision.reason.unwrap();
            assert!(reason.contains("locked numbers: none → +13125550100"), "{reason}");
        }
    }
}

#[sqlx::test]
async fn a_persons_authorization_is_withdrawn_when_the_rules_have_come_to_reject(pool: PgPool) {
    let office = Office::open(pool).await;
    let order = office.receive(Office::strange_order()).await;
    office
        .telnyx
        .faults()
        .next(Call::UpdateStatus, Fault::RateLimited(30));
    office.person(&order, Action::Authorize).await.unwrap();
    let listed = RULES.replace(
        "match.numbers.frozen = true",
        "match.numbers.any_in = \"+13125550100\"",
    );
    office.reload(&listed).await;
    office.pass(SignedDuration::from_secs(40)).await;
    assert_eq!(office.sent(&order), ["authorized"]);
    let reason = office.last_decision(&order).await.decision.reason.unwrap();
    assert!(
        reason.contains("rules: hold → reject by frozen (number-locked)"),
        "{reason}"
    );
}

#[sqlx::test]
async fn a_person_who_saw_an_older_state_of_the_order_is_told_the_difference(pool: PgPool) {
    let office = Office::open(pool).await;
    let order = office.receive(Office::strange_order()).await;
    let saw = office.seen(&order).await;
    office
        .telnyx
        .amend_numbers(&order, &["+13125550100", "+13125550101"])
        .unwrap();
    office.telnyx.comment(&order, "one more number").unwrap();
    office.rest().await;
    let refused = office
        .person_who_saw(&order, Action::Authorize, saw)
        .await
        .unwrap_err();
    match refused {
        NotTaken::Moved { difference } => {
            assert_eq!(difference, ["phone_numbers: +13125550101 added"]);
        }
        other => panic!("{other}"),
    }
    assert_eq!(office.sent(&order), [""; 0]);
    let by_people = office.decisions(&order).await;
    assert!(by_people.iter().all(|one| one.decision.by == DecidedBy::Rule));
}

#[sqlx::test]
async fn a_deadlines_answer_is_not_repeated_when_the_rules_no_longer_ask_for_it(pool: PgPool) {
    let rules = RULES.replace("at_decide_by = \"notify\"", "at_decide_by = \"authorize\"");
    let office = Office::furnished(
        pool,
        Furnishing {
            rules: rules.clone(),
            ..Furnishing::default()
        },
    )
    .await;
    let days_2 = std::time::Duration::from_hours(48);
    office
        .telnyx
        .assume(|assumptions| assumptions.silence_authorizes_after = (days_2, days_2));
    let order = office.receive(Office::strange_order()).await;
    office
        .telnyx
        .faults()
        .next(Call::UpdateStatus, Fault::Status(401));
    office.pass(SignedDuration::from_mins(20 * 60 - 2)).await;
    assert_eq!(office.sent(&order), [""; 0]);
    office
        .until("the deadline's answer was tried", || async {
            office.clock.advance(SignedDuration::from_secs(1));
            !office.sent(&order).is_empty()
        })
        .await;
    lock(&office, "+13125550100").await;
    office.pass(SignedDuration::from_secs(130)).await;
    assert_eq!(office.sent(&order), ["authorized", "rejected-pending"]);
}

#[sqlx::test]
async fn postgres_itself_keeps_an_answer_that_may_have_been_applied_from_being_turned(pool: PgPool) {
    let office = Office::open(pool.clone()).await;
    let order = tried_once(&office, Fault::Timeout).await;
    office.close().await;
    for statement in [
        "update episodes set sent_target = null where order_id = $1",
        "update episodes set sent_target = 'rejected-pending' where order_id = $1",
    ] {
        let refused = sqlx::query(statement).bind(order.as_str()).execute(&pool).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("attempts_one_target"), "{refused}");
    }
}

/// Rules that hold what another carrier asks for too.
fn rules_with_a_hold() -> String {
    let hold = "[[rule]]\nid = \"other\"\nmatch.numbers.other_pending = true\naction = \"hold\"\n\n";
    RULES.replace(
        "[[rule]]\nid = \"clean-port\"",
        &format!("{hold}[[rule]]\nid = \"clean-port\""),
    )
}

async fn with_a_hold(pool: PgPool) -> Office {
    let furnishing = Furnishing {
        rules: rules_with_a_hold(),
        ..Furnishing::default()
    };
    Office::furnished(pool, furnishing).await
}

#[sqlx::test]
async fn two_carriers_that_ask_for_one_number_at_the_same_time_never_both_get_it(pool: PgPool) {
    let one = with_a_hold(pool.clone()).await;
    let furnishing = Furnishing {
        rules: rules_with_a_hold(),
        webhooks: false,
        ..Furnishing::default()
    };
    let other = Office::beside(
        pool,
        one.telnyx.clone(),
        one.clock.clone(),
        one.folder.clone(),
        furnishing,
    )
    .await;
    let numbers: Vec<String> = (20..32).map(|n| format!("+131255501{n}")).collect();
    let row = |number: &String| format!("{number},default,,60601,Ada Example,1 Main Street,,");
    let rows: Vec<String> = numbers.iter().map(row).collect();
    one.import(&(rows.join("\n") + "\n")).await;
    let ask = |spid: &str, number: &String| {
        let order = Office::clean_order().spid(spid).numbers([number]).pin(None);
        one.telnyx.open_order(order)
    };
    let pairs: Vec<[OrderId; 2]> = numbers
        .iter()
        .map(|number| [ask("073H", number), ask("6529", number)])
        .collect();
    other.pass(SignedDuration::from_secs(70)).await;
    for pair in pairs {
        let statuses = pair.each_ref().map(|order| one.status(order));
        let gone = statuses.iter().filter(|status| *status == "authorized").count();
        assert!(gone <= 1, "{statuses:?}");
        let decision = one.last_decision(&pair[1]).await.decision;
        let first = one.last_decision(&pair[0]).await.decision;
        let held = [first, decision]
            .iter()
            .filter(|one| one.rule.as_deref() == Some("other"))
            .count();
        assert!(held + gone == 2 && held >= 1, "{statuses:?}");
    }
}

#[sqlx::test]
async fn an_order_waits_while_another_carriers_order_for_the_number_is_not_at_its_end(pool: PgPool) {
    let office = with_a_hold(pool).await;
    let first = office.receive(Office::clean_order()).await;
    office.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(office.status(&first), "authorized");

    let same_carrier = office.receive(Office::clean_order()).await;
    office.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(office.status(&same_carrier), "authorized");

    let second = office.receive(Office::clean_order().spid("6529")).await;
    office.pass(SignedDuration::from_secs(5)).await;
    let held = office.last_decision(&second).await.decision;
    assert_eq!(held.rule.as_deref(), Some("other"));
    assert!(
        held.facts.contains(r#""numbers.other_pending":true"#),
        "{}",
        held.facts
    );

    for gone in [&first, &same_carrier] {
        office.telnyx.port(gone).unwrap();
    }
    office.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(office.status(&second), "authorized", "nobody else asks any more");
}

#[sqlx::test]
async fn an_order_that_is_known_from_a_webhook_and_cannot_be_read_holds_another_carriers_order(pool: PgPool) {
    let office = with_a_hold(pool).await;
    office
        .telnyx
        .faults()
        .times(2, Call::GetOrder, Fault::Status(500));
    let unread = office.receive(Office::clean_order()).await;
    office.pass(SignedDuration::from_secs(1)).await;
    let waiting = office.waiting(&unread).await.unwrap();
    assert!(waiting.read_at.is_none(), "it was not read");
    assert_eq!(
        waiting.phone_numbers,
        ["+13125550100"],
        "as the webhook gave them"
    );

    office.telnyx.faults().clear();
    let second = office.receive(Office::clean_order().spid("6529")).await;
    let held = office.last_decision(&second).await.decision;
    assert_eq!(held.rule.as_deref(), Some("other"));
}

#[sqlx::test]
async fn an_authorization_that_was_not_applied_waits_when_another_carrier_asks_meanwhile(pool: PgPool) {
    let office = with_a_hold(pool).await;
    let first = tried_once(&office, Fault::Status(401)).await;
    let second = office
        .telnyx
        .open_order(Office::clean_order().spid("6529").pin(Some("4711")));
    office.pass(SignedDuration::from_secs(130)).await;
    assert_eq!(office.sent(&first), ["authorized"]);
    assert_eq!(office.sent(&second), [""; 0]);
    for order in [&first, &second] {
        let decision = office.last_decision(order).await.decision;
        assert_eq!(decision.rule.as_deref(), Some("other"));
    }
}

#[sqlx::test]
async fn two_people_who_authorize_two_orders_for_one_number_are_both_asked_again(pool: PgPool) {
    let office = Office::open(pool).await;
    let one = office.receive(Office::strange_order()).await;
    let other = office.receive(Office::strange_order().spid("998X")).await;
    office
        .telnyx
        .faults()
        .next(Call::UpdateStatus, Fault::RateLimited(30));
    office.person(&one, Action::Authorize).await.unwrap();
    assert_eq!(office.sent(&one), ["authorized"], "not applied");
    office.person(&other, Action::Authorize).await.unwrap();
    office.pass(SignedDuration::from_secs(60)).await;
    let authorized = [&one, &other]
        .iter()
        .filter(|order| office.status(order) == "authorized")
        .count();
    assert!(authorized <= 1);
    let withdrawn = office.last_decision(&one).await.decision;
    assert_eq!(withdrawn.by, DecidedBy::Service);
}
