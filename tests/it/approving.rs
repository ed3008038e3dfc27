//! Two pairs of eyes: what one person proposes judges only after another approved it.

use jiff::SignedDuration;
use portoutd::engine::{Approval, Approving, AskedBy, NotApproved, Reloaded};
use portoutd::store;
use serde_json::Value;
use sqlx::PgPool;

use crate::test_service::{RULES, TestConfig, TestService};

/// Rules that say the same as the others, with another deadline.
fn other(hours: u32) -> String {
    RULES.replace("20h", &format!("{hours}h"))
}

fn careful() -> TestConfig {
    TestConfig {
        approval: Approval::Needed,
        ..TestConfig::default()
    }
}

async fn careful_office(pool: PgPool) -> TestService {
    TestService::with_config(pool, careful()).await
}

/// What a reload by ann proposes.
async fn proposed(service: &TestService, rules: &str) -> [u8; 32] {
    match service.reload(rules).await {
        Reloaded::Proposed { rule_set, .. } => rule_set,
        other => panic!("{other:?}"),
    }
}

async fn approve(service: &TestService, rule_set: [u8; 32], name: &str) -> Result<(), NotApproved> {
    let approving = Approving {
        rule_set,
        name,
        because: Some("I read it."),
    };
    service.engine.approve(&approving).await.map(|_| ())
}

fn in_force(service: &TestService) -> [u8; 32] {
    service.engine.rules.current().hash()
}

/// Every event of the rule sets, first to last: what, who, why.
async fn events(service: &TestService) -> Vec<(String, String, Option<String>)> {
    let mut events = store::newest_rule_set_events(&service.pool, 100).await.unwrap();
    events.reverse();
    events
        .into_iter()
        .map(|one| (one.event.to_string(), one.actor, one.because))
        .collect()
}

async fn actions(service: &TestService) -> Vec<(String, String)> {
    let actions = store::admin_actions(&service.pool).await.unwrap();
    actions
        .into_iter()
        .filter(|(action, _)| action.action.starts_with("rules."))
        .map(|(action, _)| (action.action, action.actor))
        .collect()
}

fn told(event: &str, actor: &str, because: Option<&str>) -> (String, String, Option<String>) {
    (event.to_owned(), actor.to_owned(), because.map(str::to_owned))
}

#[sqlx::test]
async fn what_one_person_proposes_another_puts_in_force(pool: PgPool) {
    let service = careful_office(pool).await;
    let before = in_force(&service);
    std::fs::write(service.folder.path().join("rules.toml"), other(10)).unwrap();
    let asked = AskedBy::Person {
        name: "root (sudo by ann)",
        because: Some("T-17"),
    };
    let Reloaded::Proposed { rule_set, by } = service.engine.reload(asked).await.unwrap() else {
        panic!("it waits")
    };
    assert_eq!((by.as_str(), in_force(&service)), ("root (sudo by ann)", before));

    for proposer in ["ann", "root (sudo by ann)"] {
        let refused = approve(&service, rule_set, proposer).await.unwrap_err();
        assert!(
            matches!(&refused, NotApproved::OwnProposal(by) if by == "ann"),
            "{proposer}: {refused}"
        );
    }
    assert_eq!(in_force(&service), before);
    approve(&service, rule_set, "bob").await.unwrap();
    assert_eq!(in_force(&service), rule_set);

    let proposer = "root (sudo by ann)";
    assert_eq!(
        events(&service).await,
        [
            told("in-force", "test", None),
            told("proposed", proposer, Some("T-17")),
            told("approved", "bob", Some("I read it.")),
            told("in-force", proposer, Some("T-17")),
        ]
    );
    assert_eq!(
        actions(&service).await,
        [
            ("rules.propose".to_owned(), proposer.to_owned()),
            ("rules.approve".to_owned(), "bob".to_owned()),
        ]
    );
}

#[sqlx::test]
async fn an_approval_is_good_for_one_proposal(pool: PgPool) {
    let service = careful_office(pool).await;
    let rule_set = proposed(&service, &other(10)).await;
    approve(&service, rule_set, "bob").await.unwrap();
    let again = approve(&service, rule_set, "bob").await.unwrap_err();
    assert!(matches!(again, NotApproved::NothingProposed), "{again}");
}

#[sqlx::test]
async fn an_edit_resets_what_was_proposed(pool: PgPool) {
    let service = careful_office(pool).await;
    let before = in_force(&service);
    let first = proposed(&service, &other(10)).await;
    std::fs::write(service.folder.path().join("rules.toml"), other(11)).unwrap();
    let refused = approve(&service, first, "bob").await.unwrap_err();
    assert!(matches!(refused, NotApproved::Edited(_)), "{refused}");

    let second = proposed(&service, &other(11)).await;
    let refused = approve(&service, first, "bob").await.unwrap_err();
    assert!(
        matches!(refused, NotApproved::AnotherProposed { rule_set, .. } if rule_set == second),
        "{refused}"
    );
    std::fs::write(service.folder.path().join("rules.toml"), "version = 2\n").unwrap();
    let refused = approve(&service, second, "bob").await.unwrap_err();
    assert!(matches!(refused, NotApproved::NotGood(_)), "{refused}");
    assert_eq!(in_force(&service), before);
}

