use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing_subscriber::EnvFilter;

use super::failure::{Ending, Failure};
use crate::clock::{FastClock, SharedClock, SystemClock};
use crate::simulator::{
    FaultOrder, MOST_SUBSCRIBERS, Scenario, ScenarioRun, Simulator, SimulatorConfig, StartError, register_csv,
};

/// Run a stateful stand-in for Telnyx.
///
/// It prints one JSON line with its base URL, API key, public key and webhook URL, then logs on standard error.
/// Another process can open orders and let calls go wrong through `/_simulator/`, which asks for no key.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen; keep it on loopback, port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8082")]
    listen: SocketAddr,
    /// Where to post signed webhooks, such as `http://127.0.0.1:8080/webhooks/telnyx`.
    #[arg(long, value_name = "URL")]
    webhook: Option<reqwest::Url>,
    /// Keys, ids, the register and the scenes follow from it.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Orders in a minute of the simulator's time, on average.
    #[arg(long, value_name = "PER_MINUTE", default_value_t = 6.0, value_parser = rate)]
    rate: f64,
    /// What happens: ordinary-day, fraud-burst, wrong-pins, bounce, silence, or all; several are played in turn.
    #[arg(long = "scene", value_name = "SCENE", default_value = "ordinary-day", value_parser = scenes)]
    scenes: Vec<Scenes>,
    /// Stop sending orders after this many; 0 sends none. The API goes on.
    #[arg(long, value_name = "N")]
    orders: Option<u64>,
    /// Run the simulator's time this many times as fast. Webhooks stay signed with real time, but an order's dates
    /// run ahead of a service that lives in real time.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    speed: u32,
    /// Let a call go wrong, such as `update-status=applied-then-timeout:2` or `list-orders=503:always`.
    #[arg(long = "fault", value_name = "CALL=FAULT[:TIMES]")]
    faults: Vec<FaultOrder>,
    /// How many numbers the register has whose subscribers leave.
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = register_size)]
    register_size: usize,
    /// Print the register that fits the scenes of this seed as CSV, for `portoutd numbers import`, and end.
    #[arg(long)]
    print_register: bool,
}

/// The scenes that one `--scene` names.
#[derive(Debug, Clone)]
struct Scenes(Vec<Scenario>);

pub(crate) fn run(args: &Args) -> Ending {
    if args.print_register {
        let register = register_csv(args.seed, args.register_size);
        let printed = io::stdout().lock().write_all(register.as_bytes());
        printed.context("printing the register")?;
        return Ok(ExitCode::SUCCESS);
    }
    log_to_stderr();
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    runtime.block_on(simulate(args))
}

async fn simulate(args: &Args) -> Ending {
    // Before anything starts: until then a signal ends the process without a drain.
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let simulator = Simulator::start(config(args), &tracker, stop.clone()).await;
    let simulator = simulator.map_err(|error| match error {
        StartError::Listen { .. } => Failure::config(error),
        StartError::Client(_) => Failure::not_good(error),
    })?;
    announce(&simulator, args)?;
    for fault in &args.faults {
        simulator.faults().order(fault.clone());
    }
    simulator.play(ScenarioRun {
        scenes: args
            .scenes
            .iter()
            .flat_map(|scenes| scenes.0.iter().copied())
            .collect(),
        orders_per_minute: args.rate,
        orders: args.orders,
        register_size: args.register_size,
    });
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    stop.cancel();
    tracker.close();
    tracker.wait().await;
    Ok(ExitCode::SUCCESS)
}

fn config(args: &Args) -> SimulatorConfig {
    let clock: SharedClock = match args.speed {
        1 => Arc::new(SystemClock),
        speed => Arc::new(FastClock::starting_now(speed)),
    };
    SimulatorConfig {
        listen: args.listen,
        // A service outside lives in real time and refuses signatures that do not.
        signature_clock: Arc::new(SystemClock),
        webhook_url: args.webhook.as_ref().map(ToString::to_string),
        seed: args.seed,
        ..SimulatorConfig::new(clock)
    }
}

fn announce(simulator: &Simulator, args: &Args) -> anyhow::Result<()> {
    let line = json!({
        "base_url": simulator.base_url(),
        "api_key": simulator.api_key(),
        "public_key": simulator.public_key(),
        "webhook_url": args.webhook.as_ref().map(ToString::to_string),
    });
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .context("announcing the simulator")
}

fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // Fails where a subscriber is set already: then that one serves.
    let _ = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_env_filter(filter)
        .try_init();
}

fn scenes(word: &str) -> Result<Scenes, String> {
    Scenario::named(word)
        .map(Scenes)
        .map_err(|error| error.to_string())
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.001..=60_000.0).contains(rate));
    rate.ok_or_else(|| "expected orders per minute between 0.001 and 60000".to_owned())
}

fn register_size(text: &str) -> Result<usize, String> {
    let size = text
        .parse()
        .ok()
        .filter(|size| (1..=MOST_SUBSCRIBERS).contains(size));
    size.ok_or_else(|| format!("expected 1 to {MOST_SUBSCRIBERS} numbers"))
}
