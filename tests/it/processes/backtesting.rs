//! An admin asks what a candidate would have done.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::program::Ended;
use super::service::Service;
use super::site::{PIN, Site, clean_order, strange_order};
use super::soon;
use crate::test_service::RULES;

/// Asserts how a verb ended, and that it prints some words.
fn prints(ended: &Ended, code: i32, words: &[&str]) {
    ended.assert(code, &[]);
    for word in words {
        assert!(ended.out.contains(word), "not printed: {word}\n{ended}");
    }
}

/// A site that has let one order go, rejected one for its PIN and held one.
async fn after_three_orders(pool: PgPool) -> (Site, Service) {
    let site = Site::new(pool).await;
    let service = site.serve().await;
    let mut wrong = clean_order();
    wrong["pin"] = "Zulu78".into();
    for order in [clean_order(), wrong, strange_order()] {
        site.telnyx.open(order).await;
    }
    soon("all are judged", async || {
        site.count("select count(*) from decisions").await == 3
    })
    .await;
    site.write(
        "candidate.toml",
        &RULES.replace(
            "reject.because = \"pin-invalid\"",
            "reject.because = \"account-invalid\"",
        ),
    );
    (site, service)
}

#[sqlx::test]
async fn a_backtest_tells_by_its_exit_code_whether_anything_changes(pool: PgPool) {
    let (site, _service) = after_three_orders(pool).await;
    let same = site.run(&["backtest", "--expect-no-change"]).await;
    prints(
        &same,
        0,
        &[
            "rules.toml with the decisions by rules since",
            "3 orders evaluated, no decision changes",
        ],
    );
    let changed = [
        "backtest",
        "--rules",
        "candidate.toml",
        "--expect-no-change",
        "--since",
        "2026-01-31",
    ];
    let changed = site.run(&changed).await;
    prints(&changed, 1, &["reject with another cause"]);
    changed.assert(1, &["expected no change: 3 orders evaluated, 1 decision changes"]);
    assert!(!changed.log.contains('█'), "no bar where nobody looks: {changed}");
    let told = site.run(&["backtest", "--rules", "candidate.toml"]).await;
    prints(&told, 0, &["1 decision changes"]);

    site.write("broken.toml", "version = 2");
    site.run(&["backtest", "--rules", "broken.toml"])
        .await
        .assert(1, &["broken.toml"]);
    site.run(&["backtest", "--since", "yesterday"])
        .await
        .assert(2, &["`yesterday`", "2026-11-20"]);
}

#[sqlx::test]
async fn programs_read_every_order_of_a_backtest(pool: PgPool) {
    let (site, _service) = after_three_orders(pool).await;
    let candidate = ["backtest", "--rules", "candidate.toml"];
    let document = site.json(&candidate).await;
    assert_eq!(document["orders"].as_array().unwrap().len(), 3);
    let changed: Vec<&Value> = document["orders"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["change"] == "cause")
        .collect();
    assert_eq!(changed.len(), 1);
    assert_eq!(
        (&changed[0]["old_rule"], &changed[0]["cause"]),
        (&json!("wrong-pin"), &json!("account-invalid"))
    );
    assert_eq!(
        (&document["candidate"], &document["judged"]),
        (&json!("candidate.toml"), &json!(3))
    );

    let csv = site
        .run(&["backtest", "--rules", "candidate.toml", "--output", "csv"])
        .await;
    let lines: Vec<&str> = csv.assert(0, &[]).out.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(
        lines[0].starts_with("order,account,decided_at,old_action,"),
        "{}",
        lines[0]
    );
}

#[sqlx::test]
async fn a_history_at_telnyx_needs_no_decision_and_shows_no_pin(pool: PgPool) {
    let site = Site::new(pool).await;
    let order = site.telnyx.open(clean_order()).await;
    site.telnyx.act(&order, "authorize-by-silence").await;
    site.telnyx.open(strange_order()).await;
    let told = site
        .run(&["backtest", "--from", "telnyx", "--expect-no-change"])
        .await;
    prints(
        &told,
        0,
        &[
            "rules.toml with the port-outs at Telnyx since",
            "2 orders evaluated, no decision changes",
        ],
    );
    let document = site
        .run(&["backtest", "--from", "telnyx", "--output", "json"])
        .await;
    let orders = document.assert(0, &[]).json()["orders"].clone();
    assert_eq!(
        (&orders[0]["old_action"], &orders[0]["new_rule"]),
        (&json!("authorize"), &json!("clean-port"))
    );
    assert_eq!(
        (&orders[1]["old_action"], &orders[1]["new_action"]),
        (&Value::Null, &json!("hold"))
    );
    assert!(!document.out.contains(PIN) && !told.out.contains(PIN));
    assert_eq!(site.count("select count(*) from events").await, 0);
}

#[sqlx::test]
async fn the_rules_in_force_are_told_with_their_hits(pool: PgPool) {
    let (site, _service) = after_three_orders(pool).await;
    let stats = site.json(&["rules", "stats"]).await;
    let hits: Vec<(&str, u64)> = stats["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| (rule["rule"].as_str().unwrap(), rule["hits"].as_u64().unwrap()))
        .collect();
    assert_eq!(hits, [("frozen", 0), ("wrong-pin", 1), ("clean-port", 1)]);
    assert_eq!((&stats["judged"], &stats["without_rule"]), (&json!(3), &json!(1)));
    let told = site
        .run(&["rules", "stats", "--rules", "candidate.toml", "--since", "1d"])
        .await;
    prints(&told, 0, &["candidate.toml since", "clean-port", "33.3%"]);
}
