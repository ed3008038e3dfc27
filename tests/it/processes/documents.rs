//! The documents that scripts read, and the exit codes, of the verbs that need nothing but the shipped rules.

use std::path::Path;

use serde_json::{Value, json};

use super::program::{Ended, Program, portoutd};

/// A verb in the root of the repository, where the shipped rules lie.
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
async fn check_tells_of_the_shipped_rules_that_they_are_good() {
    let document = run(&["check", "--output", "json"]).await.assert(0, &[]).json();
    assert_eq!(document["ok"], true, "{document:#}");
    assert_eq!(
        (&document["errors"], &document["findings"]),
        (&json!(0), &json!([]))
    );
}

#[tokio::test]
async fn check_tells_every_problem_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = "version = 1\n[[rule]]\nid = \"a\"\nmatch.pinn = \"wrong\"\naction = \"hold\"\n\n[[rule]]\nid = \"b\"\nmatch.carrier.spid = 6529\naction = \"hold\"\n";
    let file = write(folder.path(), "rules.toml", wrong);
    let ended = run(&["check", &file, "--output", "json"]).await;
    let document = ended.assert(1, &[]).json();
    let findings = document["findings"].as_array().unwrap();
    let places: Vec<(&Value, &Value)> = findings
        .iter()
        .map(|one| (&one["line"], &one["column"]))
        .collect();
    assert_eq!(places, [(&json!(4), &json!(7)), (&json!(9), &json!(22))]);
    assert!(
        findings
            .iter()
            .all(|one| one["file"] == file.as_str() && one["help"].is_string()),
        "{document:#}"
    );
    let told = run(&["check", &file]).await;
    assert_eq!(told.code, Some(1));
    assert!(
        told.out.contains(&format!("{file}:4:7")) && told.out.contains(&format!("{file}:9:22")),
        "{told}"
    );
}

#[tokio::test]
async fn test_runs_the_tests_of_the_shipped_rules() {
    let document = run(&["test", "rules.toml", "--output", "json"])
        .await
        .assert(0, &[])
        .json();
    let tests = document["tests"].as_array().unwrap();
    assert!(tests.len() >= 5, "{document:#}");
    assert!(
        tests
            .iter()
            .all(|test| test["passed"] == true && test["name"].is_string())
    );
    assert_eq!(
        (&document["ok"], &document["passed"], &document["failed"]),
        (&json!(true), &json!(tests.len()), &json!(0))
    );
}

#[tokio::test]
async fn the_shipped_rules_are_an_example_of_their_kind() {
    run(&["check", "--deny-warnings"]).await.assert(0, &[]);
    run(&["test", "--coverage", "--min", "100"]).await.assert(0, &[]);
    run(&["fmt", "--check"]).await.assert(0, &[]);
}

#[tokio::test]
async fn test_exits_with_1_where_a_test_fails_or_the_file_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    let rules = format!(
        "{}\n[[test]]\nname = \"no\"\ngiven.pin = \"wrong\"\ngiven.numbers.frozen = false\nexpect = \"hold\"\n",
        crate::test_service::RULES
    );
    let failing = write(folder.path(), "failing.toml", &rules);
    let document = run(&["test", &failing, "--output", "json"])
        .await
        .assert(1, &[])
        .json();
    assert_eq!((&document["ok"], &document["failed"]), (&json!(false), &json!(1)));
    assert_eq!(
        document["tests"][0]["differences"],
        json!(["expected hold, got reject"])
    );
    let broken = write(folder.path(), "broken.toml", "version = 2\n");
    let document = run(&["test", &broken, "--output", "json"])
        .await
        .assert(1, &[])
        .json();
    assert!(
        !document["findings"].as_array().unwrap().is_empty(),
        "{document:#}"
    );
}

#[tokio::test]
async fn eval_prints_the_verdict_with_everything_that_the_contract_names() {
    let folder = tempfile::tempdir().unwrap();
    let request = json!({
        "order": { "spid": "073H", "carrier_name": "Onvoy", "phone_numbers": ["+13125550100"], "zip": "60601" },
        "facts": { "numbers.ours": "all", "numbers.frozen": false, "numbers.tags": [], "pin": "right",
            "zip": "right", "foc_in": "72h" },
        "now": "2027-01-15T18:00:00Z",
    });
    let file = write(folder.path(), "request.json", &request.to_string());
    let document = run(&["eval", &file, "--output", "json"])
        .await
        .assert(0, &[])
        .json();
    for field in ["action", "rule", "cause", "unknown", "shadow", "trace"] {
        assert!(
            document.get(field).is_some(),
            "`{field}` is missing in {document:#}"
        );
    }
    assert_eq!(
        (&document["action"], &document["rule"]),
        (&json!("authorize"), &json!("clean-port"))
    );
    assert_eq!(
        (&document["unknown"], &document["shadow"]),
        (&json!([]), &json!([]))
    );
    let trace = document["trace"].as_array().unwrap();
    assert!(
        trace
            .iter()
            .any(|line| line["rule"] == "clean-port" && line["outcome"] == "yes"),
        "{document:#}"
    );

    run(&["eval", &file, "--expect", "authorize"])
        .await
        .assert(0, &[]);
    let other = run(&["eval", &file, "--expect", "reject"]).await;
    other.assert(1, &["expected reject, but the verdict is authorize"]);
    let misspelt = write(
        folder.path(),
        "misspelt.json",
        r#"{"facts": {"numbers.our": "all"}}"#,
    );
    let told = run(&["eval", &misspelt]).await;
    told.assert(2, &["misspelt.json", "`numbers.our`", "`numbers.ours`"]);
    run(&["eval", "no-such.json"]).await.assert(2, &["no-such.json"]);
}
