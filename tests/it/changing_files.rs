//! Rule files that change while they are read, in their content or in their metadata alone, or while an order is evaluated.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use jiff::SignedDuration;
use portoutd::domain::Action;
use portoutd::engine::{AskedBy, NotRead, ReloadRefused, Reloaded};
use portoutd::simulator::{Call, Fault};
use sqlx::PgPool;

use crate::test_service::{RULES, TestConfig, TestService};

const MACHINE: AskedBy<'static> = AskedBy::Machine("test");

/// How long something may take in real time that happens within milliseconds.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The rules with a list of carriers whose orders are held.
fn with_list() -> String {
    let list = "[lists.held]\ntype = \"text\"\nfile = \"held.txt\"\n";
    let rule = "[[rule]]\nid = \"held\"\nmatch.carrier.name = \"@held\"\naction = \"hold\"\n\n";
    RULES.replacen("[[rule]]", &format!("{list}\n{rule}[[rule]]"), 1)
}

/// The file that a reload found to be changing, if it was refused for that.
fn changing(ended: Result<Reloaded, ReloadRefused>) -> Option<PathBuf> {
    match ended {
        Err(ReloadRefused::NotRead(NotRead::StillChanging(file))) => Some(file),
        _ => None,
    }
}

#[sqlx::test]
async fn a_list_that_reads_otherwise_each_time_does_not_come_into_effect(pool: PgPool) {
    let service = TestService::open(pool).await;
    let before = service.engine.rules.current().hash();
    // A regular file with another content at each read, while its metadata stays as it is.
    let list = service.folder.path().join("held.txt");
    symlink("/proc/sys/kernel/random/uuid", &list).unwrap();
    fs::write(service.folder.path().join("rules.toml"), with_list()).unwrap();

    assert!(changing(service.engine.reload(MACHINE).await).is_some());
    assert_eq!(service.engine.rules.current().hash(), before);

    fs::remove_file(&list).unwrap();
    fs::write(&list, "Odd Carrier\n").unwrap();
    assert!(matches!(
        service.engine.reload(MACHINE).await,
        Ok(Reloaded::InForce(_))
    ));
    assert_ne!(service.engine.rules.current().hash(), before);
}

#[sqlx::test]
async fn a_file_that_is_touched_while_it_is_read_counts_as_changing(pool: PgPool) {
    let service = TestService::open(pool).await;
    let list = service.folder.path().join("held.txt");
    fs::write(&list, "Odd Carrier\n").unwrap();
    service.reload(&with_list()).await;

    let file = fs::File::options().append(true).open(&list).unwrap();
    let touch = async {
        for second in 1.. {
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(second))
                .unwrap();
            tokio::task::yield_now().await;
        }
    };
    // Some read is over before the next touch; sooner or later a touch falls into one.
    let refused = async {
        loop {
            if let Some(file) = changing(service.engine.reload(MACHINE).await) {
                return file;
            }
        }
    };
    let found = tokio::time::timeout(TIMEOUT, async {
        tokio::select! {
            file = refused => file,
            () = touch => unreachable!("it never ends"),
        }
    });
    assert_eq!(Box::pin(found).await.expect("a touch is noticed"), list);
}

#[sqlx::test]
async fn an_authorization_by_rules_that_were_replaced_meanwhile_is_not_recorded(pool: PgPool) {
    let rules = RULES.replace(
        "match.numbers.ours = \"all\"\naction = \"authorize\"",
        "match.numbers.ours = \"all\"\nmatch.own_port_in = false\naction = \"authorize\"",
    );
    let config = TestConfig {
        rules: rules.clone(),
        ..TestConfig::default()
    };
    let service = TestService::with_config(pool, config).await;
    // Our own port-ins are read while the rules are evaluated: time for a reload.
    let slow = Fault::Delay(Duration::from_millis(100));
    service.telnyx.faults().next(Call::ListPortingNumbers, slow);
    let order = service.telnyx.open_order(TestService::clean_order());
    service
        .until("our port-ins are asked for", || async {
            !service.telnyx.requests_of(Call::ListPortingNumbers).is_empty()
        })
        .await;
    service
        .reload(&rules.replace("action = \"authorize\"", "action = \"hold\""))
        .await;
    service.pass(SignedDuration::from_secs(30)).await;

    assert_eq!(service.sent(&order), [""; 0]);
    let decisions = service.decisions(&order).await;
    let actions: Vec<Action> = decisions.iter().map(|one| one.decision.action).collect();
    assert_eq!(actions, [Action::Hold]);
}
