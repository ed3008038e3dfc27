//! What depends on a terminal: colors, and questions before acts that cannot be undone.

use std::fs;
use std::process::Command;

use sqlx::PgPool;

use super::program::portoutd;
use super::pty::{self, OnTerminal, Session};
use super::site::{Site, strange_order};
use super::soon;

const RULES: &str = "version = 1\n\n[lists.known]\ntype = \"spid\"\nvalues = [\"073H\", \"4036\"]\n\n[[rule]]\nid = \"known\"\n\
    match.carrier.spid = \"@known\"\naction = \"hold\"\n";

/// `portoutd eval` of a request that is held, which prints its verdict as a colored word.
fn eval(folder: &tempfile::TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    fs::write(folder.path().join("rules.toml"), RULES).unwrap();
    fs::write(folder.path().join("request.json"), "{}").unwrap();
    let mut command = portoutd();
    command
        .current_dir(folder.path())
        .args(["eval", "request.json"])
        .args(arguments);
    command.envs(variables.iter().copied());
    command
}

const HOLD: &str = "\u{1b}[33mhold\u{1b}[0m";

#[test]
fn an_outcome_is_colored_on_a_terminal_unless_colors_are_off() {
    let folder = tempfile::tempdir().unwrap();
    let screen = |arguments: &[&str], variables: &[(&str, &str)]| {
        let session = pty::run(eval(&folder, arguments, variables), OnTerminal::Output, "");
        assert_eq!(session.code, Some(0), "{session:?}");
        session.screen
    };
    assert!(screen(&[], &[]).starts_with(HOLD));
    assert!(
        screen(&[], &[("NO_COLOR", "")]).starts_with(HOLD),
        "empty means not set"
    );
    for plain in [
        screen(&[], &[("NO_COLOR", "1")]),
        screen(&["--color", "never"], &[]),
        screen(&["--output", "json"], &[]),
    ] {
        assert!(!plain.contains('\u{1b}'), "{plain:?}");
    }
}

#[test]
fn a_pipe_has_no_colors_unless_they_are_forced_and_json_never_has() {
    let folder = tempfile::tempdir().unwrap();
    let out = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = eval(&folder, arguments, variables).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(out(&["--color", "always"], &[]).starts_with(HOLD));
    assert!(out(&[], &[("CLICOLOR_FORCE", "1")]).starts_with(HOLD));
    assert!(out(&["--color=always"], &[("NO_COLOR", "1")]).starts_with(HOLD));
    for plain in [
        out(&[], &[]),
        out(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]),
        out(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]),
        out(&["--color", "always", "--output", "json"], &[]),
    ] {
        assert!(!plain.contains('\u{1b}'), "{plain:?}");
    }
}

#[test]
fn help_and_usage_errors_follow_the_color_option_and_escape_what_they_quote() {
    let run = |arguments: &[&str]| portoutd().args(arguments).output().unwrap();
    let help = run(&["--color=always", "--help"]);
    assert!(String::from_utf8(help.stdout).unwrap().contains("\u{1b}["));
    let help = run(&["--help"]);
    assert!(!String::from_utf8(help.stdout).unwrap().contains('\u{1b}'));
    let refused = run(&["--color=always", "pending", "--\u{1b}[2J\u{202e}"]);
    let message = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        message.contains("unexpected argument '--\\u{202e}'"),
        "{message:?}"
    );
    assert!(!message.contains(['\u{1b}', '\u{202e}']), "{message:?}");
}

fn on_terminal(site: &Site, arguments: &[&str], typed: &str) -> Session {
    let mut command = portoutd();
    command.args(arguments);
    site.furnish(&mut command);
    command.env("NO_COLOR", "1");
    pty::run(command, OnTerminal::All, typed)
}

