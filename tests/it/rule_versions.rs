//! Rule sets on record, with who and why; a candidate in shadow; and none of them ever mixed with another.

use jiff::SignedDuration;
use portoutd::engine::AskedBy;
use portoutd::store;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::test_service::{RULES, TestConfig, TestService};

/// Rules that hold what the others authorize.
fn strict() -> String {
    RULES.replace("action = \"authorize\"", "action = \"hold\"")
}

async fn with_candidate(pool: PgPool, candidate: &str) -> TestService {
    let service = TestService::open(pool.clone()).await;
    std::fs::write(service.folder.path().join("candidate.toml"), candidate).unwrap();
    service.close().await;
    let config = TestConfig {
        candidate: true,
        ..TestConfig::default()
    };
    TestService::replica(
        pool,
        service.telnyx.clone(),
        service.clock.clone(),
        service.folder.clone(),
        config,
    )
    .await
}

fn trace(decision: &portoutd::store::decisions::Decision) -> Value {
    serde_json::from_str(&decision.trace).unwrap()
}

#[sqlx::test]
async fn a_candidate_is_recorded_beside_each_decision_and_never_acted_on(pool: PgPool) {
    let service = with_candidate(pool, &strict()).await;
    let candidate = service.engine.rules.candidate().unwrap();
    let order = service.receive(TestService::clean_order()).await;
    assert_eq!(service.status(&order), "authorized");
    let decision = service.last_decision(&order).await.decision;
    assert_ne!(decision.rule_set, Some(candidate.hash()));
    assert_eq!(
        trace(&decision)["candidate"],
        json!({
            "rule_set": hex::encode(candidate.hash()),
            "action": "hold",
            "rule": "clean-port",
            "cause": null,
            "unknown": [],
            "summary": "hold by clean-port",
        })
    );
    let event = store::newest_rule_set_events(&service.pool, 1)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(
        (event.hash, event.event.as_ref()),
        (candidate.hash(), "shadow"),
        "it stands on record before it judges"
    );
    let last = portoutd::engine::last_in_force(&service.pool, event.at)
        .await
        .unwrap();
    assert_ne!(last.unwrap().rules.hash(), candidate.hash());
}

#[sqlx::test]
async fn another_verdict_of_the_candidate_alone_is_no_new_decision(pool: PgPool) {
    let service = with_candidate(pool, &strict()).await;
    let order = service.receive(TestService::strange_order()).await;
    let rejecting = RULES.replace("no_match = \"hold\"", "no_match = \"authorize\"");
    std::fs::write(service.folder.path().join("candidate.toml"), rejecting).unwrap();
    service.engine.reload(AskedBy::Machine("test")).await.unwrap();
    let candidate = service.engine.reload_candidate("test").await.unwrap();
    assert_ne!(candidate.unwrap().rules().len(), 0);
    service.engine.start().await.unwrap();
    service.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(service.decisions(&order).await.len(), 1);
    assert_eq!(service.status(&order), "pending");
}

#[sqlx::test]
async fn a_broken_candidate_harms_nothing_and_the_last_good_one_goes_on(pool: PgPool) {
    let service = with_candidate(pool.clone(), "version = 1\n[[rule]]\n").await;
    assert!(service.engine.rules.candidate().is_none());
    let order = service.receive(TestService::clean_order()).await;
    assert_eq!(service.status(&order), "authorized");
    assert_eq!(
        trace(&service.last_decision(&order).await.decision).get("candidate"),
        None
    );

    let file = service.folder.path().join("candidate.toml");
    std::fs::write(&file, strict()).unwrap();
    let good = service.engine.reload_candidate("test").await.unwrap().unwrap();
    let failing = "[[test]]\nname = \"no\"\ngiven.carrier.spid = \"999X\"\nexpect = \"authorize\"\n";
    for broken in [format!("{RULES}\n{failing}"), "no TOML".to_owned()] {
        std::fs::write(&file, broken).unwrap();
        service.engine.reload_candidate("test").await.unwrap_err();
        assert_eq!(service.engine.rules.candidate().unwrap().hash(), good.hash());
    }
    std::fs::remove_file(&file).unwrap();
    service.engine.reload_candidate("test").await.unwrap_err();
    service.engine.reload(AskedBy::Machine("test")).await.unwrap();
    let order = service
        .receive(TestService::clean_order().numbers(["+13125550101"]))
        .await;
    assert_eq!(service.status(&order), "authorized");
}

#[sqlx::test]
async fn a_candidate_that_is_put_in_force_judges_no_longer_beside_itself(pool: PgPool) {
    let service = with_candidate(pool, &strict()).await;
    service.reload(&strict()).await;
    let order = service.receive(TestService::clean_order()).await;
    let decision = service.last_decision(&order).await.decision;
    assert_eq!(trace(&decision).get("candidate"), None);
}

