//! Measures a reload, from the edited files until the new rules are active, with everything recorded: 50 rules with a
//! list of ten million numbers. `cargo bench --bench reload [-- COUNT]`
//!
//! The bench starts its own Postgres, with fsync. The baseline of the same run only reads the list file and computes
//! its digest, which any reload has to do.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use portoutd::clock::{SharedClock, SystemClock};
use portoutd::domain::Mode;
use portoutd::engine::intake::ingest::{Bounds, Ingest, IngestContext};
use portoutd::engine::{
    Accounts, Approval, AskedBy, ClockChecks, Engine, ListBounds, Reloaded, RuleFiles, RulesInForce,
};
use portoutd::lifecycle::Lifecycle;
use portoutd::postgres::{Binaries, Cluster, DATABASE, Durability};
use portoutd::store;
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use tokio::sync::Notify;

const RULES: usize = 50;
const NUMBERS: u64 = 10_000_000;
/// The target time of a reload.
const TARGET: Duration = Duration::from_millis(1_500);

fn main() -> anyhow::Result<()> {
    // `cargo bench` passes `--bench`. Any argument that parses as a number is the count.
    let count = std::env::args().find_map(|argument| argument.parse().ok());
    let cluster = Cluster::start(&Binaries::find()?, Durability::Durable)?;
    let folder = std::env::temp_dir().join(format!("portoutd-reload-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().build()?;
    let measured = runtime.block_on(measure(&cluster.url(DATABASE), &folder, count.unwrap_or(NUMBERS)));
    fs::remove_dir_all(&folder)?;
    measured?;
    Ok(cluster.stop()?)
}

async fn measure(url: &str, folder: &Path, count: u64) -> anyhow::Result<()> {
    println!("{RULES} rules and a list of {count} numbers");
    write_list(folder, count, Edited::None)?;
    write_rules(folder, 0)?;
    let pool = store::connect(url, 4, store::Sessions::Tool).await?;
    store::migrate(&pool).await?;
    let started = Instant::now();
    let engine = engine(&pool, folder).await?;
    row("first start, the list recorded", started.elapsed());
    write_rules(folder, 1)?;
    told("reload after a rule changed", reload(&engine).await?);
    write_list(folder, count, Edited::Ten)?;
    told(
        "reload after ten lines of the list changed",
        reload(&engine).await?,
    );
    write_list(folder, count, Edited::Every)?;
    row(
        "reload after every line of the list changed",
        reload(&engine).await?,
    );
    let started = Instant::now();
    let digest = Sha256::digest(fs::read(folder.join("numbers.csv"))?);
    std::hint::black_box(digest);
    row("baseline: the list read, its digest taken", started.elapsed());
    pool.close().await;
    Ok(())
}

async fn reload(engine: &Engine) -> anyhow::Result<Duration> {
    let before = engine.rules.current().hash();
    let started = Instant::now();
    let reloaded = engine.reload(AskedBy::Machine("bench")).await?;
    let took = started.elapsed();
    anyhow::ensure!(
        matches!(&reloaded, Reloaded::InForce(rules) if rules.hash() != before),
        "other rules are in force"
    );
    Ok(took)
}

/// An engine without accounts. Only its rules are used.
async fn engine(pool: &PgPool, folder: &Path) -> anyhow::Result<Engine> {
    let clock: SharedClock = Arc::new(SystemClock);
    let files = RuleFiles {
        rules: folder.join("rules.toml"),
        candidate: None,
        approval: Approval::NotNeeded,
        lists: ListBounds::default(),
    };
    let rules = RulesInForce::open(pool, files, "bench", clock.now()).await?.rules;
    let wake = Arc::new(Notify::new());
    let means = IngestContext {
        pool: pool.clone(),
        pin_key: None,
        wake: wake.clone(),
        decide_within: rules.decide_within(),
    };
    Ok(Engine {
        pool: pool.clone(),
        clock,
        clocks: ClockChecks::default(),
        mode: Mode::Shadow,
        accounts: Accounts::from_iter([]),
        rules,
        ingest: Ingest::start(means, Bounds::default(), &Lifecycle::new()),
        pin_key: None,
        wake,
        send_rejection_code: true,
    })
}

fn write_rules(folder: &Path, version: usize) -> anyhow::Result<()> {
    let mut text = String::from(
        "version = 1\n[lists.long]\ntype = \"number\"\nfile = \"numbers.csv\"\n\
         [[rule]]\nid = \"listed\"\nmatch.numbers.any_in = \"@long\"\naction = \"hold\"\n",
    );
    for place in 1..RULES {
        let _ = write!(
            text,
            "[[rule]]\nid = \"rule-{place}\"\nmatch.carrier.spid = \"S{place}\"\nmatch.numbers.count = \"> {version}\"\n\
             match.pin = \"wrong\"\naction = \"hold\"\n"
        );
    }
    Ok(fs::write(folder.join("rules.toml"), text)?)
}

/// How a list differs from the first one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edited {
    None,
    /// Ten lines, distributed over the file.
    Ten,
    /// Every line.
    Every,
}

/// Writes distinct North American numbers in no particular order.
fn write_list(folder: &Path, count: u64, edited: Edited) -> anyhow::Result<()> {
    let mut file = BufWriter::new(fs::File::create(folder.join("numbers.csv"))?);
    writeln!(file, "value,note,expires")?;
    for at in 0..count {
        let shift = u64::from(edited == Edited::Every);
        let number = 12_010_000_000 + (at * 4_871_234_567 + shift) % 7_900_000_000;
        let is_edited = edited == Edited::Ten && at % (count / 10).max(1) == 0;
        let note = if is_edited { "edited" } else { "" };
        writeln!(file, "+{number},{note},")?;
    }
    Ok(file.flush()?)
}

fn told(what: &str, took: Duration) {
    row(what, took);
    let word = if took <= TARGET { "met" } else { "MISSED" };
    println!("    (target at most {} s: {word})", TARGET.as_secs_f64());
}

fn row(what: &str, took: Duration) {
    println!("  {what:<44} {:>9.2} s", took.as_secs_f64());
}
