//! `portoutd rules diff`: what it tells of two files, and how it ends.

use std::fs;

use tempfile::TempDir;

use super::program::{Ended, Program, portoutd};

const OLD: &str = "version = 1\n\n[[rule]]\nid = \"a\"\nmatch.pin = \"wrong\"\naction = \"hold\"\n\n[[rule]]\nid = \"b\"\nmatch.zip = \"wrong\"\naction = \"hold\"\n";

fn files(new: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old.toml"), OLD).unwrap();
    fs::write(folder.path().join("new.toml"), new).unwrap();
    folder
}

async fn diff(folder: &TempDir, arguments: &[&str]) -> Ended {
    let mut command = portoutd();
    command
        .args(["rules", "diff", "old.toml", "new.toml"])
        .args(arguments)
        .current_dir(folder.path());
    Program::start(command).ended().await
}

#[tokio::test]
async fn a_change_of_meaning_is_told_and_ends_with_1() {
    let folder = files(&OLD.replace("match.pin = \"wrong\"", "match.pin = ['wrong', 'not-given']"));
    let ended = diff(&folder, &[]).await;
    let told = "rule a: match.pin: \"wrong\" → [\"wrong\", \"not-given\"]\n";
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), told));
    let ended = diff(&folder, &["--output", "json"]).await;
    assert_eq!(ended.code, Some(1));
    let document = ended.json();
    assert_eq!(document["same"], false);
    assert_eq!(document["changes"]["rules"][0]["change"], "changed");
    assert_eq!(document["changes"]["rules"][0]["values"][0]["old"], "\"wrong\"");
}

#[tokio::test]
async fn comments_and_layout_are_no_change_but_of_the_text() {
    let folder = files(&OLD.replace("match.pin = ", "# why\n\"match\".pin="));
    let ended = diff(&folder, &[]).await;
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (Some(0), "The rule sets have the same meaning.\n")
    );
    let ended = diff(&folder, &["--text"]).await;
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .out
            .starts_with("--- old.toml\n+++ new.toml\n@@ -2,7 +2,8 @@\n")
            && ended.out.contains("\n+# why\n"),
        "{ended}"
    );
    diff(&files(OLD), &["--text"]).await.assert(0, &[]);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_ends_with_2() {
    let folder = files("version = 1\n[[rule]]\n");
    let ended = diff(&folder, &[]).await;
    ended.assert(2, &["R004", "the rule file `new.toml` has"]);
}
