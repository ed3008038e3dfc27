//! `portoutd check` and `portoutd explain` as scripts and people run them.

use std::path::Path;

use serde_json::{Value, json};

use sqlx::PgPool;

use super::program::{Ended, Program, portoutd};
use super::site::Site;
use super::soon;

/// A verb in the folder, so that files are named without it.
async fn run(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = portoutd();
    command.args(arguments).current_dir(folder);
    Program::start(command).ended().await
}

/// A folder with a good file, one with a warning and one with two errors.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rule = |lines: &str| format!("version = 1\n[[rule]]\nid = \"r\"\n{lines}\n");
    let tested = |lines: &str, expect: &str| {
        let test =
            format!("[[test]]\nname = \"t\"\ngiven.pin = \"wrong\"\nexpect = \"{expect}\"\nby = \"r\"\n");
        format!("{}{test}", rule(lines))
    };
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "good.toml",
        tested("match.pin = \"wrong\"\naction = \"hold\"", "hold"),
    );
    write(
        "warned.toml",
        tested(
            "match.pin = \"wrong\"\naction = \"reject\"\nreject.because = \"tax-id\"",
            "reject",
        ),
    );
    write(
        "broken.toml",
        rule("match.times_rejected = \"=> 5\"\naction = \"rejct\""),
    );
    folder
}

/// What stands under the keys that every checked file has.
fn verdict(document: &Value) -> Value {
    json!([
        document["file"],
        document["ok"],
        document["errors"],
        document["warnings"]
    ])
}

#[tokio::test]
async fn check_tells_the_findings_of_several_files_at_once() {
    let folder = folder();
    let files = ["check", "good.toml", "warned.toml", "broken.toml"];
    let told = run(folder.path(), &files).await;
    told.assert(1, &[]);
    for place in ["warned.toml:6:18", "broken.toml:4:24", "broken.toml:5:10"] {
        assert!(told.out.contains(place), "{told}");
    }
    assert!(
        told.out
            .ends_with("3 files, 1 with errors\nFor details of a finding, run `portoutd explain R012`.\n"),
        "{told}"
    );

    let json = [&files[..], &["--output", "json"]].concat();
    let document = run(folder.path(), &json).await.assert(1, &[]).json();
    assert_eq!(verdict(&document), json!([null, false, 2, 1]));
    assert_eq!(document["findings"].as_array().unwrap().len(), 3);
    let files: Vec<Value> = document["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(verdict)
        .collect();
    assert_eq!(
        files,
        [
            json!(["good.toml", true, 0, 0]),
            json!(["warned.toml", true, 0, 1]),
            json!(["broken.toml", false, 2, 0]),
        ]
    );
}

#[tokio::test]
async fn the_document_of_one_file_reads_like_that_of_many() {
    let folder = folder();
    let arguments = ["check", "broken.toml", "--output", "json"];
    let document = run(folder.path(), &arguments).await.assert(1, &[]).json();
    assert_eq!(verdict(&document), json!(["broken.toml", false, 2, 0]));
    assert_eq!(verdict(&document["files"][0]), verdict(&document));
    assert_eq!(document["files"][0]["findings"], document["findings"]);
}

#[tokio::test]
async fn a_warning_is_denied_only_where_it_is_asked_for() {
    let folder = folder();
    for (arguments, code) in [
        (&["good.toml", "--deny-warnings"][..], 0),
        (&["warned.toml"], 0),
        (&["warned.toml", "--deny-warnings"], 3),
        (&["good.toml", "warned.toml", "--deny-warnings"], 3),
        (&["warned.toml", "broken.toml", "--deny-warnings"], 1),
        (&["none.toml", "--deny-warnings"], 1),
    ] {
        for form in ["text", "json", "github"] {
            let arguments = [&["check", "--output", form], arguments].concat();
            run(folder.path(), &arguments).await.assert(code, &[]);
        }
    }
}

#[tokio::test]
async fn github_is_given_a_command_for_each_finding() {
    let folder = folder();
    let told = run(folder.path(), &["check", "broken.toml", "--output", "github"]).await;
    insta::assert_snapshot!(told.out, @r#"
    ::error file=broken.toml,line=4,col=24,endColumn=30,title=R012::`=> 5` is not a valid comparison for a count%0Awrite ">= 5"
    ::error file=broken.toml,line=5,col=10,endColumn=17,title=R005::`rejct` is not a valid value for `action`%0Adid you mean `reject`?
    broken.toml: 2 errors
    "#);
}

#[tokio::test]
async fn explain_knows_every_code_that_it_lists() {
    let folder = folder();
    let list = run(folder.path(), &["explain"]).await;
    assert!(list.out.contains("R012  an invalid comparison\n"), "{list}");
    for typed in ["R012", "r12", "12"] {
        let page = run(folder.path(), &["explain", typed]).await;
        page.assert(0, &[]);
        assert!(page.out.starts_with("# R012: an invalid comparison\n"), "{page}");
    }
    let codes = run(folder.path(), &["explain", "--output", "json"]).await.json();
    let rows = list.out.lines().count() - 1;
    assert_eq!(
        codes.as_array().unwrap().len(),
        rows,
        "one per row below the headings"
    );
    run(folder.path(), &["explain", "R999"])
        .await
        .assert(2, &["`R999`", "`R001` to"]);
}

#[sqlx::test]
async fn online_the_register_and_the_record_are_asked(pool: PgPool) {
    let site = Site::bare(pool.clone()).await;
    let told = site.run(&["check", "--online"]).await;
    told.assert(0, &[]);
    assert!(
        told.out
            .contains("warning[R117]: `numbers.ours` is never known in this installation")
            && told.out.contains("the register of numbers is empty"),
        "{told}"
    );

    let mut site = Site::new(pool).await;
    site.set("PORTOUTD__TELNYX__POLL_INTERVAL", "5s");
    let _service = site.serve().await;
    let wrong =
        json!({ "spid": "073H", "numbers": ["+13125550100"], "zip": "60601", "pin": "0000", "bounces": 1 });
    let order = site.telnyx.open(wrong).await;
    // A bounce before a read has shown the rejection could as well be a stale copy: half a minute has to tell.
    soon("Telnyx has shown the rejection", async || {
        site.count("select count(*) from episodes where verified_at is not null")
            .await
            == 1
    })
    .await;
    site.telnyx.act(&order, "bounce").await;
    soon("its return is known", async || {
        site.count("select count(*) from episodes").await == 2
    })
    .await;
    let told = site.run(&["check", "--online", "--deny-warnings"]).await;
    told.assert(3, &[]);
    assert!(
        told.out
            .contains("warning[R121]: 1 of the 1 rejections by `wrong-pin` bounced"),
        "{told}"
    );
    assert!(!told.out.contains("R117"), "{told}");
    let offline = site.run(&["check"]).await;
    assert!(
        !offline.out.contains("R121") && !offline.out.contains("R117"),
        "{offline}"
    );
}

#[sqlx::test]
async fn with_settings_a_condition_that_they_never_carry_is_told(pool: PgPool) {
    let mut site = Site::bare(pool).await;
    site.unset("PORTOUTD__PIN_KEY_FILE");
    site.write("portoutd.toml", "mode = \"shadow\"\n");
    let told = site.run(&["check", "--config", "portoutd.toml"]).await;
    assert!(
        told.out
            .contains("warning[R117]: `pin` is never known in this installation")
            && told.out.contains("`pin_key_file`"),
        "{told}"
    );
    let alone = site.run(&["check"]).await;
    assert!(!alone.out.contains("R117"), "{alone}");
}
