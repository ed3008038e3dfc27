//! Rows that an earlier version stored with PINs in them: no verb and no log line shows one.

use std::collections::BTreeSet;

use rustix::process::Signal;
use serde_json::Value;
use sqlx::{Connection, PgConnection, PgPool};

use super::site::{Site, clean_order, strange_order};
use super::soon;

/// The columns of free text, each with the statement that fills it as an earlier version may have. `$1` is a text that
/// holds a PIN.
const COLUMNS: [(&str, &str); 20] = [
    ("orders.trouble", "update orders set trouble = $1"),
    ("orders.carrier_name", "update orders set carrier_name = $1"),
    ("orders.body.reason", BODY_REASON),
    ("orders.body.carrier_name", BODY_CARRIER),
    ("orders.body.account_pin", BODY_PIN),
    ("episodes.trouble", "update episodes set trouble = $1"),
    ("decisions.reason", "update decisions set reason = $1"),
    ("decisions.facts.end_user", FACTS_END_USER),
    ("decisions.facts.city", FACTS_CITY),
    ("decisions.trace.summary", TRACE_SUMMARY),
    ("decisions.trace.candidate", TRACE_CANDIDATE),
    ("decisions.trace.saw", TRACE_SAW),
    ("attempts.reason", "update attempts set reason = $1"),
    ("attempts.error", "update attempts set error = $1"),
    ("attempts.response", ATTEMPTS_RESPONSE),
    ("events.event_type", "update events set event_type = $1"),
    (
        "rule_set_events.because",
        "update rule_set_events set because = $1",
    ),
    ("numbers.name", "update numbers set name = $1"),
    ("numbers.address", "update numbers set address = $1"),
    (
        "admin_actions.detail",
        "update admin_actions set detail = json_build_object('reason', $1::text)",
    ),
];
const BODY_REASON: &str = "update orders set body = convert_to((convert_from(body, 'UTF8')::jsonb \
    || jsonb_build_object('reason', $1::text))::text, 'UTF8')";
const BODY_CARRIER: &str = "update orders set body = convert_to((convert_from(body, 'UTF8')::jsonb \
    || jsonb_build_object('carrier_name', $1::text))::text, 'UTF8')";
const BODY_PIN: &str = "update orders set body = convert_to((convert_from(body, 'UTF8')::jsonb \
    || jsonb_build_object('account_pin', $1::text))::text, 'UTF8')";
const FACTS_END_USER: &str =
    "update decisions set facts = (facts::jsonb || jsonb_build_object('end_user', $1::text))::text";
const FACTS_CITY: &str =
    "update decisions set facts = (facts::jsonb || jsonb_build_object('city', $1::text))::text";
const TRACE_SUMMARY: &str =
    "update decisions set trace = (trace::jsonb || jsonb_build_object('summary', $1::text))::text";
const TRACE_CANDIDATE: &str = "update decisions set trace = (trace::jsonb || jsonb_build_object('candidate', \
    jsonb_build_object('rule_set', 'ab', 'summary', $1::text)))::text";
const TRACE_SAW: &str = "update decisions set trace = jsonb_set(trace::jsonb, '{saw,order,end_user_name}', \
    jsonb_build_array($1::text))::text";
const ATTEMPTS_RESPONSE: &str = "update attempts set response = convert_to(jsonb_build_object('errors', \
    jsonb_build_array(jsonb_build_object('detail', $1::text)))::text, 'UTF8')";

/// The columns that no verb shows.
const NEVER_SHOWN: [&str; 2] = ["admin_actions.detail", "orders.body.account_pin"];

