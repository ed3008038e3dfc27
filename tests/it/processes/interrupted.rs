//! `kill -9` of a list edit and of a rollback, before and during their commit. The next change, the next reload and the next
//! start of the service complete what was recorded and revert what was not.

use std::fs;
use std::path::PathBuf;

use sqlx::PgPool;

use super::service::Service;
use super::site::Site;
use super::soon;

const RULES: &str = r#"version = 1

[lists.locked]
type = "number"
file = "locked.csv"

[[rule]]
id = "locked"
match.numbers.any_in = "@locked"
action = "hold"
"#;
const CSV: &str = "value,note,expires\n+13125550001,,\n";
const EDITED: &str = "value,note,expires\n+13125550001,,\n+13125550002,,\n";
const FIRST_CSV: &str = "value,note,expires\n+13125550001,first,\n";

fn first_rules() -> String {
    format!("# The first version.\n{RULES}")
}

/// When a change is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// While it waits to record the change.
    BeforeCommit,
    /// After it sent the commit and before it has the response.
    InCommit,
}

/// What finds the interrupted change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Change,
    Reload,
    Start,
}

/// A site where a commit of an admin action waits for a lock that the test can take.
async fn site(pool: PgPool) -> Site {
    let site = Site::new(pool).await;
    let statements = "create function wait_for_the_test() returns trigger language plpgsql as
            $$ begin perform pg_advisory_xact_lock(8); return null; end $$;
        create constraint trigger wait_for_the_test after insert on admin_actions
            deferrable initially deferred for each row execute function wait_for_the_test()";
    sqlx::raw_sql(statements).execute(&site.pool).await.unwrap();
    site
}

fn texts(site: &Site) -> [String; 2] {
    ["rules.toml", "locked.csv"].map(|name| fs::read_to_string(site.path(name)).unwrap())
}

fn write(site: &Site, [rules, list]: [&str; 2]) {
    site.write("locked.csv", list);
    site.write("rules.toml", rules);
}

/// Drafts and manifests.
fn leftovers(site: &Site) -> usize {
    let entries = fs::read_dir(site.path("")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let is_leftover = |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("draft" | "change"))
    };
    paths.filter(is_leftover).count()
}

/// Sessions of this database that wait for a lock.
const WAITING: &str = "select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'";

const CHANGES: &str = "select count(*) from admin_actions where action like 'rules.%'";

/// Starts a change and kills it.
async fn kill(site: &Site, change: &[&str], moment: Moment) {
    let lock = match moment {
        Moment::BeforeCommit => "select from chain_heads where chain = 'admin-actions' for update",
        Moment::InCommit => "select pg_advisory_xact_lock(8)",
    };
    let mut transaction = site.pool.begin().await.unwrap();
    sqlx::query(lock).execute(&mut *transaction).await.unwrap();
    let mut program = site.start(change);
    soon("the change waits for the lock", async || {
        leftovers(site) > 0 && site.count(WAITING).await > 0
    })
    .await;
    program.kill();
    transaction.rollback().await.unwrap();
}

/// Lets something find the interrupted change, and checks what it prints or logs. Returns a service that was started.
async fn find(site: &Site, next: Next, moment: Moment) -> Option<Service> {
    let outcome = match moment {
        Moment::BeforeCommit => "was interrupted before it was recorded",
        Moment::InCommit => "It is now complete",
    };
    match next {
        Next::Change => {
            let no_edit = ["rules", "list", "add", "locked", "+13125550001"];
            site.run(&no_edit).await.assert(0, &[outcome]);
            None
        }
        Next::Reload => {
            site.run(&["reload"]).await.assert(0, &[outcome]);
            None
        }
        Next::Start => {
            let service = site.serve().await;
            let message = "Recovered from an interrupted change of the rule files";
            let line = service.program.logged(message).unwrap();
            assert!(line["outcome"].as_str().unwrap().contains(outcome), "{line}");
            Some(service)
        }
    }
}

/// Kills a change at each moment, and lets each kind of call find it.
async fn is_completed_or_reverted(site: &Site, change: &[&str], before: [&str; 2], after: [&str; 2]) {
    for moment in [Moment::BeforeCommit, Moment::InCommit] {
        for next in [Next::Change, Next::Reload, Next::Start] {
            write(site, before);
            let service = match next {
                Next::Reload => Some(site.serve().await),
                Next::Change | Next::Start => None,
            };
            let changes = site.count(CHANGES).await;
            kill(site, change, moment).await;
            assert_eq!(texts(site), before, "{moment:?} {next:?}");
            let _started = find(site, next, moment).await;
            let (files, recorded) = match moment {
                Moment::BeforeCommit => (before, 0),
                Moment::InCommit => (after, 1),
            };
            assert_eq!(texts(site), files, "{moment:?} {next:?}");
            assert_eq!(leftovers(site), 0, "{moment:?} {next:?}");
            // A reload is recorded too.
            let reloads = i64::from(next == Next::Reload);
            assert_eq!(
                site.count(CHANGES).await - changes - reloads,
                recorded,
                "{moment:?} {next:?}"
            );
            drop(service);
        }
    }
}

#[sqlx::test]
async fn a_list_edit_that_is_killed_is_completed_or_reverted(pool: PgPool) {
    let site = site(pool).await;
    let edit = ["rules", "list", "add", "locked", "+13125550002"];
    is_completed_or_reverted(&site, &edit, [RULES, CSV], [RULES, EDITED]).await;
}

#[sqlx::test]
async fn a_rollback_that_is_killed_is_completed_or_reverted(pool: PgPool) {
    let site = site(pool).await;
    let first_rules = first_rules();
    write(&site, [&first_rules, FIRST_CSV]);
    drop(site.serve().await);
    let first = "select encode(hash, 'hex') from rule_sets";
    let first: String = sqlx::query_scalar(first).fetch_one(&site.pool).await.unwrap();
    let rollback = ["rules", "rollback", &first, "--yes"];
    is_completed_or_reverted(&site, &rollback, [RULES, CSV], [&first_rules, FIRST_CSV]).await;
}
