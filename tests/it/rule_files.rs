//! Rule files that somebody is writing, that were cut off, or that cannot be read: no number leaves because of them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use jiff::SignedDuration;
use portoutd::domain::Action;
use portoutd::engine::{AskedBy, NotRead, ReloadRefused, ReloadRequest, Reloaded, ShrunkLists};
use portoutd::simulator::{Call, Fault, NewOrder};
use portoutd::store;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::test_service::{RULES, TestConfig, TestService};

const MACHINE: AskedBy<'static> = AskedBy::Machine("test");

/// The number of the register that everything here is about.
const NUMBER: &str = "+13125550100";

/// The rules with a list of locked numbers before them.
fn with_list() -> String {
    let list = "[lists.locked]\ntype = \"number\"\nfile = \"locked.txt\"\n";
    let rule = "[[rule]]\nid = \"locked\"\nmatch.numbers.any_in = \"@locked\"\naction = \"reject\"\n\
                reject.because = \"number-locked\"\n\n";
    RULES.replacen("[[rule]]", &format!("{list}\n{rule}[[rule]]"), 1)
}

/// A list of other numbers, as many as said, then perhaps some more.
fn numbers(count: usize, more: &[&str]) -> String {
    let others = (0..count).map(|number| format!("+1416555{number:04}\n"));
    let more = more.iter().map(|number| format!("{number}\n"));
    others.chain(more).collect()
}

/// A site: the service, and the two files it reads.
struct Site(TestService);

