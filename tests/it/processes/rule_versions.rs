//! The versions of the rules: listed, rolled back to, proposed by one person and approved by another.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use super::service::Service;
use super::site::{Site, clean_order};
use super::soon;
use super::stand_in::http_client;
use crate::test_service::RULES;

/// The rules with the carriers in a list file.
fn listed() -> String {
    let list = "[lists.partners]\ntype = \"spid\"\nfile = \"lists/partners.txt\"\n";
    let rules = RULES.replace("[\"073H\", \"6529\"]", "\"@partners\"");
    rules.replace(
        "[[rule]]\nid = \"frozen\"",
        &format!("{list}[[rule]]\nid = \"frozen\""),
    )
}

/// A site whose rules have a list, with its service.
async fn with_list(pool: PgPool, variables: &[(&str, &str)]) -> (Site, Service) {
    let mut site = Site::new(pool).await;
    for (name, value) in variables {
        site.set(name, value);
    }
    fs::create_dir(site.path("lists")).unwrap();
    site.write("lists/partners.txt", "# who we trust\n073H\n6529\n");
    site.write("rules.toml", &listed());
    let service = site.serve().await;
    (site, service)
}

/// The rule set in force, as the record says.
async fn in_force(site: &Site) -> String {
    let versions = site.json(&["rules", "versions"]).await;
    let versions = versions.as_array().unwrap();
    let now = versions.iter().find(|one| one["in_force"] == true).unwrap();
    now["rule_set"].as_str().unwrap().to_owned()
}

/// A site that went on to a second version, with what the first and the second are called.
async fn with_two_versions(pool: PgPool) -> (Site, Service, String, String) {
    let (site, service) = with_list(pool, &[]).await;
    let first = in_force(&site).await;
    let mode = fs::Permissions::from_mode(0o640);
    fs::set_permissions(site.path("rules.toml"), mode).unwrap();
    fs::write(site.path("lists/partners.txt"), "073H\n777X\n").unwrap();
    fs::write(site.path("rules.toml"), listed().replace("20h", "10h")).unwrap();
    let reload = ["reload", "--because", "T-17: a new partner"];
    site.run(&reload).await.assert(0, &["is active"]);
    let second = in_force(&site).await;
    assert_ne!(second, first);
    (site, service, first, second)
}

#[sqlx::test]
async fn a_rollback_writes_file_and_lists_word_for_word_and_puts_them_in_force(pool: PgPool) {
    let (site, _service, first, _) = with_two_versions(pool).await;
    let ended = site.run(&["rules", "rollback", "--yes", &first[..8]]).await;
    ended.assert(
        0,
        &["Wrote `lists/partners.txt`, `rules.toml`.", &first, "is active"],
    );
    let read = |name: &str| fs::read_to_string(site.path(name)).unwrap();
    assert_eq!(read("rules.toml"), listed());
    assert_eq!(read("lists/partners.txt"), "# who we trust\n073H\n6529\n");
    assert_eq!(
        fs::metadata(site.path("rules.toml")).unwrap().mode() & 0o777,
        0o640
    );
    assert!(
        !site.path("rules.toml.before-rollback").exists(),
        "it is on record"
    );

    let order = site.telnyx.open(clean_order()).await;
    soon("the old rules judge", async || {
        site.telnyx.status(&order).await == "authorized"
    })
    .await;
    assert_eq!(site.decision(&order).await["rule_set"], first.as_str());
    let rollbacks = "select count(*) from admin_actions where action = 'rules.rollback'";
    assert_eq!(site.count(rollbacks).await, 1);
}

#[sqlx::test]
async fn versions_tell_what_was_in_force_when_and_why(pool: PgPool) {
    let (site, _service, first, second) = with_two_versions(pool).await;
    let back = [
        "rules",
        "rollback",
        "--yes",
        &first,
        "--because",
        "no contract yet",
    ];
    site.run(&back).await.assert(0, &[]);
    let versions = site.json(&["rules", "versions"]).await;
    let versions = versions.as_array().unwrap();
    let told: Vec<_> = versions
        .iter()
        .map(|one| (&one["rule_set"], &one["because"], &one["in_force"]))
        .collect();
    let (first, second) = (json!(first), json!(second));
    assert_eq!(
        told,
        [
            (&first, &json!("no contract yet"), &json!(true)),
            (&second, &json!("T-17: a new partner"), &json!(false)),
            (&first, &Value::Null, &json!(false)),
        ]
    );
    assert_eq!(
        (&versions[0]["rules"], &versions[0]["tests"]),
        (&json!(3), &json!(0))
    );
    assert_eq!(versions[1]["until"], versions[0]["from"]);
    let newest = site.run(&["rules", "versions", "--limit", "1"]).await;
    let line = newest.out.lines().nth(1).unwrap();
    assert!(
        line.contains("active") && line.contains("no contract yet"),
        "{line}"
    );
    assert_eq!(newest.out.lines().count(), 2);
}