#[sqlx::test]
async fn every_putting_in_force_is_on_record_with_its_reason(pool: PgPool) {
    let service = TestService::open(pool).await;
    let file = service.folder.path().join("rules.toml");
    let ann = |because| AskedBy::Person {
        name: "ann",
        because: Some(because),
    };
    std::fs::write(&file, strict()).unwrap();
    service.engine.reload(ann("T-1")).await.unwrap();
    std::fs::write(&file, RULES).unwrap();
    service
        .engine
        .reload(AskedBy::Machine("file change"))
        .await
        .unwrap();
    // The watcher was quicker than ann: her reason is kept all the same.
    service.engine.reload(ann("T-2")).await.unwrap();
    service.engine.reload(AskedBy::Machine("SIGHUP")).await.unwrap();

    let (now, strict) = (service.engine.rules.current().hash(), strict_hash(&service).await);
    let mut events = store::newest_rule_set_events(&service.pool, 10).await.unwrap();
    events.reverse();
    let told: Vec<_> = events
        .iter()
        .map(|one| (one.hash, one.actor.as_str(), one.because.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (now, "test", None),
            (strict, "ann", Some("T-1")),
            (now, "file change", None),
            (now, "ann", Some("T-2")),
        ]
    );
    let actions = store::admin_actions(&service.pool).await.unwrap();
    let reloads = actions.iter().filter(|(one, _)| one.action == "rules.reload");
    let details: Vec<&str> = reloads.map(|(one, _)| one.detail.as_str()).collect();
    assert_eq!(details.len(), 2);
    assert!(details[0].contains("\"because\":\"T-1\""), "{details:?}");
    let chain = store::chain::verify(actions.into_iter().map(|(_, link)| link));
    chain.unwrap();
}

async fn strict_hash(service: &TestService) -> [u8; 32] {
    let hash: Vec<u8> = sqlx::query_scalar("select hash from rule_sets where source = $1")
        .bind(strict())
        .fetch_one(&service.pool)
        .await
        .unwrap();
    hash.try_into().unwrap()
}

#[sqlx::test]
async fn a_restart_with_the_same_rules_is_no_event(pool: PgPool) {
    let service = TestService::open(pool.clone()).await;
    service.close().await;
    let again = TestService::replica(
        pool,
        service.telnyx.clone(),
        service.clock.clone(),
        service.folder.clone(),
        TestConfig::default(),
    )
    .await;
    let events = store::newest_rule_set_events(&again.pool, 10).await.unwrap();
    assert_eq!(events.len(), 1, "{events:?}");
}

#[sqlx::test]
async fn what_telnyx_offers_as_codes_is_noted(pool: PgPool) {
    let service = TestService::open(pool).await;
    service.receive(TestService::wrong_pin_order()).await;
    let codes = "select count(*) from rejection_codes_offered where code in (1001, 1002) \
        and account = 'default' and description <> '' and first_offered_at <= last_offered_at";
    let noted = async || {
        let count: i64 = sqlx::query_scalar(codes).fetch_one(&service.pool).await.unwrap();
        count
    };
    assert_eq!(noted().await, 2);
    service
        .receive(TestService::wrong_pin_order().numbers(["+13125550100", "+13125550101"]))
        .await;
    assert_eq!(noted().await, 2, "once each, whatever the order");
}

/// Two rule sets of which each part tells whose it is: a mixture would show.
fn marked(letter: char) -> String {
    RULES
        .replace("id = \"", &format!("id = \"{letter}-"))
        .replace("20h", if letter == 'a' { "20h" } else { "19h" })
}

#[sqlx::test]
async fn while_rules_change_each_decision_is_made_by_one_rule_set_whole(pool: PgPool) {
    let service = TestService::with_config(
        pool,
        TestConfig {
            rules: marked('a'),
            ..TestConfig::default()
        },
    )
    .await;
    let first = service.engine.rules.current().hash();
    let mut orders = Vec::new();
    for turn in 0..12 {
        orders.push(service.telnyx.open_order(TestService::clean_order()));
        orders.push(service.telnyx.open_order(TestService::wrong_pin_order()));
        service
            .reload(&marked(if turn % 2 == 0 { 'b' } else { 'a' }))
            .await;
    }
    service.pass(SignedDuration::from_secs(70)).await;
    let mut seen = std::collections::BTreeSet::new();
    for order in orders {
        for report in service.decisions(&order).await {
            let decision = report.decision;
            let letter = if decision.rule_set == Some(first) {
                "a-"
            } else {
                "b-"
            };
            let rules = trace(&decision)["rules"].as_array().unwrap().clone();
            assert_eq!(rules.len(), 3);
            for rule in rules {
                assert!(rule["rule"].as_str().unwrap().starts_with(letter), "{rule}");
            }
            assert!(decision.rule.unwrap().starts_with(letter));
            seen.insert(letter);
        }
    }
    assert!(!seen.is_empty());
}
