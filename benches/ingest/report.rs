//! Runs the contestants one after another, several times, and prints the cost of each.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::ValueEnum as _;
use portoutd::postgres::{Binaries, Cluster, DATABASE, Durability};

use crate::Args;
use crate::cpu;
use crate::database::Database;
use crate::load::Seen;
use crate::server::Contestant;

/// The maximum CPU time of the service, relative to verify-only.
const SERVER_TARGET: f64 = 1.4;
/// The maximum CPU time of Postgres for the service, relative to one-row inserts.
const POSTGRES_TARGET: f64 = 0.4;
/// The maximum memory with this many sockets, in KiB.
const MEMORY_TARGET: u64 = 40 * 1024;
const MANY_SOCKETS: u32 = 512;
const STEADY_RATE: u32 = 5_000;
/// The number of connections that write rows concurrently.
const ROW_WRITERS: &str = "16";

/// A line of the report.
#[derive(Clone, Copy)]
enum Trial {
    /// Webhooks to a server.
    Http(Contestant),
    /// Rows to Postgres, with these arguments.
    Rows(&'static [&'static str]),
}

/// The contestants, in the order of `judge_all`.
const TRIALS: [(&str, Trial); 6] = [
    ("verify-only", Trial::Http(Contestant::VerifyOnly)),
    ("service: verify, store, wake", Trial::Http(Contestant::Service)),
    ("  with a PIN compared", Trial::Http(Contestant::ServiceWithPins)),
    ("one INSERT a request", Trial::Http(Contestant::OneInsert)),
    ("Postgres, one event and wake a row", Trial::Rows(&[])),
    ("Postgres, one bare event a row", Trial::Rows(&["--bare"])),
];

/// A child process that communicates in lines and ends when we stop listening.
struct Peer {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Peer {
    fn start(arguments: &[String], database: &str) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .env("DATABASE_URL", database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().context("no output")?);
        Ok(Self { child, input, output })
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        ensure!(!line.is_empty(), "a process of the bench ended early");
        Ok(line.trim().to_owned())
    }

    fn go(&mut self) -> Result<()> {
        let input = self.input.as_mut().context("no input")?;
        input.write_all(b"go\n")?;
        Ok(input.flush()?)
    }

    fn end(mut self) -> Result<()> {
        drop(self.input.take());
        ensure!(self.child.wait()?.success(), "a process of the bench failed");
        Ok(())
    }
}

/// The result of one measurement.
#[derive(Debug, Clone)]
struct Cost {
    rate: f64,
    server_us: f64,
    postgres_us: f64,
    p50_us: u64,
    p99_us: u64,
    resident_kib: u64,
}

struct Bench<'a> {
    args: &'a Args,
    database: Database,
    backend: u32,
    series: u32,
}

/// Measures on the given Postgres, or on a temporary one.
pub(crate) fn run(args: &Args) -> Result<()> {
    if let Some(url) = &args.postgres {
        return measure_on(url, args);
    }
    let cluster = Cluster::start(&Binaries::find()?, Durability::Durable)?;
    let outcome = measure_on(&cluster.url(DATABASE), args);
    cluster.stop()?;
    outcome
}

fn measure_on(url: &str, args: &Args) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut database = Database::create(url).await?;
        print_setting(&mut database, args).await?;
        let backend = database.backend().await?;
        let mut bench = Bench {
            args,
            database,
            backend,
            series: 0,
        };
        let outcome = bench.all().await;
        bench.database.drop().await?;
        outcome
    })
}

async fn print_setting(database: &mut Database, args: &Args) -> Result<()> {
    println!(
        "Postgres {}, fsync {}, synchronous_commit {}; {} requests × {} rounds over {} sockets; {} CPUs",
        database.setting("server_version").await?,
        database.setting("fsync").await?,
        database.setting("synchronous_commit").await?,
        args.requests,
        args.rounds,
        args.connections,
        std::thread::available_parallelism()?,
    );
    Ok(())
}

