//! `portoutd fmt`: what it writes, what it leaves alone, and how it ends.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Stdio;

use super::program::{Ended, Program, portoutd};

const UNTIDY: &str = "version=1\r\n[[rule]]\r\nmatch.pin='wrong' # as told\r\nid='a'\r\naction='hold'\r\n";
const TIDY: &str =
    "version = 1\n\n[[rule]]\nid     = \"a\"\nmatch.pin = \"wrong\"   # as told\naction = \"hold\"\n";

async fn fmt(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = portoutd();
    command.arg("fmt").args(arguments).current_dir(folder);
    Program::start(command).ended().await
}

#[tokio::test]
async fn a_file_is_formatted_in_its_place_and_only_when_something_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.toml");
    fs::write(&path, UNTIDY).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();

    let ended = fmt(folder.path(), &["--check"]).await;
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), "rules.toml\n"));
    let ended = fmt(folder.path(), &["--diff"]).await;
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(
        ended
            .out
            .starts_with("--- rules.toml\n+++ rules.toml, formatted\n@@"),
        "{ended}"
    );
    assert!(ended.out.contains("\n+id     = \"a\"\n"), "{ended}");
    assert_eq!(fs::read_to_string(&path).unwrap(), UNTIDY, "nothing is written");

    let ended = fmt(folder.path(), &[]).await;
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (Some(0), "Formatted rules.toml.\n")
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), TIDY);
    let written = fs::metadata(&path).unwrap();
    assert_eq!(written.mode() & 0o7777, 0o640);

    for arguments in [&[][..], &["--check"], &["--diff"]] {
        let ended = fmt(folder.path(), arguments).await;
        assert_eq!((ended.code, ended.out.as_str()), (Some(0), ""), "{arguments:?}");
    }
    assert_eq!(fs::metadata(&path).unwrap().ino(), written.ino(), "left alone");
}

#[tokio::test]
async fn a_file_that_is_no_toml_stays_and_the_others_are_formatted() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("broken.toml"), "version = \n").unwrap();
    fs::write(path("good.toml"), UNTIDY).unwrap();
    let ended = fmt(folder.path(), &["broken.toml", "missing.toml", "good.toml"]).await;
    ended.assert(
        1,
        &[
            "R001",
            "broken.toml:1:1",
            "broken.toml is not valid TOML and was not changed",
            "cannot read `missing.toml`",
        ],
    );
    assert_eq!(fs::read_to_string(path("broken.toml")).unwrap(), "version = \n");
    assert_eq!(fs::read_to_string(path("good.toml")).unwrap(), TIDY);
}

#[test]
fn standard_input_is_formatted_to_standard_output() {
    let mut command = portoutd();
    command
        .args(["fmt", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(UNTIDY.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), TIDY);
}

#[tokio::test]
async fn the_schema_for_editors_is_printed_as_it_is_committed() {
    let mut command = portoutd();
    command.arg("schema");
    let ended = Program::start(command).ended().await;
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.out, include_str!("../../../docs/rules.schema.json"));
}
