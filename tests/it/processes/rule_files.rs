//! Rule files that shrink, block or never end, and the commands that meet them.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use portoutd::clock::{Clock as _, SystemClock};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;
use serde_json::Value;
use sqlx::PgPool;

use super::service::Service;
use super::site::{Site, clean_order};
use super::soon;
use crate::test_service::RULES;

/// How long a reload may take at most before it has an answer.
const LONGEST_ANSWER: Duration = Duration::from_secs(30);

fn with_list() -> String {
    let list = "[lists.locked]\ntype = \"number\"\nfile = \"locked.txt\"\n";
    let rule = "[[rule]]\nid = \"locked\"\nmatch.numbers.any_in = \"@locked\"\naction = \"hold\"\n\n";
    RULES.replacen("[[rule]]", &format!("{list}\n{rule}[[rule]]"), 1)
}

fn numbers(count: usize) -> String {
    let lines: Vec<String> = (0..count).map(|number| format!("+1416555{number:04}")).collect();
    lines.join(
        "
",
    )
}

async fn site_with_list(pool: PgPool, list: &str) -> (Site, Service) {
    let site = Site::new(pool).await;
    site.write("locked.txt", list);
    site.write("rules.toml", &with_list());
    let service = site.serve().await;
    (site, service)
}

async fn rule_sets(site: &Site) -> i64 {
    site.count("select count(*) from rule_set_events where event = 'in-force'")
        .await
}