impl Bench<'_> {
    async fn all(&mut self) -> Result<()> {
        let connections = self.args.connections;
        let mut costs: [Vec<Cost>; TRIALS.len()] = Default::default();
        for _ in 0..self.args.rounds.max(1) {
            for ((_, trial), costs) in TRIALS.iter().zip(&mut costs) {
                costs.push(match *trial {
                    Trial::Http(contestant) => self.http(contestant, connections, None).await?,
                    Trial::Rows(extra) => self.rows(extra).await?,
                });
            }
        }
        let costs = costs.each_ref().map(|rounds| median(rounds));
        let head = ["", "per s", "server µs", "Postgres µs", "p50 µs", "p99 µs"];
        let [name, rate, server, postgres, p50, p99] = head;
        println!("{name:34} {rate:>9} {server:>11} {postgres:>13} {p50:>8} {p99:>8}");
        for ((name, _), cost) in TRIALS.iter().zip(&costs) {
            show(name, cost);
        }
        let steady = self
            .http(Contestant::Service, connections, Some(STEADY_RATE))
            .await?;
        show(&format!("service at {STEADY_RATE} a second"), &steady);
        let crowd = self.http(Contestant::Service, MANY_SOCKETS, None).await?;
        show(&format!("service over {MANY_SOCKETS} sockets"), &crowd);
        judge_all(&costs, crowd.resident_kib);
        Ok(())
    }

    async fn http(&mut self, contestant: Contestant, connections: u32, rate: Option<u32>) -> Result<Cost> {
        let name = contestant
            .to_possible_value()
            .context("no name")?
            .get_name()
            .to_owned();
        let mut server = Peer::start(&["serve".to_owned(), name], self.database.url())?;
        let address = server.line()?;
        let mut arguments = vec!["load".to_owned(), "--to".to_owned(), address];
        arguments.extend(["--connections".to_owned(), connections.to_string()]);
        arguments.extend(
            rate.iter()
                .flat_map(|rate| ["--rate".to_owned(), rate.to_string()]),
        );
        let cost = self.measure(arguments, Some(&server)).await?;
        server.end()?;
        let stores = contestant != Contestant::VerifyOnly;
        let expected = if stores { i64::from(self.args.requests) } else { 0 };
        ensure!(
            self.database.events().await? == expected,
            "not every webhook answered with 200 is kept"
        );
        Ok(cost)
    }

    async fn rows(&mut self, extra: &[&str]) -> Result<Cost> {
        let arguments = ["rows", "--connections", ROW_WRITERS].iter().chain(extra);
        self.measure(arguments.map(|&one| one.to_owned()).collect(), None)
            .await
    }

    async fn measure(&mut self, mut arguments: Vec<String>, server: Option<&Peer>) -> Result<Cost> {
        self.database.clear().await?;
        self.series += 1;
        arguments.extend(["--series".to_owned(), self.series.to_string()]);
        arguments.extend(["--requests".to_owned(), self.args.requests.to_string()]);
        let mut load = Peer::start(&arguments, self.database.url())?;
        load.line()?;
        let used = |backend| -> Result<(Duration, Duration)> {
            let server = server.map_or(Ok(Duration::ZERO), |server| cpu::of_process(server.child.id()))?;
            Ok((server, cpu::of_postgres(backend)?))
        };
        let before = used(self.backend)?;
        load.go()?;
        let seen: Seen = serde_json::from_str(&load.line()?)?;
        let after = used(self.backend)?;
        let resident_kib = server.map_or(Ok(0), |server| cpu::resident(server.child.id()))?;
        load.end()?;
        let each = |used: Duration| used.as_secs_f64() * 1e6 / f64::from(seen.requests);
        Ok(Cost {
            rate: f64::from(seen.requests) / seen.seconds,
            server_us: each(after.0.saturating_sub(before.0)),
            postgres_us: each(after.1.saturating_sub(before.1)),
            p50_us: seen.p50_us,
            p99_us: seen.p99_us,
            resident_kib,
        })
    }
}

/// Returns the median of each figure.
fn median(costs: &[Cost]) -> Cost {
    let middle = |figure: fn(&Cost) -> f64| {
        let mut figures: Vec<f64> = costs.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let whole = |figure: fn(&Cost) -> u64| {
        let mut figures: Vec<u64> = costs.iter().map(figure).collect();
        figures.sort_unstable();
        figures.get(figures.len() / 2).copied().unwrap_or_default()
    };
    Cost {
        rate: middle(|cost| cost.rate),
        server_us: middle(|cost| cost.server_us),
        postgres_us: middle(|cost| cost.postgres_us),
        p50_us: whole(|cost| cost.p50_us),
        p99_us: whole(|cost| cost.p99_us),
        resident_kib: whole(|cost| cost.resident_kib),
    }
}

fn show(name: &str, cost: &Cost) {
    let Cost {
        rate,
        server_us,
        postgres_us,
        p50_us,
        p99_us,
        ..
    } = cost;
    println!("{name:34} {rate:>9.0} {server_us:>11.1} {postgres_us:>13.1} {p50_us:>8} {p99_us:>8}");
}

fn judge(what: &str, ratio: f64, target: f64) {
    let word = if ratio <= target { "met" } else { "MISSED" };
    println!("{what}: {ratio:.2} (target at most {target}: {word})");
}

fn judge_all([verify, service, _, one_insert, rows, bare]: &[Cost; TRIALS.len()], resident_kib: u64) {
    let postgres = |one: &Cost| service.postgres_us / one.postgres_us;
    println!();
    judge(
        "server CPU, service / verify-only",
        service.server_us / verify.server_us,
        SERVER_TARGET,
    );
    judge(
        "Postgres CPU, service / one event and wake a row",
        postgres(rows),
        POSTGRES_TARGET,
    );
    judge(
        "Postgres CPU, service / one bare event a row",
        postgres(bare),
        POSTGRES_TARGET,
    );
    let word = if resident_kib <= MEMORY_TARGET {
        "met"
    } else {
        "MISSED"
    };
    println!(
        "memory with {MANY_SOCKETS} sockets: {resident_kib} KiB (target at most {MEMORY_TARGET}: {word})"
    );
    let rate = service.rate / one_insert.rate;
    println!("rate, service / one INSERT a request: {rate:.2} (target at least 2 on a quiet machine)");
}