#[sqlx::test]
async fn an_act_that_cannot_be_undone_is_confirmed_on_the_terminal_or_with_yes(pool: PgPool) {
    let site = Site::bare(pool).await;
    site.write("rules.toml", RULES);
    let remove = ["rules", "list", "remove", "known", "4036"];
    let has_entry = || {
        fs::read_to_string(site.path("rules.toml"))
            .unwrap()
            .contains("4036")
    };

    site.run(&remove)
        .await
        .assert(2, &["there is no terminal. Add `--yes`"]);
    for typed in ["n\n", "\n", "yes and no\n"] {
        let session = on_terminal(&site, &remove, typed);
        assert_eq!(session.code, Some(1), "{session:?}");
        assert!(
            session.screen.contains("Remove 4036 from the list known"),
            "{session:?}"
        );
        assert!(session.screen.contains("Continue? [y/N] "), "{session:?}");
        assert!(
            session.screen.contains("not confirmed, so nothing was done"),
            "{session:?}"
        );
        assert!(has_entry());
    }
    let session = on_terminal(&site, &remove, "y\n");
    assert_eq!(session.code, Some(0), "{session:?}");
    assert!(!has_entry());

    for act in [
        &["authorize", "PO_1", "--reason", "x"][..],
        &["reject", "PO_1", "--reason", "x"],
        &["rules", "rollback", "abcd"],
        &["rules", "approve", &"a".repeat(64)],
        &["numbers", "unlock", "+13125550100"],
        &["numbers", "import", "register.csv", "--replace-pin-key"],
    ] {
        site.run(act)
            .await
            .assert(2, &["there is no terminal. Add `--yes`"]);
    }
}

#[sqlx::test]
async fn an_authorization_says_what_leaves_before_it_asks(pool: PgPool) {
    let site = Site::new(pool).await;
    let _service = site.serve().await;
    let order = site.telnyx.open(strange_order()).await;
    let held = "select count(*) from episodes where state = 'held'";
    soon("the order is held", async || site.count(held).await == 1).await;
    let authorize = [
        "authorize",
        &order,
        "--reason",
        "I called the owner.",
        "--no-wait",
    ];
    let session = on_terminal(&site, &authorize, "n\n");
    assert_eq!(session.code, Some(1), "{session:?}");
    let key = site.telnyx.order(&order).await["support_key"]
        .as_str()
        .unwrap()
        .to_owned();
    let effect = session.screen.lines().find(|line| line.starts_with("Authorize "));
    let effect = effect.unwrap_or_else(|| panic!("{session:?}"));
    assert!(
        effect.starts_with(&format!("Authorize {key}: let 1 number leave for ")),
        "{effect}"
    );
    assert!(
        effect.contains("999X") && effect.contains(": +13125550100."),
        "{effect}"
    );
    assert!(effect.ends_with("This cannot be undone."), "{effect}");
    assert_eq!(site.telnyx.sent(&order).await, [""; 0]);
    let decided = "select count(*) from decisions where decided_by = 'person'";
    assert_eq!(site.count(decided).await, 0);
    let session = on_terminal(&site, &authorize, "yes\n");
    assert_eq!(session.code, Some(0), "{session:?}");
    assert_eq!(site.count(decided).await, 1);
}

#[sqlx::test]
async fn a_list_is_printed_in_four_formats_with_the_chosen_fields(pool: PgPool) {
    let site = Site::new(pool).await;
    let run = async |arguments: &[&str]| {
        let ended = site.run(arguments).await;
        ended.assert(0, &[]).out.clone()
    };
    let csv = [
        "numbers",
        "list",
        "--limit",
        "2",
        "--output",
        "csv",
        "--fields",
        "frozen,number",
    ];
    assert_eq!(
        run(&csv).await,
        "frozen,number\nfalse,+13125550100\nfalse,+13125550101\n"
    );
    let jsonl = [
        "numbers",
        "list",
        "--limit",
        "1",
        "--output",
        "jsonl",
        "--fields",
        "number,zip",
    ];
    assert_eq!(
        run(&jsonl).await,
        "{\"number\":\"+13125550100\",\"zip\":\"60601\"}\n"
    );
    let table = ["numbers", "list", "--limit", "1", "--fields", "zip,number"];
    assert_eq!(run(&table).await, " ZIP    number\n 60601  +13125550100\n");
    let text = [
        "numbers", "list", "--limit", "1", "--output", "text", "--fields", "zip",
    ];
    assert_eq!(run(&text).await, " ZIP\n 60601\n", "the old name of the format");
    let wrong = ["numbers", "list", "--fields", "numer"];
    site.run(&wrong).await.assert(
        2,
        &["`numer` is not a field of this list. Did you mean `number`?"],
    );
}

#[sqlx::test]
async fn an_empty_list_is_a_sentence_or_an_empty_document(pool: PgPool) {
    let site = Site::bare(pool).await;
    for (format, nothing) in [
        ("json", "[]\n"),
        ("jsonl", ""),
        ("csv", "order_id\n"),
        ("table", ""),
    ] {
        let pending = ["pending", "--output", format, "--fields", "order_id"];
        let ended = site.run(&pending).await;
        ended.assert(0, &[]);
        assert_eq!(ended.out, nothing, "{format}");
        assert_eq!(ended.log.contains("No orders wait"), format == "table", "{ended}");
    }
}