#[sqlx::test]
async fn a_version_on_record_is_shown_word_for_word_and_compared(pool: PgPool) {
    let (site, _service, first, second) = with_two_versions(pool).await;
    let printed = async |arguments: &[&str]| site.run(arguments).await.assert(0, &[]).out.clone();
    assert_eq!(
        printed(&["rules", "show", &second, "--source"]).await,
        listed().replace("20h", "10h")
    );
    assert_eq!(
        printed(&["rules", "show", &first[..8], "--lists"]).await,
        "── lists/partners.txt ──\n# who we trust\n073H\n6529\n"
    );
    let differ = site.run(&["rules", "diff", &first[..8], "rules.toml"]).await;
    differ.assert(1, &[]);
    assert!(
        differ.out.contains("defaults.decide_within: 20h → 10h"),
        "{differ}"
    );
}

#[sqlx::test]
async fn a_rollback_keeps_aside_what_was_never_loaded_and_works_without_the_service(pool: PgPool) {
    let (site, mut service) = with_list(pool, &[]).await;
    let first = in_force(&site).await;
    service.program.kill();
    site.write("rules.toml", "half an edit [");
    let ended = site.run(&["rules", "rollback", "--yes", &first]).await;
    ended.assert(
        69,
        &[
            "Wrote `rules.toml`.",
            "saved in `rules.toml.before-rollback`",
            "Check that `portoutd serve` is running",
        ],
    );
    let read = |name: &str| fs::read_to_string(site.path(name)).unwrap();
    assert_eq!(read("rules.toml"), listed());
    assert_eq!(read("rules.toml.before-rollback"), "half an edit [");
}

#[sqlx::test]
async fn a_rollback_that_cannot_be_written_whole_writes_nothing(pool: PgPool) {
    let (site, _service) = with_list(pool, &[]).await;
    let first = in_force(&site).await;
    site.write("rules.toml", RULES);
    let accepted = site.run(&["reload", "--accept-shrunk-lists"]).await;
    accepted.assert(0, &[]);
    fs::remove_dir_all(site.path("lists")).unwrap();
    site.write("lists", "a file in the way");
    let ended = site.run(&["rules", "rollback", "--yes", &first]).await;
    assert_eq!(ended.code, Some(1), "{ended}");
    assert_eq!(fs::read_to_string(site.path("rules.toml")).unwrap(), RULES);

    fs::remove_file(site.path("lists")).unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), site.path("lists")).unwrap();
    let ended = site.run(&["rules", "rollback", "--yes", &first]).await;
    ended.assert(1, &["`lists/partners.txt`", "outside of the rule file's folder"]);
    assert_eq!(fs::read_to_string(site.path("rules.toml")).unwrap(), RULES);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    let rollbacks = "select count(*) from admin_actions where action = 'rules.rollback'";
    assert_eq!(site.count(rollbacks).await, 0);
}

#[sqlx::test]
async fn a_version_is_named_by_its_first_digits(pool: PgPool) {
    let site = Site::new(pool).await;
    let _service = site.serve().await;
    for (named, code, told) in [
        ("abc", 2, "at least 4 of the digits"),
        ("rules.tml", 2, "neither an existing rule file nor a version"),
        ("0000", 1, "no recorded rule set starts with `0000`"),
    ] {
        site.run(&["rules", "rollback", "--yes", named])
            .await
            .assert(code, &[told]);
    }
    for byte in ["ab01", "ab02"] {
        let twin = "insert into rule_sets (hash, path, source, loaded_at, loaded_by)
            values (decode(rpad('abcd' || $1, 64, '0'), 'hex'), 'r', 'version = 1', now(), 'ann')";
        sqlx::query(twin).bind(byte).execute(&site.pool).await.unwrap();
    }
    let ended = site.run(&["rules", "rollback", "--yes", "abcd"]).await;
    ended.assert(1, &["several recorded rule sets", "abcdab01", "abcdab02"]);
    let altered = site.run(&["rules", "rollback", "--yes", "abcdab01"]).await;
    altered.assert(1, &["tampered with"]);
}

