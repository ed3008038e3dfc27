//! `portoutd simulate`.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::failure::{Ending, Failure};
use super::session::logging;
use super::terminal::output::{print_exactly, print_text};
use crate::clock::{FastClock, SharedClock, SystemClock};
use crate::simulator::{
    FaultOrder, MOST_SUBSCRIBERS, Scenario, ScenarioRun, Simulator, SimulatorConfig, StartError, register_csv,
};

/// Run a stateful simulator of Telnyx
///
/// Prints one JSON line with its base URL, API key, public key and webhook URL, then logs to standard error. Other
/// processes can create orders and cause failures through `/_simulator/`, which requires no key.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The address to listen on. Use a loopback address; port 0 selects a free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8082")]
    listen: SocketAddr,
    /// The URL for signed webhooks, such as `http://127.0.0.1:8080/webhooks/telnyx`.
    #[arg(long, value_name = "URL")]
    webhook: Option<reqwest::Url>,
    /// The seed of the keys, IDs, the register and the scenes.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Average number of orders per minute of the simulator's time.
    #[arg(long, value_name = "PER_MINUTE", default_value_t = 6.0, value_parser = rate)]
    rate: f64,
    /// The scene: ordinary-day, fraud-burst, wrong-pins, bounce, silence, or all. Several scenes alternate.
    #[arg(long = "scene", value_name = "SCENE", default_value = "ordinary-day", value_parser = scenes)]
    scenes: Vec<Scenes>,
    /// Stop creating orders after N; 0 creates none. The API stays available.
    #[arg(long, value_name = "N")]
    orders: Option<u64>,
    /// The speed of the simulator's clock, as a multiple of real time. Webhooks are signed with the real time, but the
    /// dates of an order are ahead of a service that uses real time.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    speed: u32,
    /// Make a call fail, such as `update-status=applied-then-timeout:2` or `list-orders=503:always`.
    #[arg(long = "fault", value_name = "CALL=FAULT[:TIMES]")]
    faults: Vec<FaultOrder>,
    /// The number of register entries whose subscribers request a port-out.
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = register_size)]
    register_size: usize,
    /// Print the register for the scenes of this seed as CSV, for `portoutd numbers import`, and exit.
    #[arg(long)]
    print_register: bool,
}

/// The scenes of one `--scene`.
#[derive(Debug, Clone)]
struct Scenes(Vec<Scenario>);

pub(crate) fn run(args: &Args) -> Ending {
    if args.print_register {
        let register = register_csv(args.seed, args.register_size);
        print_exactly(&register)?;
        return Ok(ExitCode::SUCCESS);
    }
    logging::start_simulator();
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    runtime.block_on(simulate(args))
}

async fn simulate(args: &Args) -> Ending {
    // Before anything starts, because until then a signal ends the process without a drain.
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
    tracing::info!("Stopping");
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
        // A service in another process uses real time, and refuses signatures with another time.
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
    print_text(format!("{line}\n"))
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
