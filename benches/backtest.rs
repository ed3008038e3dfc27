//! Measures the time and memory of a backtest over many recorded decisions: `cargo bench --bench backtest [-- COUNT]`.
//!
//! The bench starts its own Postgres, which generates the decisions with facts as the service records them. The
//! baseline of the same run streams the same rows and discards them, so that the difference is the evaluation. Each
//! runs in its own process, so that their memory peaks are separate.

#![expect(
    clippy::expect_used,
    reason = "a bench that cannot be set up has nothing to say"
)]

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::time::Instant;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use portoutd::engine::backtest;
use portoutd::postgres::{Binaries, Cluster, DATABASE, Durability};
use portoutd::rules::{RuleSet, Sources};
use portoutd::store::{self, reports};
use sqlx::{AssertSqlSafe, Executor as _, PgPool};

const RULES: usize = 50;
const DECISIONS: u64 = 100_000;
/// The target time for a million decisions, in seconds.
const TARGET: f64 = 60.0;

/// Generates the rows of orders, episodes and decisions. The chain is left out, because no backtest reads it.
const RECORD: [&str; 5] = [
    "insert into orders (account, order_id, support_key, first_seen_at)
     select 'default', md5(n::text)::uuid::text, 'PO_' || n, now() from generate_series(1, COUNT) n",
    "insert into episodes (id, account, order_id, number, state, opened_at, decide_by, closed_at, ended_as, sent_target)
     select md5('e' || n)::uuid, 'default', md5(n::text)::uuid::text, 1, 'answered', now(), now(), now(), 'ported',
        'authorized' from generate_series(1, COUNT) n",
    "alter table decisions disable trigger all",
    "insert into decisions (id, account, order_id, episode, action, decided_by, rule, mode, facts, trace, decided_at,
        prev_hash, hash)
     select md5('d' || n)::uuid, 'default', md5(n::text)::uuid::text, 1, 'authorize', 'rule', 'rule-49', 'enforce',
        replace('FACTS', 'PON-1', 'PON-' || n), 'TRACE', now() - make_interval(secs => COUNT - n),
        decode(md5('p' || n), 'hex'), decode(md5('h' || n), 'hex') from generate_series(1, COUNT) n",
    "analyze",
];

const FACTS: &str = r#"{"business_hours":true,"carrier.name":"Onvoy LLC","carrier.requests_24h":3,"carrier.seen":true,"carrier.spid":"073H","city":"Chicago","country":"US","end_user":"A. Person","name":"right","address":"right","numbers.country":["US"],"numbers.frozen":false,"numbers.ours":"all","numbers.tags":["gold","business"],"numbers.wrong_pins_24h":0,"numbers.other_pending":false,"own_port_in":false,"phone_numbers":["+13125550100","+13125550101","+13125550102"],"pin":"right","pon":"PON-1","requested_foc":"2031-01-31T00:00:00Z","state":"IL","times_rejected":0,"vendor":"vendor","zip":"right"}"#;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|one| one != "--bench").collect();
    match arguments.first().map(String::as_str) {
        Some("contestant") => contest(&arguments),
        Some(count) => compare(count.parse()?),
        None => compare(DECISIONS),
    }
}

/// Generates the decisions and runs both over them.
fn compare(count: u64) -> anyhow::Result<()> {
    let cluster = Cluster::start(&Binaries::find()?, Durability::Durable)?;
    let url = cluster.url(DATABASE);
    let started = Instant::now();
    runtime().block_on(record(&url, count))?;
    println!(
        "{count} decisions on record, made in {:.1} s; {RULES} rules of six conditions; {} CPUs",
        started.elapsed().as_secs_f64(),
        std::thread::available_parallelism()?,
    );
    for what in ["stream", "backtest"] {
        let status = Command::new(std::env::current_exe()?)
            .args(["contestant", what, &url, &count.to_string()])
            .status()?;
        anyhow::ensure!(status.success(), "`{what}` failed");
    }
    Ok(cluster.stop()?)
}

