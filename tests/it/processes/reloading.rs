//! Edited rules: put in force by command, by signal and by themselves; refused when they are not good.

use rustix::process::Signal;
use serde_json::Value;
use sqlx::PgPool;

use super::service::Service;
use super::site::{Site, clean_order, free_port, strange_order};
use super::soon;
use crate::test_service::RULES;

/// The rules with one more carrier that is trusted.
fn trusting(spid: &str) -> String {
    let rules = RULES.replace("\"073H\"", &format!("\"073H\", \"{spid}\""));
    assert_ne!(rules, RULES);
    rules
}

/// Rules with a test that they do not pass.
fn failing() -> String {
    let test = "[[test]]\nname = \"strangers go\"\ngiven.carrier.spid = \"999X\"\nexpect = \"authorize\"\n";
    format!("{RULES}\n{test}")
}

/// The rule set that the service judges by, as it says itself.
fn in_force(service: &Service) -> String {
    let lines = service.program.log_lines();
    let told: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["rule_set"].as_str())
        .collect();
    told.last().unwrap().to_string()
}

#[sqlx::test]
async fn reload_puts_the_edited_file_in_force_and_judges_anew_what_was_held(pool: PgPool) {
    let site = Site::new(pool).await;
    let service = site.serve().await;
    let order = site.telnyx.open(strange_order()).await;
    soon("the order is held", async || site.count(HELD).await == 1).await;
    let before = in_force(&service);

    site.write("rules.toml", &trusting("999X"));
    let ended = site.run(&["reload"]).await;
    ended.assert(0, &["is active"]);
    soon("the log says so", async || in_force(&service) != before).await;
    let after = in_force(&service);
    assert!(ended.log.contains(&after), "{ended}");
    soon("the order is authorized", async || {
        site.telnyx.status(&order).await == "authorized"
    })
    .await;
    assert_eq!(site.decision(&order).await["rule_set"], after.as_str());

    let (actor, action, detail): (String, String, String) =
        sqlx::query_as("select actor, action, detail from admin_actions order by seq desc limit 1")
            .fetch_one(&site.pool)
            .await
            .unwrap();
    let detail: Value = serde_json::from_str(&detail).unwrap();
    assert_eq!(
        (action.as_str(), &detail["rule_set"]),
        ("rules.reload", &Value::from(after))
    );
    assert!(!actor.is_empty());
}

#[sqlx::test]
async fn a_file_that_is_not_good_is_refused_and_the_old_rules_stay(pool: PgPool) {
    let site = Site::new(pool).await;
    let service = site.serve().await;
    let before = in_force(&service);

    site.write("rules.toml", &failing());
    let ended = site.run(&["reload"]).await;
    ended.assert(
        1,
        &[
            "refused",
            &before,
            "\"strangers go\" fails",
            "expected authorize, but the verdict is hold",
            "(undecided: ",
            "`portoutd test`",
        ],
    );
    site.write(
        "rules.toml",
        &RULES.replace("action = \"reject\"", "action = \"rejekt\""),
    );
    let ended = site.run(&["reload"]).await;
    ended.assert(
        1,
        &[
            "refused",
            &before,
            "rules.toml:14:",
            "rules.toml:21:",
            "rejekt",
            "`portoutd check`",
        ],
    );
    soon("the service's log says so", async || {
        service.program.logged("Refused the edited rules").is_some()
    })
    .await;

    assert_eq!(in_force(&service), before);
    let order = site.telnyx.open(clean_order()).await;
    soon("the old rules judge", async || {
        site.telnyx.status(&order).await == "authorized"
    })
    .await;
    assert_eq!(site.decision(&order).await["rule_set"], before.as_str());
    assert_eq!(
        site.count("select count(*) from admin_actions where action = 'rules.reload'")
            .await,
        2
    );
}

#[sqlx::test]
async fn sighup_and_a_changed_file_reload_too(pool: PgPool) {
    let site = Site::new(pool).await;
    let service = site.serve().await;
    let first = in_force(&service);
    site.write("rules.toml", &trusting("999X"));
    service.program.signal(Signal::HUP);
    soon("SIGHUP is heard", async || in_force(&service) != first).await;
    assert_eq!(loaded_by(&site).await, "SIGHUP");

    site.write("rules.toml", &trusting("888X"));
    soon("the change is noticed", async || {
        loaded_by(&site).await == "file change"
    })
    .await;
    // A list beside the rules is a part of them.
    let listed = "[lists.partners]\ntype = \"spid\"\nfile = \"partners.txt\"\n";
    let rules = RULES.replace("[\"073H\", \"6529\"]", "\"@partners\"").replace(
        "[[rule]]\nid = \"frozen\"",
        &format!("{listed}[[rule]]\nid = \"frozen\""),
    );
    site.write("partners.txt", "073H\n");
    site.write("rules.toml", &rules);
    let loaded = async || site.count("select count(*) from rule_sets").await;
    soon("the rules with a list are in force", async || loaded().await == 4).await;
    site.write("partners.txt", "073H\n777X\n");
    soon("the longer list is in force", async || loaded().await == 5).await;
}

/// What had the newest rule set loaded.
async fn loaded_by(site: &Site) -> String {
    sqlx::query_scalar("select loaded_by from rule_sets order by loaded_at desc limit 1")
        .fetch_one(&site.pool)
        .await
        .unwrap()
}

#[sqlx::test]
async fn reload_without_a_service_says_so(pool: PgPool) {
    let mut site = Site::bare(pool).await;
    let port = free_port();
    site.set("PORTOUTD__HTTP__ADMIN_LISTEN", &format!("127.0.0.1:{port}"));
    let ended = site.run(&["reload"]).await;
    ended.assert(
        69,
        &[
            &format!("127.0.0.1:{port}"),
            "Check that `portoutd serve` is running",
        ],
    );
}

const HELD: &str = "select count(*) from episodes where state = 'held'";