/// Posts to the admin listener as somebody whose token stands in the record.
async fn post_as(site: &Site, service: &Service, name: &str, page: &str, body: Value) -> (u16, Value) {
    let token = format!("token-of-{name}");
    let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    let add = "insert into api_tokens (id, name, hash, created_at) values (gen_random_uuid(), $1, $2, now())
        on conflict do nothing";
    sqlx::query(add)
        .bind(name)
        .bind(hash)
        .execute(&site.pool)
        .await
        .unwrap();
    let url = format!("http://{}{page}", service.admin);
    let answer = http_client().post(url).bearer_auth(token).json(&body);
    let answer = answer.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[sqlx::test]
async fn what_one_person_reloads_another_approves(pool: PgPool) {
    let (site, service) = with_list(pool, &[("PORTOUTD__RULES_NEED_APPROVAL", "true")]).await;
    let first = in_force(&site).await;
    let nothing = site.run(&["rules", "proposed"]).await;
    nothing.assert(0, &["No rules are proposed."]);

    site.write("lists/partners.txt", "073H\n777X\n");
    soon("the change is seen, and not put in force", async || {
        service.program.logged("nobody has approved").is_some()
    })
    .await;
    let ended = site.run(&["reload", "--because", "T-17"]).await;
    ended.assert(0, &["proposed rule set", &first, "portoutd rules approve"]);
    assert_eq!(in_force(&site).await, first);
    let proposed = site.json(&["rules", "proposed"]).await;
    let rule_set = proposed["rule_set"].as_str().unwrap().to_owned();
    assert_eq!(
        (&proposed["because"], &proposed["in_file"]),
        (&json!("T-17"), &json!(true))
    );

    let own = site.run(&["rules", "approve", "--yes", &rule_set]).await;
    own.assert(1, &["not approved", &first, "Ask another person to approve it"]);
    assert!(own.out.contains("Tests: 0 passed, 0 failed"), "{own}");
    let short = site.run(&["rules", "approve", "--yes", &rule_set[..12]]).await;
    short.assert(2, &["not a complete hash"]);
    assert_eq!(in_force(&site).await, first);

    let approval = json!({ "rule_set": rule_set, "because": "I called them." });
    let (status, answer) = post_as(&site, &service, "bob", "/rules/approve", approval.clone()).await;
    assert_eq!((status, &answer["rule_set"]), (200, &json!(rule_set)), "{answer}");
    assert_eq!(in_force(&site).await, rule_set);
    let versions = site.json(&["rules", "versions"]).await;
    assert_eq!(
        (&versions[0]["approved_by"], &versions[0]["because"]),
        (&json!("bob"), &json!("T-17"))
    );
    let again = post_as(&site, &service, "bob", "/rules/approve", approval).await;
    assert_eq!(again.0, 409, "{}", again.1);
}

#[sqlx::test]
async fn the_verb_approves_what_another_proposed_and_a_restart_keeps_it(pool: PgPool) {
    let (site, mut service) = with_list(pool, &[("PORTOUTD__RULES_NEED_APPROVAL", "true")]).await;
    let first = in_force(&site).await;
    site.write("rules.toml", &listed().replace("20h", "10h"));
    let (status, answer) = post_as(&site, &service, "bob", "/reload", json!({ "because": "slower" })).await;
    assert_eq!(
        (status, &answer["proposed_by"], &answer["rule_set"]),
        (202, &json!("bob"), &json!(first))
    );
    let proposed = answer["proposed"].as_str().unwrap().to_owned();

    service.program.kill();
    let service = site.serve().await;
    assert!(service.program.logged("nobody has approved").is_some());
    let said = service.program.logged("portoutd is running").unwrap();
    assert_eq!(said["rule_set"], first.as_str(), "the approved rules go on");

    let ended = site
        .run(&["rules", "approve", "--yes", &proposed, "--quiet"])
        .await;
    ended.assert(0, &[&format!("Rule set {proposed} is active.")]);
    assert_eq!(ended.out, "");
    let mut service = service;
    service.program.kill();
    let service = site.serve().await;
    let said = service.program.logged("portoutd is running").unwrap();
    assert_eq!(said["rule_set"], proposed.as_str());
}

#[sqlx::test]
async fn a_candidate_judges_beside_the_rules_and_follows_its_files(pool: PgPool) {
    let (site, service) = with_list(pool, &[("PORTOUTD__SHADOW_RULES", "candidate.toml")]).await;
    let log = &service.program;
    assert!(log.logged("Refused the shadow candidate").is_some());
    let shadows = async || {
        site.count("select count(*) from rule_set_events where event = 'shadow'")
            .await
    };
    let candidate = listed().replace("partners.txt", "friends.txt");
    let candidate = candidate.replace("action = \"authorize\"", "action = \"hold\"");
    site.write("lists/friends.txt", "073H\n");
    site.write("candidate.toml", &candidate);
    soon("the candidate is there", async || {
        log.logged("Activated another shadow candidate").is_some()
    })
    .await;
    assert_eq!(shadows().await, 1);
    let order = site.telnyx.open(clean_order()).await;
    soon("the rules in force answer", async || {
        site.telnyx.status(&order).await == "authorized"
    })
    .await;
    let shown = site.json(&["decisions", "show", &order]).await;
    let said = &shown["candidate"];
    assert_eq!(
        (&said["action"], &said["summary"]),
        (&json!("hold"), &json!("hold by clean-port"))
    );
    let told = site.run(&["decisions", "show", &order]).await.out;
    let both = [
        "by rule clean-port",
        "Candidate in shadow mode (rule set ",
        "\n  hold by clean-port\n",
    ];
    assert!(both.iter().all(|one| told.contains(one)), "{told}");
    // Its lists are watched as those of the rules in force are.
    site.write("lists/friends.txt", "999X\n");
    soon("the shorter list judges in shadow", async || shadows().await == 2).await;
    let versions = site.json(&["rules", "versions"]).await;
    assert_eq!(versions[0]["standing"], "candidate");
    assert_eq!(versions[1]["standing"], "in-force");
}