async fn record(url: &str, count: u64) -> anyhow::Result<()> {
    let pool = store::connect(url, 1, store::Sessions::Tool).await?;
    store::migrate(&pool).await?;
    let steps =
        vec![r#"{"action":"hold","condition":"pin","mode":"enforce","outcome":"no","rule":"rule-1"}"#; RULES];
    let trace = format!(r#"{{"rules":[{}],"shadow":[],"unknown":[]}}"#, steps.join(","));
    for statement in RECORD {
        let statement = statement
            .replace("COUNT", &count.to_string())
            .replace("FACTS", FACTS)
            .replace("TRACE", &trace);
        pool.execute(AssertSqlSafe(statement)).await?;
    }
    pool.close().await;
    Ok(())
}

fn contest(arguments: &[String]) -> anyhow::Result<()> {
    let [_, what, url, count] = arguments else {
        anyhow::bail!("expected `contestant`, which, a URL and a count")
    };
    let count: u64 = count.parse()?;
    let started = Instant::now();
    runtime().block_on(async {
        let pool = store::connect(url, 2, store::Sessions::Tool).await?;
        if what == "stream" {
            stream(&pool, count).await
        } else {
            judge(&pool, count).await
        }
    })?;
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "  {what:<10} {seconds:>7.2} s, at most {} MB resident",
        peak_resident() >> 20
    );
    #[expect(clippy::cast_precision_loss, reason = "a count of rows lies far below 2^52")]
    let of_a_million = seconds * 1e6 / count as f64;
    if what == "backtest" {
        let word = if of_a_million <= TARGET { "met" } else { "MISSED" };
        println!("{of_a_million:.1} s for a million (target at most {TARGET}: {word})");
    }
    Ok(())
}

async fn stream(pool: &PgPool, count: u64) -> anyhow::Result<()> {
    let mut rows = reports::judged(pool, Timestamp::UNIX_EPOCH);
    let mut found = 0;
    while rows.try_next().await?.is_some() {
        found += 1;
    }
    anyhow::ensure!(found == count, "{found} rows were streamed");
    Ok(())
}

async fn judge(pool: &PgPool, count: u64) -> anyhow::Result<()> {
    let sources = Sources::in_memory("bench.toml", &written_rules(), []);
    let rules = RuleSet::from_sources(&sources, Timestamp::UNIX_EPOCH)
        .expect("the rules are good")
        .rules;
    let report = backtest::recorded(pool, &rules, Timestamp::UNIX_EPOCH, |_| ()).await?;
    anyhow::ensure!(
        (report.judged, report.changed) == (count, 0),
        "{}",
        report.headline()
    );
    Ok(())
}

/// As in `benches/rules.rs`: six conditions each, no two rules alike, all but one of a rule's conditions hold, and the
/// last rule decides.
fn written_rules() -> String {
    let mut text =
        String::from("version = 1\n[lists.trusted]\ntype = \"spid\"\nvalues = [\"073H\", \"6529\"]\n");
    for place in 0..RULES {
        let (pin, action) = if place + 1 == RULES {
            ("right", "authorize")
        } else {
            ("not-given", "hold")
        };
        let _ = write!(
            text,
            "[[rule]]\nid = \"rule-{place}\"\nmatch.carrier.spid = [\"@trusted\", \"S{place}\"]\nmatch.numbers.count = \"<= {}\"\n\
             match.carrier.name = [\"Onv*\", \"tel {place}\"]\nmatch.foc_in = \"> {place}m\"\nmatch.pin = \"{pin}\"\n\
             unless.numbers.tags = \"vip-{place}\"\naction = \"{action}\"\n",
            place + 10
        );
    }
    text
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

/// Returns the maximum memory of this process, in bytes (Linux; elsewhere 0).
fn peak_resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap_or_default();
    let kilobytes = line
        .split_whitespace()
        .nth(1)
        .and_then(|text| text.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1_024
}
