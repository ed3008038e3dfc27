//! `portoutd demo`: the whole service against a simulated Telnyx, with nothing prepared.

mod files;
mod ticker;

use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow};

use super::failure::{Ending, Failure};
use super::serve::{App, Running};
use super::session::logging;
use crate::clock::{FastClock, SharedClock};
use crate::lifecycle::Lifecycle;
use crate::postgres::{Binaries, Cluster, Durability};
use crate::settings::LogFormat;
use crate::simulator::{Scenario, ScenarioRun, Simulator, SimulatorConfig};
use files::DemoFiles;

/// How many subscribers the demo's register has.
const REGISTER_SIZE: usize = 400;

/// See port-outs decided, with nothing prepared.
///
/// Starts a Postgres of its own, a simulated Telnyx, and the service in enforce mode with starter rules and a made-up
/// register; prints each decision as it is made. Ctrl-C stops everything and removes all it made.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The same seed plays the same orders.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Orders in a minute of yours.
    #[arg(long, default_value_t = 20.0)]
    rate: f64,
    /// How many times faster than yours the demo's clock runs.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    speed: u32,
    /// Stop by itself after so many decisions.
    #[arg(long, value_name = "N")]
    decisions: Option<usize>,
}

pub(crate) fn run(args: &Args) -> Ending {
    logging::start_quiet(LogFormat::Text);
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let lifecycle = Lifecycle::new();
    // Before anything starts: until then a signal ends the process without a drain.
    let stopped = {
        let _context = runtime.enter();
        lifecycle
            .listen_for_stop()
            .context("listening for SIGTERM and SIGINT")?
    };
    eprintln!("Starting a Postgres, a simulated Telnyx, and the service …");
    let binaries = Binaries::find().map_err(Failure::away)?;
    let cluster = Cluster::start(&binaries, Durability::Fast).map_err(Failure::away)?;
    let played = runtime.block_on(play(args, &cluster, &lifecycle, stopped));
    // Nothing may still talk to Postgres when it is taken away.
    drop(runtime);
    cluster.stop().map_err(Failure::not_good)?;
    eprintln!("\nStopped; everything the demo made is removed.");
    played
}

/// Starts everything and prints decisions, until `stopped` or until enough were printed.
async fn play(
    args: &Args,
    cluster: &Cluster,
    lifecycle: &Lifecycle,
    stopped: impl Future<Output = ()>,
) -> Ending {
    let mut stopped = pin!(stopped);
    let started = tokio::select! {
        biased;
        () = stopped.as_mut() => None,
        started = Box::pin(start(args, cluster, lifecycle)) => Some(started),
    };
    let Some(started) = started else {
        lifecycle.drain().await;
        return Ok(ExitCode::SUCCESS);
    };
    let (stage, running) = started?;
    let ended = ticker::run(&running.engine.pool, args.decisions, stopped, &stage).await;
    lifecycle.drain().await;
    running.close().await;
    ended.map(|()| ExitCode::SUCCESS)
}

/// Starts the simulated Telnyx, its orders, and the service.
async fn start(
    args: &Args,
    cluster: &Cluster,
    lifecycle: &Lifecycle,
) -> Result<(DemoFiles, Running), Failure> {
    let clock: SharedClock = Arc::new(FastClock::starting_now(args.speed));
    let telnyx = simulator(args, lifecycle, clock.clone()).await?;
    let stage = DemoFiles::set(cluster, &telnyx, args.seed, REGISTER_SIZE)?;
    let parts = App::assemble(stage.settings(), true, clock.clone(), lifecycle).await?;
    stage.import_register(&parts, &*clock).await?;
    let running = Box::pin(Running::start(parts, lifecycle)).await?;
    let public = running
        .public_address
        .ok_or_else(|| anyhow!("the demo takes webhooks, but no listener is up"))?;
    telnyx.set_webhook_url(Some(format!("http://{public}/webhooks/telnyx")));
    telnyx.play(ScenarioRun {
        scenes: Scenario::all().collect(),
        // The simulator counts in minutes of its own, faster clock.
        orders_per_minute: args.rate / f64::from(args.speed),
        orders: None,
        register_size: REGISTER_SIZE,
    });
    stage.introduce(running.admin_address);
    Ok((stage, running))
}

async fn simulator(args: &Args, lifecycle: &Lifecycle, clock: SharedClock) -> Result<Simulator, Failure> {
    let config = SimulatorConfig {
        seed: args.seed,
        ..SimulatorConfig::new(clock)
    };
    Simulator::start(config, lifecycle.tracker(), lifecycle.stop().clone())
        .await
        .map_err(Failure::not_good)
}