/// Every verb that reads the database, in each form of its output, and the exit code. `@held`, `@rejected` and
/// `@authorized` stand for orders, `@decision` for a decision, `@rules` for the rule set.
const READERS: &[(&str, i32)] = &[
    ("pending", 0),
    ("pending --output json", 0),
    ("pending --output jsonl", 0),
    ("pending --output csv", 0),
    ("orders list", 0),
    ("orders list --output json", 0),
    ("orders list --output csv", 0),
    ("orders list --live", 0),
    ("orders list --live --output json", 0),
    ("orders list --live --output csv", 0),
    ("orders show @held", 0),
    ("orders show @rejected", 0),
    ("orders show @rejected --output json", 0),
    ("orders show @held --live", 0),
    ("decisions list", 0),
    ("decisions list --output json", 0),
    ("decisions list --output jsonl", 0),
    ("decisions list --output csv", 0),
    ("decisions list --fields facts,summary,saw,candidate,answer", 0),
    ("decisions show @held", 0),
    ("decisions show @rejected --all", 0),
    ("decisions show @decision", 0),
    ("decisions show @held --output json", 0),
    ("decisions show @authorized --all --output json", 0),
    ("decisions show @held --as-test", 0),
    ("decisions show @rejected --as-test", 0),
    ("decisions show @held --as-test --anonymous", 0),
    ("decisions verify", 1),
    ("rules versions", 0),
    ("rules versions --output json", 0),
    ("rules versions --output csv", 0),
    ("rules proposed", 0),
    ("rules proposed --output json", 0),
    ("rules show @rules", 0),
    ("rules diff @rules rules.toml", 0),
    ("rules stats", 0),
    ("rules stats --output json", 0),
    ("rules stats --output csv", 0),
    ("rules list show", 0),
    ("rules approve @rules --yes", 69),
    ("rules rollback @rules --yes", 69),
    ("reload", 69),
    ("check --online", 0),
    ("check --online --output json", 0),
    ("backtest --all", 0),
    ("backtest --output json", 0),
    ("backtest --output csv", 0),
    ("backtest --output jsonl", 0),
    ("backtest --fields order,old_rule", 0),
    ("backtest --from telnyx", 0),
    ("numbers list", 0),
    ("numbers list --output json", 0),
    ("numbers list --output csv", 0),
    ("numbers show +13125550100", 0),
    ("numbers import register.csv --dry-run", 0),
    ("numbers lock +13125550150 --reason lost", 0),
    ("numbers unlock +13125550150 --yes", 0),
    ("migrate", 0),
    ("reject @other --reason no --no-wait --yes", 0),
    ("hold @held --reason wait", 0),
];

/// The verbs that do not read the database, and those that the test runs by itself: `serve` and `authorize`.
const OTHERS: [&str; 19] = [
    "serve",
    "authorize",
    "demo",
    "explain",
    "test",
    "fmt",
    "schema",
    "eval",
    "keygen",
    "config show",
    "simulate",
    "with-postgres",
    "completions",
    "man",
    "check",
    "backtest",
    "rules list add",
    "rules list remove",
    "rules list expire",
];

fn pin(column: usize) -> String {
    (918_001 + column).to_string()
}

fn words(column: &str) -> String {
    format!("kept in {column}")
}

/// The leaves of the tree of commands, from what `--help` prints.
async fn all_verbs(site: &Site) -> BTreeSet<String> {
    let mut verbs = BTreeSet::new();
    let mut groups = vec![String::new()];
    while let Some(group) = groups.pop() {
        let mut arguments: Vec<&str> = group.split_whitespace().collect();
        arguments.push("--help");
        let help = site.run(&arguments).await.out;
        // A line of the list of commands: two blanks, the name, and at least two blanks before its description.
        let names = help
            .lines()
            .filter_map(|line| line.strip_prefix("  ")?.split_once("  "))
            .map(|(name, _)| name)
            .filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.contains(' '))
            .filter(|name| *name != "help");
        let before = groups.len();
        groups.extend(names.map(|name| format!("{group} {name}").trim().to_owned()));
        if groups.len() == before {
            verbs.insert(group);
        }
    }
    verbs
}

/// Two held orders, one that was authorized and one that was rejected.
async fn site_with_orders(pool: PgPool) -> (Site, [String; 4]) {
    let site = Site::new(pool).await;
    let service = site.serve().await;
    let mut wrong_pin = clean_order();
    wrong_pin["pin"] = "0000".into();
    let mut orders = Vec::new();
    for order in [strange_order(), strange_order(), clean_order(), wrong_pin] {
        let mut order: Value = order;
        order["numbers"] = Value::from(vec![format!("+1312555010{}", orders.len())]);
        orders.push(site.telnyx.open(order).await);
    }
    soon("all are decided", async || {
        let held = "select count(*) from episodes where state = 'held'";
        let answered = "select count(*) from episodes where state = 'answered'";
        site.count(held).await == 2 && site.count(answered).await == 2
    })
    .await;
    service.program.signal(Signal::TERM);
    service.program.ended().await.assert(0, &[]);
    (site, orders.try_into().unwrap())
}

