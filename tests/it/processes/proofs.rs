//! What admins prove of their rules before they go live: tests with their coverage, and the rules in plain words.

use std::path::Path;

use serde_json::{Value, json};
use sqlx::PgPool;

use super::program::{Ended, Program, portoutd};
use super::service::Service;
use super::site::{Site, clean_order, strange_order};
use super::soon;
use crate::test_service::RULES;

/// Tests that stand behind [`RULES`].
const TESTS: &str = r#"
[[test]]
name = "a wrong PIN is rejected"
given.pin = "wrong"
given.numbers.frozen = false
expect = "reject"
by = "wrong-pin"

[[test]]
name = "a clean port goes"
given.carrier.spid = "073H"
given.pin = "right"
given.numbers.ours = "all"
given.numbers.frozen = false
expect = "authorize"
"#;

async fn run(arguments: &[&str]) -> Ended {
    let mut command = portoutd();
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    Program::start(command).ended().await
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn several_files_are_tested_and_one_that_fails_fails_all() {
    let folder = tempfile::tempdir().unwrap();
    let good = write(folder.path(), "good.toml", &format!("{RULES}{TESTS}"));
    let failing = format!(
        "{RULES}{}",
        TESTS.replace("expect = \"reject\"\nby = \"wrong-pin\"", "expect = \"hold\"")
    );
    let failing = write(folder.path(), "failing.toml", &failing);
    let ended = run(&["test", &good, &failing]).await;
    ended.assert(1, &[]);
    for told in [
        &format!("{good}: 2 passed, 0 failed"),
        &format!("{failing}: 1 passed, 1 failed"),
        "FAILED  a wrong PIN is rejected",
        "expected hold, but the verdict is reject",
        "verdict: reject by wrong-pin (pin-invalid)",
        "no   frozen     numbers.frozen  wanted true  was false",
        "yes  wrong-pin  reject",
    ] {
        assert!(ended.out.contains(told), "{told}\n{ended}");
    }
    assert!(
        !ended.out.contains("clean-port"),
        "what was not reached is not shown: {ended}"
    );
    let documents = run(&["test", &good, &failing, "--output", "json"])
        .await
        .assert(1, &[])
        .json();
    assert_eq!(
        (&documents[0]["ok"], &documents[1]["ok"]),
        (&json!(true), &json!(false))
    );
}

#[tokio::test]
async fn some_of_the_tests_are_run_by_their_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "rules.toml", &format!("{RULES}{TESTS}"));
    let names = async |pattern: &str| {
        let document = run(&["test", &file, "--run", pattern, "--output", "json"])
            .await
            .assert(0, &[])
            .json();
        let tests = document["tests"].as_array().unwrap();
        tests
            .iter()
            .map(|test| test["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("wrong pin").await, ["a wrong PIN is rejected"]);
    assert_eq!(names("A clean*").await, ["a clean port goes"]);
    assert_eq!(names("/a (wrong|clean).*/").await.len(), 2);
    let told = run(&["test", &file, "--run", "clean prot"]).await;
    told.assert(2, &["no test matches `clean prot`", "\n  a clean port goes\n"]);
    run(&["test", &file, "--run", "/(/"])
        .await
        .assert(2, &["unclosed group"]);
    run(&["test", &file, "--run", "x", "--coverage"])
        .await
        .assert(2, &["--coverage"]);
}

#[tokio::test]
async fn coverage_names_what_no_test_reaches_and_fails_below_the_minimum() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "rules.toml", &format!("{RULES}{TESTS}"));
    let told = run(&["test", &file, "--coverage"]).await;
    told.assert(0, &[]);
    for line in [
        "coverage 50 %: 2 of 3 rules, 2 of 5 conditions",
        "  frozen: no test covers it",
        "  clean-port: no test would fail without match.carrier.spid = [\"073H\", \"6529\"]",
    ] {
        assert!(told.out.lines().any(|said| said == line), "{line}\n{told}");
    }
    run(&["test", &file, "--min", "50"]).await.assert(0, &[]);
    let below = run(&["test", &file, "--min", "51"]).await;
    below.assert(1, &[]);
    assert!(below.out.contains("below 51 %"), "{below}");
    let document = run(&["test", &file, "--min", "51", "--output", "json"])
        .await
        .assert(1, &[])
        .json();
    assert_eq!(
        (
            &document["ok"],
            &document["failed"],
            &document["coverage"]["percent"]
        ),
        (&json!(false), &json!(0), &json!(50))
    );
    assert!(
        document["coverage"]["not_reached"]
            .as_array()
            .unwrap()
            .contains(&json!({"rule": "frozen"}))
    );
    run(&["test", &file, "--min", "101"]).await.assert(2, &["101"]);
}

