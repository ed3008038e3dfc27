//! Several carriers request the same number: at most one of their orders is authorized.

use jiff::SignedDuration;
use portoutd::domain::{Action, DecidedBy, OrderId};
use portoutd::simulator::{Call, Fault};
use sqlx::PgPool;

use crate::grounds::tried_once;
use crate::test_service::{RULES, TestConfig, TestService};

/// Rules that hold an order if another carrier has an open order for one of its numbers.
fn rules_with_a_hold() -> String {
    let hold = "[[rule]]\nid = \"other\"\nmatch.numbers.other_pending = true\naction = \"hold\"\n\n";
    RULES.replace(
        "[[rule]]\nid = \"clean-port\"",
        &format!("{hold}[[rule]]\nid = \"clean-port\""),
    )
}

async fn with_a_hold(pool: PgPool) -> TestService {
    let config = TestConfig {
        rules: rules_with_a_hold(),
        ..TestConfig::default()
    };
    TestService::with_config(pool, config).await
}

#[sqlx::test]
async fn two_carriers_that_ask_for_one_number_at_the_same_time_never_both_get_it(pool: PgPool) {
    let one = with_a_hold(pool.clone()).await;
    let config = TestConfig {
        rules: rules_with_a_hold(),
        webhooks: false,
        ..TestConfig::default()
    };
    let other = TestService::replica(
        pool,
        one.telnyx.clone(),
        one.clock.clone(),
        one.folder.clone(),
        config,
    )
    .await;
    let numbers: Vec<String> = (20..32).map(|n| format!("+131255501{n}")).collect();
    let row = |number: &String| format!("{number},default,,60601,Ada Example,1 Main Street,,");
    let rows: Vec<String> = numbers.iter().map(row).collect();
    one.import(&(rows.join("\n") + "\n")).await;
    let ask = |spid: &str, number: &String| {
        let order = TestService::clean_order().spid(spid).numbers([number]).pin(None);
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
    let service = with_a_hold(pool).await;
    let first = service.receive(TestService::clean_order()).await;
    service.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(service.status(&first), "authorized");

    let same_carrier = service.receive(TestService::clean_order()).await;
    service.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(service.status(&same_carrier), "authorized");

    let second = service.receive(TestService::clean_order().spid("6529")).await;
    service.pass(SignedDuration::from_secs(5)).await;
    let held = service.last_decision(&second).await.decision;
    assert_eq!(held.rule.as_deref(), Some("other"));
    assert!(
        held.facts.contains(r#""numbers.other_pending":true"#),
        "{}",
        held.facts
    );

    for gone in [&first, &same_carrier] {
        service.telnyx.port(gone).unwrap();
    }
    service.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(service.status(&second), "authorized", "nobody else asks any more");
}

#[sqlx::test]
async fn an_order_that_is_known_from_a_webhook_and_cannot_be_read_holds_another_carriers_order(pool: PgPool) {
    let service = with_a_hold(pool).await;
    service
        .telnyx
        .faults()
        .times(2, Call::GetOrder, Fault::Status(500));
    let unread = service.receive(TestService::clean_order()).await;
    service.pass(SignedDuration::from_secs(1)).await;
    let waiting = service.waiting(&unread).await.unwrap();
    assert!(waiting.read_at.is_none(), "it was not read");
    assert_eq!(
        waiting.phone_numbers,
        ["+13125550100"],
        "as the webhook gave them"
    );

    service.telnyx.faults().clear();
    let second = service.receive(TestService::clean_order().spid("6529")).await;
    let held = service.last_decision(&second).await.decision;
    assert_eq!(held.rule.as_deref(), Some("other"));
}

#[sqlx::test]
async fn an_authorization_that_was_not_applied_waits_when_another_carrier_asks_meanwhile(pool: PgPool) {
    let service = with_a_hold(pool).await;
    let first = tried_once(&service, Fault::Status(401)).await;
    let second = service
        .telnyx
        .open_order(TestService::clean_order().spid("6529").pin(Some("4711")));
    service.pass(SignedDuration::from_secs(130)).await;
    assert_eq!(service.sent(&first), ["authorized"]);
    assert_eq!(service.sent(&second), [""; 0]);
    for order in [&first, &second] {
        let decision = service.last_decision(order).await.decision;
        assert_eq!(decision.rule.as_deref(), Some("other"));
    }
}

#[sqlx::test]
async fn two_people_who_authorize_two_orders_for_one_number_are_both_asked_again(pool: PgPool) {
    let service = TestService::open(pool).await;
    let one = service.receive(TestService::strange_order()).await;
    let other = service.receive(TestService::strange_order().spid("998X")).await;
    service
        .telnyx
        .faults()
        .next(Call::UpdateStatus, Fault::RateLimited(30));
    service.person(&one, Action::Authorize).await.unwrap();
    assert_eq!(service.sent(&one), ["authorized"], "not applied");
    service.person(&other, Action::Authorize).await.unwrap();
    service.pass(SignedDuration::from_secs(60)).await;
    let authorized = [&one, &other]
        .iter()
        .filter(|order| service.status(order) == "authorized")
        .count();
    assert!(authorized <= 1);
    let withdrawn = service.last_decision(&one).await.decision;
    assert_eq!(withdrawn.by, DecidedBy::Service);
}