/// Fills every column, past the triggers that keep rows as they were written.
async fn write_old_rows(site: &Site) -> PgConnection {
    let mut connection = site.pool.acquire().await.unwrap().detach();
    for statement in [
        "set session_replication_role = replica",
        "insert into rule_set_events (hash, event, at, actor) select hash, 'proposed', now(), 'bob' from rule_sets",
    ] {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    for (place, (column, statement)) in COLUMNS.iter().enumerate() {
        let text = format!("{}. The PIN is {}", words(column), pin(place));
        let changed = sqlx::query(*statement).bind(text).execute(&mut connection).await;
        assert!(changed.unwrap().rows_affected() > 0, "{column}");
    }
    connection
}

struct Shown {
    site: Site,
    /// What each command has printed, on standard output and standard error.
    printed: Vec<(String, String)>,
}

impl Shown {
    fn leaks(&self) -> Vec<String> {
        let mut leaks = Vec::new();
        for (command, text) in &self.printed {
            for (place, (column, _)) in COLUMNS.iter().enumerate() {
                if text.contains(&pin(place)) {
                    leaks.push(format!("`{command}` shows the PIN in {column}"));
                }
            }
        }
        leaks
    }

    fn shows(&self, column: &str) -> bool {
        self.printed.iter().any(|(_, text)| text.contains(&words(column)))
    }

    /// `authorize` prints why the service has withdrawn the answer.
    async fn withdraw(&mut self, held: &str, connection: &mut PgConnection) {
        let asked = self
            .site
            .start(&["authorize", held, "--reason", "I called.", "--yes"]);
        soon("the answer is recorded", async || {
            asked.log().contains("Recorded as decision")
        })
        .await;
        let withdrawal = "insert into decisions (id, account, order_id, episode, action, decided_by, mode, facts, trace, \
                supersedes, reason, decided_at, prev_hash, hash)
            select gen_random_uuid(), account, order_id, episode, 'hold', 'service', mode, '{}', '{}', id, $1, now(), \
                sha256('one'), sha256('two')
            from decisions where decided_by = 'person' and action = 'authorize'";
        let reason = format!("the order has changed. The PIN is {}", pin(0));
        let added = sqlx::query(withdrawal)
            .bind(reason)
            .execute(connection)
            .await
            .unwrap();
        assert_eq!(added.rows_affected(), 1);
        let ended = asked.ended().await;
        ended.assert(1, &["the answer was not sent: the order has changed."]);
        self.printed.push(("authorize".to_owned(), ended.to_string()));
    }

    /// The deadline of an order that nobody can read has passed: the alarm says what the trouble is.
    async fn serve_past_the_deadline(&mut self, connection: &mut PgConnection) {
        for statement in [
            "update orders set decide_by = now() - interval '1 hour', deadline_passed_at = null, \
                due_at = now() + interval '4 minutes'",
            "update episodes set decide_by = now() - interval '1 hour', opened_at = now() - interval '2 hours', \
                deadline_passed_at = null",
        ] {
            sqlx::query(statement).execute(&mut *connection).await.unwrap();
        }
        let service = self.site.serve().await;
        soon("the alarm is raised", async || {
            service.program.logged("The deadline has passed").is_some()
        })
        .await;
        service.program.signal(Signal::TERM);
        let ended = service.program.ended().await;
        self.printed.push(("serve".to_owned(), ended.to_string()));
    }
}

#[sqlx::test]
async fn no_verb_and_no_log_line_shows_a_pin_that_an_earlier_version_stored(pool: PgPool) {
    let (mut site, [held, other, authorized, rejected]) = site_with_orders(pool).await;
    site.set("RUST_LOG", "debug");
    let mut connection = write_old_rows(&site).await;
    let text = async |query: &'static str| -> String {
        sqlx::query_scalar(query).fetch_one(&site.pool).await.unwrap()
    };
    let rules = text("select encode(hash, 'hex') from rule_sets").await;
    let decision = text("select id::text from decisions where action = 'reject'").await;
    let known: BTreeSet<&str> = READERS
        .iter()
        .map(|(command, _)| *command)
        .chain(OTHERS)
        .collect();
    let is_sorted = |verb: &String| {
        known
            .iter()
            .any(|one| *one == verb || one.starts_with(&format!("{verb} ")))
    };
    let new: Vec<String> = all_verbs(&site)
        .await
        .into_iter()
        .filter(|verb| !is_sorted(verb))
        .collect();
    assert!(new.is_empty(), "say whether these read the database: {new:?}");

    let mut shown = Shown {
        site,
        printed: Vec::new(),
    };
    shown.withdraw(&held, &mut connection).await;
    for (command, code) in READERS {
        let words = [
            ("@held", &held),
            ("@other", &other),
            ("@authorized", &authorized),
            ("@rejected", &rejected),
            ("@decision", &decision),
            ("@rules", &rules),
        ];
        let arguments = words.iter().fold((*command).to_owned(), |text, (word, value)| {
            text.replace(word, value)
        });
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let ended = shown.site.run(&arguments).await;
        ended.assert(*code, &[]);
        shown.printed.push(((*command).to_owned(), ended.to_string()));
    }
    shown.serve_past_the_deadline(&mut connection).await;
    connection.close().await.unwrap();

    let leaks = shown.leaks();
    assert!(leaks.is_empty(), "{} leaks\n{}", leaks.len(), leaks.join("\n"));
    for (column, _) in COLUMNS {
        assert_ne!(shown.shows(column), NEVER_SHOWN.contains(&column), "{column}");
    }
}