#[sqlx::test]
async fn whoever_repeats_a_proposal_does_not_take_it_over(pool: PgPool) {
    let service = careful_office(pool).await;
    let rule_set = proposed(&service, &other(10)).await;
    let bob = AskedBy::Person {
        name: "bob",
        because: Some("mine now"),
    };
    let Reloaded::Proposed { by, .. } = service.engine.reload(bob).await.unwrap() else {
        panic!("it still waits")
    };
    assert_eq!(by, "ann");
    let refused = approve(&service, rule_set, "ann").await.unwrap_err();
    assert!(matches!(refused, NotApproved::OwnProposal(_)), "{refused}");
    approve(&service, rule_set, "bob").await.unwrap();
}

#[sqlx::test]
async fn a_signal_or_a_changed_file_neither_proposes_nor_puts_in_force(pool: PgPool) {
    let service = careful_office(pool).await;
    let before = in_force(&service);
    std::fs::write(service.folder.path().join("rules.toml"), other(10)).unwrap();
    let read = service.engine.reload(AskedBy::Machine("SIGHUP")).await.unwrap();
    assert!(matches!(read, Reloaded::NotApproved(_)), "{read:?}");
    assert_eq!(in_force(&service), before);
    assert!(store::standing_proposal(&service.pool).await.unwrap().is_none());
    assert_eq!(events(&service).await.len(), 1);
}

#[sqlx::test]
async fn a_restart_goes_on_with_the_rules_that_were_approved_last(pool: PgPool) {
    let service = careful_office(pool.clone()).await;
    let before = in_force(&service);
    let waits = proposed(&service, &other(10)).await;
    service.close().await;

    let again = TestService::replica(
        pool,
        service.telnyx.clone(),
        service.clock.clone(),
        service.folder.clone(),
        careful(),
    )
    .await;
    assert_eq!(in_force(&again), before);
    assert_eq!(again.engine.rules.waiting(), Some(waits));
    approve(&again, waits, "bob").await.unwrap();
    assert_eq!(in_force(&again), waits, "the proposal outlives the restart");
}

#[sqlx::test]
async fn a_replica_takes_over_what_was_approved_at_another_and_nothing_else(pool: PgPool) {
    let one = careful_office(pool.clone()).await;
    let other_one = TestService::replica(
        pool,
        one.telnyx.clone(),
        one.clock.clone(),
        one.folder.clone(),
        careful(),
    )
    .await;
    let before = in_force(&other_one);
    let rule_set = proposed(&one, &other(10)).await;
    let machine = AskedBy::Machine("file change");
    other_one.engine.reload(machine).await.unwrap();
    assert!(!other_one.engine.is_approved_elsewhere().await.unwrap());
    assert_eq!(in_force(&other_one), before);

    approve(&one, rule_set, "bob").await.unwrap();
    assert!(other_one.engine.is_approved_elsewhere().await.unwrap());
    other_one.engine.reload(machine).await.unwrap();
    assert_eq!(in_force(&other_one), rule_set);
    assert_eq!(events(&one).await.len(), 4, "one rule set, once in force");

    // Approved once, but another one is in force since.
    let newer = proposed(&one, &other(11)).await;
    approve(&one, newer, "bob").await.unwrap();
    other_one.engine.reload(machine).await.unwrap();
    std::fs::write(one.folder.path().join("rules.toml"), other(10)).unwrap();
    let read = other_one.engine.reload(machine).await.unwrap();
    assert!(matches!(read, Reloaded::NotApproved(_)), "{read:?}");
    assert_eq!(in_force(&other_one), newer);
}

#[sqlx::test]
async fn approved_rules_judge_what_the_old_ones_held(pool: PgPool) {
    let service = careful_office(pool).await;
    let order = service.receive(TestService::strange_order()).await;
    let rules = RULES.replace("\"073H\"", "\"999X\"");
    let rule_set = proposed(&service, &rules).await;
    service.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(service.status(&order), "pending", "a proposal judges nothing");
    approve(&service, rule_set, "bob").await.unwrap();
    service.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(service.status(&order), "authorized");
    let decision = service.last_decision(&order).await.decision;
    assert_eq!(decision.rule_set, Some(rule_set));
}

#[sqlx::test]
async fn without_the_setting_nothing_is_approved(pool: PgPool) {
    let service = TestService::open(pool).await;
    let refused = approve(&service, in_force(&service), "bob").await.unwrap_err();
    assert!(matches!(refused, NotApproved::NotNeeded), "{refused}");
}

#[sqlx::test]
async fn the_steps_of_an_approval_tell_whose_it_was(pool: PgPool) {
    let service = careful_office(pool).await;
    let rule_set = proposed(&service, &other(10)).await;
    approve(&service, rule_set, "bob").await.unwrap();
    let (last, _) = store::admin_actions(&service.pool).await.unwrap().pop().unwrap();
    let detail: Value = serde_json::from_str(&last.detail).unwrap();
    assert_eq!(
        detail,
        serde_json::json!({
            "rule_set": hex::encode(rule_set),
            "proposed_by": "ann",
            "because": "I read it.",
        })
    );
}