#[tokio::test]
async fn rules_show_reads_the_rules_aloud() {
    let told = run(&["rules", "show"]).await;
    told.assert(0, &[]);
    for line in [
        "5. wrong-pin: If the PIN is wrong, reject (pin-invalid).",
        "If a missing fact could change the outcome, hold for a person.",
    ] {
        assert!(told.out.lines().any(|said| said == line), "{line}\n{told}");
    }
    let document = run(&["rules", "show", "rules.toml", "--output", "json"])
        .await
        .assert(0, &[])
        .json();
    assert_eq!(
        (
            &document["rules"][8]["place"],
            &document["rules"][8]["mode"],
            &document["rules"][8]["last_day"]
        ),
        (&json!(9), &json!("shadow"), &json!("2031-03-01"))
    );
    let folder = tempfile::tempdir().unwrap();
    let broken = write(folder.path(), "broken.toml", "version = 2\n");
    run(&["rules", "show", &broken])
        .await
        .assert(1, &["broken.toml:1:11"]);
    run(&["rules", "show", "no-such.toml"])
        .await
        .assert(2, &["no-such.toml"]);
}

#[tokio::test]
async fn eval_tells_what_each_value_of_a_missing_fact_would_do() {
    let folder = tempfile::tempdir().unwrap();
    let facts = json!({"facts": { "carrier.spid": "073H", "numbers.ours": "all", "numbers.frozen": false }});
    let request = write(folder.path(), "request.json", &facts.to_string());
    let rules = write(folder.path(), "rules.toml", RULES);
    let told = run(&["eval", &request, "--rules", &rules]).await;
    told.assert(0, &[]);
    insta::assert_snapshot!(told.out, @r#"
    hold
      undecided: wrong-pin needs pin. If wrong: reject. clean-port needs pin. If right or none-on-file: authorize. Otherwise: hold.

    Rules, in order
      no       frozen      numbers.frozen  wanted true                       was false
      unknown  wrong-pin   pin             wanted "wrong"                    is not known
      unknown  clean-port  pin             wanted ["right", "none-on-file"]  is not known

    Missing fact: pin
      right         → authorize by clean-port
      wrong         → reject by wrong-pin (pin-invalid)
      not-given     → hold: no rule decides
      none-on-file  → authorize by clean-port
    "#);
    let document = run(&["eval", &request, "--rules", &rules, "--output", "json"])
        .await
        .assert(0, &[])
        .json();
    let answer = &document["what_if"][0]["answers"][1];
    assert_eq!(
        (&answer["values"], &answer["action"], &answer["rule"]),
        (&json!("wrong"), &json!("reject"), &json!("wrong-pin"))
    );
}

/// The decision about an order, as soon as there is one.
async fn decided(site: &Site, order: Value) -> String {
    let decisions = async || site.count("select count(*) from decisions").await;
    let before = decisions().await;
    let order = site.telnyx.open(order).await;
    soon("it is decided", async || decisions().await > before).await;
    order
}

/// The rules with a block behind them that `decisions show --as-test` printed: they pass.
async fn passes(site: &Site, blocks: &[&str]) {
    site.write("tested.toml", &format!("{RULES}\n{}", blocks.join("\n")));
    let document = site.json(&["test", "tested.toml"]).await;
    assert_eq!(
        (&document["passed"], &document["failed"]),
        (&json!(blocks.len()), &json!(0)),
        "{document:#}"
    );
}

/// What `decisions show --as-test` prints of an order.
async fn as_test(site: &Site, order: &str, more: &[&str]) -> String {
    let ended = site
        .run(&[["decisions", "show", order, "--as-test"].as_slice(), more].concat())
        .await;
    ended.assert(0, &[]).out.clone()
}

#[sqlx::test]
async fn a_real_decision_becomes_a_test_that_passes_against_its_rules(pool: PgPool) {
    let site = Site::new(pool).await;
    let _service = site.serve().await;
    let clean = decided(&site, clean_order()).await;
    let strange = decided(&site, strange_order()).await;
    let recorded = as_test(&site, &clean, &[]).await;
    for part in [
        "given.carrier.spid ",
        "= \"authorize\"\n",
        "= \"clean-port\"\n",
        "data of a real subscriber (phone_numbers",
    ] {
        assert!(recorded.contains(part), "{part}\n{recorded}");
    }
    passes(&site, &[&recorded, &as_test(&site, &strange, &[]).await]).await;
    let anonymous = as_test(&site, &clean, &["--anonymous"]).await;
    assert!(!anonymous.contains(&clean), "{anonymous}");
    passes(&site, &[&anonymous]).await;
    passes(&site, &[&as_test(&site, &strange, &["--anonymous"]).await]).await;
}

#[sqlx::test]
async fn what_a_person_overruled_is_tested_as_the_rules_said_it(pool: PgPool) {
    let site = Site::new(pool).await;
    let _service = site.serve().await;
    let held = decided(&site, strange_order()).await;
    let said = [
        "--reason",
        "I called the owner.",
        "--cause",
        "unauthorized-by-owner",
    ];
    site.run(&[["reject", "--yes", &held].as_slice(), &said].concat())
        .await
        .assert(0, &[]);
    let block = as_test(&site, &held, &[]).await;
    assert!(
        block.contains("overridden: the final answer was reject, by person"),
        "{block}"
    );
    passes(&site, &[&block]).await;
}

/// A site where an order waits for facts: without a register nothing can be compared.
async fn waiting(pool: PgPool) -> (Site, Service, String) {
    let mut site = Site::bare(pool).await;
    site.set("PORTOUTD__TELNYX__POLL_INTERVAL", "5s");
    let service = site.serve().await;
    let order = decided(&site, clean_order()).await;
    (site, service, order)
}

#[sqlx::test]
async fn a_decision_that_waits_for_a_fact_tells_what_its_values_would_do(pool: PgPool) {
    let (site, _service, order) = waiting(pool).await;
    let told = site.run(&["decisions", "show", &order]).await;
    told.assert(0, &[]);
    for part in [
        "Rules, in order\n  unknown  frozen",
        "wanted true",
        "is not known",
        "Missing fact: numbers.frozen\n  true   → reject by frozen (number-locked)\n  false  → still depends on",
    ] {
        assert!(told.out.contains(part), "{part}\n{told}");
    }
    let document = site.json(&["decisions", "show", &order]).await;
    assert_eq!(document["what_if"][0]["fact"], "numbers.frozen", "{document:#}");
    passes(&site, &[&as_test(&site, &order, &[]).await]).await;

    // A version on record reads aloud as a file does.
    let rule_set = document["rule_set"].as_str().unwrap();
    let shown = site.json(&["rules", "show", &rule_set[..12]]).await;
    assert_eq!(
        (&shown["rule_set"], &shown["rules"][0]["id"]),
        (&json!(rule_set), &json!("frozen"))
    );
}

#[sqlx::test]
async fn where_the_rules_of_a_decision_cannot_be_had_its_recorded_trace_is_left(pool: PgPool) {
    let (site, _service, order) = waiting(pool).await;
    for statement in [
        "alter table rule_sets disable trigger all",
        "update rule_sets set source = 'version = 9'",
    ] {
        sqlx::query(statement).execute(&site.pool).await.unwrap();
    }
    let told = site.run(&["decisions", "show", &order]).await;
    told.assert(0, &[]);
    for part in ["its recorded rule set does not match its hash", "unknown  frozen"] {
        assert!(told.out.contains(part), "{part}\n{told}");
    }
    let block = as_test(&site, &order, &[]).await;
    assert!(block.contains("This test was not run"), "{block}");
    passes(&site, &[&block]).await;
    site.run(&["decisions", "show", &order, "--as-test", "--anonymous"])
        .await
        .assert(1, &["Omit `--anonymous`"]);
}
