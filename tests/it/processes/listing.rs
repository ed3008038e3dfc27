//! `portoutd rules list`: an entry changes in its place, on record, and with the rules still good.

use std::fs;

use sqlx::PgPool;

use super::site::Site;
use super::soon;

const RULES: &str = r#"version = 1

[lists.locked]   # by the desk
type = "number"
file = "locked.csv"

[lists.trusted]
type   = "spid"
values = ["073H"]   # known

[[rule]]
id = "locked"
match.numbers.any_in = "@locked"
action = "hold"

[[rule]]
id = "stranger"
unless.carrier.spid = "@trusted"
match.numbers.count = ">= 0"
action = "hold"

[[test]]
name = "a locked number is held"
given.phone_numbers = ["+13125550001"]
expect = "hold"
by = "locked"
"#;
const CSV: &str = "value,note,expires\n+13125550001,\"a lock, by phone\",\n";

async fn site(pool: PgPool) -> Site {
    let site = Site::bare(pool).await;
    site.write("rules.toml", RULES);
    site.write("locked.csv", CSV);
    site
}

fn read(site: &Site, name: &str) -> String {
    fs::read_to_string(site.path(name)).unwrap()
}

async fn recorded(site: &Site) -> Vec<(String, serde_json::Value)> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("select action, detail::text from admin_actions order by at")
            .fetch_all(&site.pool)
            .await
            .unwrap();
    rows.into_iter()
        .map(|(action, detail)| (action, serde_json::from_str(&detail).unwrap()))
        .collect()
}

#[sqlx::test]
async fn entries_are_added_ended_and_removed_in_place_and_on_record(pool: PgPool) {
    let site = site(pool).await;
    let list = async |words: &[&str]| {
        let ended = site.run(&[&["rules", "list"], words].concat()).await;
        ended.assert(0, &[]).out.clone()
    };
    let told = list(&[
        "add",
        "locked",
        "312 555 0002",
        "--note",
        "T-1, urgent",
        "--until",
        "2031-05-01",
    ])
    .await;
    assert!(
        told.starts_with(
            "+13125550002 is now in the list locked until the end of 2031-05-01 (locked.csv).\n"
        ),
        "{told}"
    );
    assert!(told.contains("`portoutd reload`"), "{told}");
    let row = "+13125550002,\"T-1, urgent\",2031-05-01\n";
    assert_eq!(read(&site, "locked.csv"), format!("{CSV}{row}"));

    let told = list(&["add", "locked", "+13125550002"]).await;
    assert_eq!(
        told,
        "+13125550002 is already in the list locked. Nothing was changed.\n"
    );
    list(&["expire", "locked", "+13125550002", "--until", "2030-01-01"]).await;
    assert_eq!(
        read(&site, "locked.csv"),
        format!("{CSV}{}", row.replace("2031-05-01", "2030-01-01"))
    );
    list(&["remove", "--yes", "locked", "+13125550002", "--note", "paid"]).await;
    assert_eq!(read(&site, "locked.csv"), CSV);

    list(&["add", "trusted", "9x9"]).await;
    assert_eq!(
        read(&site, "rules.toml"),
        RULES.replace("[\"073H\"]", "[\"073H\", \"9X9\"]")
    );

    let mut site = site;
    site.set("PORTOUTD__RULES_NEED_APPROVAL", "true");
    let ended = site.run(&["rules", "list", "add", "trusted", "ABCD"]).await;
    assert!(ended.out.contains("`portoutd rules approve`"), "{ended}");

    assert_every_edit_is_recorded(&site).await;
    assert_eq!(
        site.json(&["rules", "list", "show", "trusted"]).await["entries"][1]["value"],
        "9X9"
    );
}

async fn assert_every_edit_is_recorded(site: &Site) {
    let actions = recorded(site).await;
    let names: Vec<&str> = actions.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(
        names,
        [
            "rules.list.add",
            "rules.list.expire",
            "rules.list.remove",
            "rules.list.add",
            "rules.list.add"
        ]
    );
    let (_, first) = &actions[0];
    assert_eq!(
        (&first["list"], &first["value"], &first["note"], &first["until"]),
        (
            &"locked".into(),
            &"+13125550002".into(),
            &"T-1, urgent".into(),
            &"2031-05-01".into()
        )
    );
    assert_eq!(actions[2].1["note"], "paid");
}

#[sqlx::test]
async fn what_would_not_be_put_in_force_or_cannot_be_recorded_is_not_written(pool: PgPool) {
    let mut site = site(pool).await;
    let ended = site
        .run(&["rules", "list", "remove", "--yes", "locked", "+13125550001"])
        .await;
    ended.assert(
        1,
        &[
            "nothing was written",
            "the test \"a locked number is held\" fails",
        ],
    );
    let ended = site
        .run(&["rules", "list", "remove", "--yes", "locked", "+13125550010"])
        .await;
    ended.assert(
        1,
        &["has no entry `+13125550010`", "similar entries: `+13125550001`"],
    );
    let ended = site
        .run(&["rules", "list", "add", "lokced", "+13125550010"])
        .await;
    ended.assert(1, &["no list `lokced`", "did you mean `locked`?"]);

    site.set("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none");
    let ended = site
        .run(&["rules", "list", "add", "locked", "+13125550002"])
        .await;
    ended.assert(69, &["cannot be reached"]);
    // Only an edit that is written needs the database.
    let ended = site
        .run(&["rules", "list", "add", "locked", "+13125550001"])
        .await;
    ended.assert(0, &[]);
    let ended = site.run(&["rules", "list", "add", "locked", "x"]).await;
    ended.assert(1, &[]);
    assert_eq!(
        (read(&site, "locked.csv"), read(&site, "rules.toml")),
        (CSV.to_owned(), RULES.to_owned())
    );
    let drafts = fs::read_dir(site.path("")).unwrap();
    let drafts = drafts.filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .contains("draft")
    });
    assert_eq!(drafts.count(), 0);
    assert!(recorded(&site).await.is_empty());

    site.write("rules.toml", "version = 1\n[[rule]]\n");
    let ended = site
        .run(&["rules", "list", "add", "locked", "+13125550002"])
        .await;
    ended.assert(1, &["R004", "Fix it first"]);
}

#[sqlx::test]
async fn edits_at_the_same_time_are_all_kept(pool: PgPool) {
    let site = site(pool).await;
    let numbers: Vec<String> = (2..5).map(|last| format!("+1312555000{last}")).collect();
    let programs: Vec<_> = numbers
        .iter()
        .map(|number| site.start(&["rules", "list", "add", "locked", number]))
        .collect();
    for program in programs {
        program.ended().await.assert(0, &[]);
    }
    let text = read(&site, "locked.csv");
    assert!(numbers.iter().all(|number| text.contains(number)), "{text}");
    assert_eq!(recorded(&site).await.len(), 3);
}

#[sqlx::test]
async fn a_running_service_puts_an_edited_list_in_force(pool: PgPool) {
    let site = Site::new(pool).await;
    site.write("rules.toml", RULES);
    site.write("locked.csv", CSV);
    let _service = site.serve().await;
    let rule_sets = "select count(*) from rule_sets";
    let before = site.count(rule_sets).await;
    site.run(&["rules", "list", "add", "trusted", "ABCD"])
        .await
        .assert(0, &[]);
    soon("the edited rules are in force", async || {
        site.count(rule_sets).await > before
    })
    .await;
}