fn put_pipe(site: &Site, name: &str) {
    mknodat(CWD, site.path("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    fs::rename(site.path("pipe"), site.path(name)).unwrap();
}

/// Half a file, and a writer who pauses, look like a whole one to whoever reads at once.
#[sqlx::test]
async fn a_first_start_authorizes_nothing_before_its_rule_files_were_quiet_for_three_seconds(pool: PgPool) {
    let site = Site::new(pool).await;
    let order = site.telnyx.open(clean_order()).await;
    let started = SystemClock.now();
    let _service = site.serve().await;
    soon("the order is authorized", async || {
        site.telnyx.status(&order).await == "authorized"
    })
    .await;
    let decided: jiff_sqlx::Timestamp =
        sqlx::query_scalar("select min(decided_at) from decisions where action = 'authorize'")
            .fetch_one(&site.pool)
            .await
            .unwrap();
    let waited = started.duration_until(decided.to_jiff());
    assert!(waited >= SignedDuration::from_secs(3), "{waited:#}");
}

#[sqlx::test]
async fn a_list_that_shrank_comes_into_effect_by_accept_shrunk_lists_only(pool: PgPool) {
    let (site, service) = site_with_list(pool, &numbers(40)).await;
    site.write("locked.txt", &numbers(4));
    soon("the service refuses it", async || {
        let refused = service.program.logged("Refused the edited rules");
        refused.is_some_and(|line| line.to_string().contains("shrinks from 40 to 4 entries"))
    })
    .await;
    let alarm = service.program.logged("a list lost entries").unwrap();
    assert_eq!(alarm["alarm"], "list_shrunk");
    let says = [
        "shrinks from 40 to 4 entries",
        "portoutd reload --accept-shrunk-lists",
    ];
    site.run(&["reload"]).await.assert(1, &says);
    assert_eq!(rule_sets(&site).await, 1);
    let arguments = ["reload", "--accept-shrunk-lists", "--because", "we sold them"];
    site.run(&arguments).await.assert(0, &["is active"]);
    assert_eq!(rule_sets(&site).await, 2);
    let detail: String = sqlx::query_scalar("select detail from admin_actions order by seq desc limit 1")
        .fetch_one(&site.pool)
        .await
        .unwrap();
    let detail: Value = serde_json::from_str(&detail).unwrap();
    assert_eq!(detail["accepted_shrunk_lists"][0]["list"], "locked");
    assert_eq!(detail["because"], "we sold them");
}

#[sqlx::test]
async fn an_entry_that_a_person_removes_by_command_may_shrink_the_list(pool: PgPool) {
    let (site, _service) = site_with_list(pool, &numbers(3)).await;
    for number in ["+14165550000", "+14165550001"] {
        let arguments = ["rules", "list", "remove", "locked", number, "--yes"];
        site.run(&arguments).await.assert(0, &[]);
    }
    soon("the shorter list is in effect", async || {
        let loaded =
            "select count(*) from rule_set_events where event = 'in-force' and actor = 'file change'";
        site.count(loaded).await > 0
    })
    .await;
    site.run(&["reload"]).await.assert(0, &["is active"]);
}

#[sqlx::test]
async fn a_rollback_may_shrink_a_list(pool: PgPool) {
    let (site, _service) = site_with_list(pool, &numbers(3)).await;
    let first: Vec<u8> = sqlx::query_scalar("select hash from rule_set_events where event = 'in-force'")
        .fetch_one(&site.pool)
        .await
        .unwrap();
    site.write("locked.txt", &numbers(30));
    site.run(&["reload"]).await.assert(0, &["is active"]);
    let version = hex::encode(first);
    site.run(&["rules", "rollback", &version, "--yes"])
        .await
        .assert(0, &[&format!("Rule set {version} is active.")]);
}

#[sqlx::test]
async fn a_pipe_in_the_place_of_the_rules_holds_up_neither_a_reload_nor_a_stop(pool: PgPool) {
    let (site, service) = site_with_list(pool, &numbers(3)).await;
    put_pipe(&site, "rules.toml");
    let asked = Instant::now();
    let says = ["the rule file is a named pipe, not a regular file"];
    site.run(&["reload"]).await.assert(1, &says);
    assert!(asked.elapsed() < LONGEST_ANSWER, "{:?}", asked.elapsed());
    site.write("rules.toml", &with_list().replace("20h", "10h"));
    soon("the next good file is in effect", async || {
        rule_sets(&site).await == 2
    })
    .await;
    put_pipe(&site, "locked.txt");
    service.program.signal(Signal::TERM);
    let ended = service.program.ended().await;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.log.contains("\"drained\":true"), "{ended}");
}

#[sqlx::test]
async fn the_commands_refuse_what_is_no_regular_file_or_too_large(pool: PgPool) {
    let site = Site::bare(pool).await;
    put_pipe(&site, "pipe.toml");
    symlink("/dev/zero", site.path("endless.toml")).unwrap();
    let huge = fs::File::create(site.path("huge.toml")).unwrap();
    huge.set_len((16 << 20) + 1).unwrap();
    site.write("order.json", "{}");
    for (file, says) in [
        ("pipe.toml", "is a named pipe, not a regular file"),
        ("endless.toml", "is a device, not a regular file"),
        ("huge.toml", "is larger than 16 MiB"),
    ] {
        let verbs: [&[&str]; 6] = [
            &["check", file],
            &["test", file],
            &["fmt", "--check", file],
            &["eval", "order.json", "--rules", file],
            &["backtest", "--rules", file],
            &["rules", "diff", file, file],
        ];
        for arguments in verbs {
            let ended = site.run(arguments).await;
            assert_ne!(ended.code, Some(0), "{arguments:?}: {ended}");
            let told = format!("{}{}", ended.out, ended.log);
            assert!(told.contains(says), "{arguments:?}: {ended}");
        }
    }
}

#[sqlx::test]
async fn a_list_over_the_limit_of_the_settings_is_refused_by_check_and_by_the_service(pool: PgPool) {
    let site = Site::bare(pool).await;
    site.write("portoutd.toml", "[lists]\nmax_size = \"1KiB\"\n");
    site.write("locked.txt", &numbers(100));
    site.write("rules.toml", &with_list());
    site.run(&["check"]).await.assert(0, &[]);
    let ended = site.run(&["check", "--config", "portoutd.toml"]).await;
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(ended.out.contains("`locked.txt` is larger than 1 KiB"), "{ended}");
    let says = ["`locked.txt` is larger than 1 KiB", "raise `lists.max_size`"];
    site.run(&["serve"]).await.assert(78, &says);
}