impl Site {
    /// The service under rules with a list that has this text.
    async fn with_list(pool: PgPool, list: &str) -> Self {
        let service = TestService::open(pool).await;
        fs::write(service.folder.path().join("locked.txt"), list).unwrap();
        service.reload(&with_list()).await;
        let site = Self(service);
        site.seconds(4).await;
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// As `mv` does: whoever opens the file sees the old one or the new one.
    fn replace(&self, name: &str, text: &str) {
        self.write("draft", text);
        fs::rename(self.path("draft"), self.path(name)).unwrap();
    }

    /// Seconds pass, and in each the service looks at its files. Gives how the reloads ended that it made.
    async fn seconds(&self, count: usize) -> Vec<Result<Reloaded, ReloadRefused>> {
        let mut ended = Vec::new();
        for _ in 0..count {
            self.0.clock.advance(SignedDuration::from_secs(1));
            ended.extend(self.0.engine.follow_rule_files().await);
            self.0.rest().await;
        }
        ended
    }

    fn in_effect(&self) -> [u8; 32] {
        self.0.engine.rules.current().hash()
    }

    /// The service again, after its process ended.
    async fn restarted(self, pool: PgPool) -> Self {
        self.0.close().await;
        let TestService {
            telnyx,
            clock,
            folder,
            ..
        } = &self.0;
        let (telnyx, clock, folder) = (telnyx.clone(), clock.clone(), folder.clone());
        Self(TestService::replica(pool, telnyx, clock, folder, TestConfig::default()).await)
    }
}

/// What puts something unreadable in the place of a file.
type Put<'a> = &'a dyn Fn(&str);

fn order() -> NewOrder {
    TestService::clean_order().numbers([NUMBER])
}

#[sqlx::test]
async fn a_list_that_is_rewritten_in_place_line_by_line_lets_no_number_on_it_go(pool: PgPool) {
    let list = numbers(30, &[NUMBER]);
    let site = Site::with_list(pool, &list).await;
    let before = site.in_effect();
    let mut orders = Vec::new();
    let mut written = String::new();
    for (at, line) in list.lines().enumerate() {
        site.write("locked.txt", &written);
        written.push_str(line);
        written.push('\n');
        let ended = site.seconds(1).await;
        assert!(ended.is_empty(), "{ended:?}");
        if at % 6 == 0 {
            orders.push(site.0.receive(order()).await);
        }
    }
    site.write("locked.txt", &written);
    let ended = site.seconds(5).await;
    assert!(
        matches!(ended.as_slice(), [Ok(Reloaded::InForce(_))]),
        "{ended:?}"
    );
    assert_eq!(site.in_effect(), before);
    for order in &orders {
        assert_eq!(site.0.sent(order), ["rejected-pending"]);
    }
}

#[sqlx::test]
async fn a_rule_file_that_is_written_slowly_is_in_effect_only_when_it_is_complete(pool: PgPool) {
    let site = Site::with_list(pool, &numbers(3, &[])).await;
    let before = site.in_effect();
    let whole = with_list().replace("20h", "10h");
    // Cut after its first rule it would load: everything else would be held.
    let half = &whole[..whole.find("[[rule]]\nid = \"frozen\"").unwrap()];
    for text in [half, half, half] {
        site.write("rules.toml", text);
        assert!(site.seconds(2).await.is_empty());
        assert_eq!(site.in_effect(), before);
    }
    site.write("rules.toml", &whole);
    let ended = site.seconds(5).await;
    assert!(
        matches!(ended.as_slice(), [Ok(Reloaded::InForce(_))]),
        "{ended:?}"
    );
    assert_eq!(site.0.engine.rules.current().rules().len(), 4);
}

#[sqlx::test]
async fn no_order_is_authorized_between_a_change_on_disk_and_its_effect(pool: PgPool) {
    let site = Site::with_list(pool, &numbers(3, &[])).await;
    site.replace("locked.txt", &numbers(3, &[NUMBER]));
    let order = site.0.receive(order()).await;
    assert_eq!(site.0.sent(&order), Vec::<String>::new());
    let trouble = site.0.waiting(&order).await.unwrap().trouble.unwrap_or_default();
    assert!(trouble.contains("locked.txt` has changed on disk"), "{trouble:?}");
    site.seconds(6).await;
    assert_eq!(site.0.sent(&order), ["rejected-pending"]);
    let decisions = site.0.decisions(&order).await;
    assert_eq!(decisions.len(), 1, "the old rules have decided nothing");
}

#[sqlx::test]
async fn an_order_waits_for_its_authorization_until_an_unrelated_change_was_read(pool: PgPool) {
    let site = Site::with_list(pool, &numbers(30, &[])).await;
    site.replace("locked.txt", &numbers(31, &[]));
    let order = site.0.receive(order()).await;
    assert_eq!(site.0.status(&order), "pending");
    site.seconds(8).await;
    assert_eq!(site.0.sent(&order), ["authorized"]);
}

#[sqlx::test]
async fn an_authorization_that_is_tried_again_waits_for_a_change_too(pool: PgPool) {
    let site = Site::with_list(pool, &numbers(3, &[])).await;
    let limited = Fault::RateLimited(20);
    site.0.telnyx.faults().next(Call::UpdateStatus, limited);
    let order = site.0.receive(order()).await;
    assert_eq!(site.0.sent(&order), ["authorized"], "and not applied");
    site.replace("locked.txt", &numbers(3, &[NUMBER]));
    site.0.pass(SignedDuration::from_secs(40)).await;
    assert_eq!(site.0.sent(&order), ["authorized"], "not sent a second time");
    assert_eq!(site.0.status(&order), "pending");
}

#[sqlx::test]
async fn rejections_and_what_people_decide_go_out_while_a_change_was_not_read(pool: PgPool) {
    let site = Site::with_list(pool, &numbers(3, &[])).await;
    let held = site.0.receive(TestService::strange_order()).await;
    site.replace("locked.txt", &numbers(4, &[]));
    let wrong = site.0.receive(TestService::wrong_pin_order()).await;
    assert_eq!(site.0.sent(&wrong), ["rejected-pending"]);
    site.0.person(&held, Action::Authorize).await.unwrap();
    assert_eq!(site.0.sent(&held), ["authorized"]);
}

#[sqlx::test]
async fn a_list_that_was_cut_off_does_not_come_into_effect_by_being_noticed(pool: PgPool) {
    let site = Site::with_list(pool, &numbers(30, &[NUMBER])).await;
    let before = site.in_effect();
    for cut_off in [numbers(20, &[]), String::new()] {
        site.write("locked.txt", &cut_off);
        let ended = site.seconds(5).await;
        let [Err(ReloadRefused::Shrunk(shrunk))] = ended.as_slice() else {
            panic!("{ended:?}")
        };
        let count = cut_off.lines().count();
        assert_eq!(
            shrunk.to_string(),
            format!(
                "the list `locked` (`locked.txt`) shrinks from 31 to {count} entries. If this is intended, run \
                 `portoutd reload --accept-shrunk-lists`"
            )
        );
        site.0.engine.reload(MACHINE).await.unwrap_err();
        assert_eq!(site.in_effect(), before);
    }
    let locked = site.0.receive(order()).await;
    assert_eq!(
        site.0.sent(&locked),
        ["rejected-pending"],
        "the whole list is in effect"
    );
    let other = site
        .0
        .receive(TestService::clean_order().numbers(["+13125550101"]))
        .await;
    assert_eq!(
        site.0.sent(&other),
        ["authorized"],
        "somebody has looked at the change"
    );
}

#[sqlx::test]
async fn a_person_lets_a_list_shrink_and_that_is_recorded(pool: PgPool) {
    let site = Site::with_list(pool, &numbers(30, &[NUMBER])).await;
    site.replace("locked.txt", &numbers(2, &[]));
    site.seconds(5).await;
    let asked = AskedBy::Person {
        name: "ann",
        because: Some("we sold them"),
    };
    site.0.engine.reload(asked).await.unwrap_err();
    let accepting = ReloadRequest {
        asked,
        shrunk_lists: ShrunkLists::Accepted,
    };
    site.0.engine.reload(accepting).await.unwrap();
    let (last, _) = store::admin_actions(&site.0.pool).await.unwrap().pop().unwrap();
    let detail: Value = serde_json::from_str(&last.detail).unwrap();
    assert_eq!(
        detail["accepted_shrunk_lists"],
        json!([{ "list": "locked", "file": "locked.txt", "before": 31, "after": 2 }])
    );
    let order = site.0.receive(order()).await;
    assert_eq!(site.0.sent(&order), ["authorized"]);
}

#[sqlx::test]
async fn a_start_does_not_put_a_list_into_effect_that_was_cut_off(pool: PgPool) {
    let site = Site::with_list(pool.clone(), &numbers(30, &[NUMBER])).await;
    let before = site.in_effect();
    site.write("locked.txt", &numbers(10, &[]));
    let site = site.restarted(pool.clone()).await;
    assert_eq!(site.in_effect(), before);
    let order = site.0.receive(order()).await;
    assert_eq!(site.0.sent(&order), ["rejected-pending"]);
    site.write("locked.txt", &numbers(40, &[]));
    let site = site.restarted(pool).await;
    assert_ne!(site.in_effect(), before, "a longer list is put into effect");
}

#[sqlx::test]
async fn a_replica_takes_over_a_shrunk_list_that_a_person_let_shrink_at_another(pool: PgPool) {
    let site = Site::with_list(pool.clone(), &numbers(30, &[])).await;
    let TestService {
        telnyx,
        clock,
        folder,
        ..
    } = &site.0;
    let config = TestConfig::default();
    let other = TestService::replica(pool, telnyx.clone(), clock.clone(), folder.clone(), config).await;
    site.write("locked.txt", &numbers(10, &[]));
    other.engine.reload(MACHINE).await.unwrap_err();
    let accepting = ReloadRequest {
        asked: AskedBy::Person {
            name: "ann",
            because: None,
        },
        shrunk_lists: ShrunkLists::Accepted,
    };
    site.0.engine.reload(accepting).await.unwrap();
    other.engine.reload(MACHINE).await.unwrap();
    assert_eq!(other.engine.rules.current().hash(), site.in_effect());
}

#[sqlx::test]
async fn what_is_no_regular_file_is_refused_and_the_next_good_file_comes_into_effect(pool: PgPool) {
    let site = Site::with_list(pool, &numbers(3, &[])).await;
    let before = site.in_effect();
    let pipe = |name: &str| {
        mknodat(
            CWD,
            site.path("draft"),
            FileType::Fifo,
            Mode::RUSR | Mode::WUSR,
            0,
        )
        .unwrap();
        fs::rename(site.path("draft"), site.path(name)).unwrap();
    };
    let endless = |name: &str| {
        symlink("/dev/zero", site.path("draft")).unwrap();
        fs::rename(site.path("draft"), site.path(name)).unwrap();
    };
    let huge = |name: &str| {
        let file = fs::File::create(site.path("draft")).unwrap();
        file.set_len(600 << 20).unwrap();
        fs::rename(site.path("draft"), site.path(name)).unwrap();
    };
    let kinds: [(Put<'_>, &str); 3] = [
        (&pipe, "is a named pipe, not a regular file"),
        (&endless, "is a device, not a regular file"),
        (&huge, "is larger than"),
    ];
    let mut hours = 1..;
    for name in ["rules.toml", "locked.txt"] {
        for (put, says) in kinds {
            put(name);
            let ended = site.seconds(5).await;
            let [Err(refused @ ReloadRefused::NotGood(portoutd::rules::Refusal::Findings(findings)))] =
                ended.as_slice()
            else {
                panic!("{name}: {says}: {ended:?}")
            };
            let told = findings.to_text(portoutd::rules::TextStyle::Plain);
            assert!(told.contains(says), "{refused}: {told}");
            site.replace("locked.txt", &numbers(3, &[]));
            let rules = with_list().replace("20h", &format!("{}h", hours.next().unwrap()));
            site.replace("rules.toml", &rules);
            let ended = site.seconds(5).await;
            assert!(
                matches!(ended.as_slice(), [Ok(Reloaded::InForce(_))]),
                "{ended:?}"
            );
        }
    }
    assert_ne!(site.in_effect(), before);
}

#[sqlx::test]
async fn whoever_asks_while_a_file_is_being_written_has_an_answer_that_names_it(pool: PgPool) {
    let site = Site::with_list(pool, &numbers(3, &[])).await;
    let engine = site.0.engine.clone();
    let mut lines = 4;
    // Before the reload, which may otherwise find and read the files as they were, at rest.
    site.write("locked.txt", &numbers(lines, &[]));
    let reload = async { engine.reload_when_quiet(MACHINE).await };
    let write = async {
        loop {
            lines += 1;
            site.write("locked.txt", &numbers(lines, &[]));
            site.0.clock.advance(SignedDuration::from_millis(500));
            crate::test_service::short_pause().await;
        }
    };
    let ended = tokio::select! {
        ended = reload => ended,
        () = write => unreachable!("it never ends"),
    };
    let Err(ReloadRefused::NotRead(NotRead::StillChanging(file))) = ended else {
        panic!("{ended:?}")
    };
    assert_eq!(file, site.path("locked.txt"));
}
