//! `portoutd demo`: the complete service against a simulated Telnyx, without any setup.

mod files;
mod ticker;

use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow};

use super::failure::{Ending, Failure};
use super::serve::{App, Running};
use super::session::logging;
use super::terminal::output::message;
use crate::clock::{FastClock, SharedClock};
use crate::lifecycle::Lifecycle;
use crate::postgres::{Binaries, Cluster, Durability};
use crate::settings::LogFormat;
use crate::simulator::{Scenario, ScenarioRun, Simulator, SimulatorConfig};
use files::DemoFiles;

/// The number of subscribers in the demo's register.
const REGISTER_SIZE: usize = 400;

/// Run a demo that needs no setup
///
/// Starts its own Postgres, a simulated Telnyx, and the service in enforce mode with starter rules and an invented
/// register. Prints each decision as it is made. Ctrl-C stops the demo and removes everything it created.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The seed: the same seed creates the same orders.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Orders per minute of real time.
    #[arg(long, default_value_t = 20.0)]
    rate: f64,
    /// The speed of the demo's clock, as a multiple of real time.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    speed: u32,
    /// Stop after N decisions.
    #[arg(long, value_name = "N")]
    decisions: Option<usize>,
}

pub(crate) fn run(args: &Args) -> Ending {
    logging::start_quiet(LogFormat::Text);
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let lifecycle = Lifecycle::new();
    // Before anything starts, because until then a signal ends the process without a drain.
    let stopped = {
        let _context = runtime.enter();
        lifecycle
            .listen_for_stop()
            .context("listening for SIGTERM and SIGINT")?
    };
    message!("Starting a Postgres, a simulated Telnyx, and the service …");
    let binaries = Binaries::find().map_err(Failure::away)?;
    let cluster = Cluster::start(&binaries, Durability::Fast).map_err(Failure::away)?;
    let played = runtime.block_on(play(args, &cluster, &lifecycle, stopped));
    // Nothing may still use Postgres when it stops.
    drop(runtime);
    cluster.stop().map_err(Failure::not_good)?;
    message!("\nStopped. Everything the demo created is removed.");
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
    let (files, running) = started?;
    let ended = ticker::run(&running.engine.pool, args.decisions, stopped, &files).await;
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
    let files = DemoFiles::set(cluster, &telnyx, args.seed, REGISTER_SIZE)?;
    let parts = App::assemble(files.settings(), true, clock.clone(), lifecycle).await?;
    files.import_register(&parts, &*clock).await?;
    let running = Box::pin(Running::start(parts, lifecycle)).await?;
    let public = running
        .public_address
        .ok_or_else(|| anyhow!("the demo needs webhooks, but no listener is open"))?;
    telnyx.set_webhook_url(Some(format!("http://{public}/webhooks/telnyx")));
    telnyx.play(ScenarioRun {
        scenes: Scenario::all().collect(),
        // The simulator's clock runs faster, and the rate counts its minutes.
        orders_per_minute: args.rate / f64::from(args.speed),
        orders: None,
        register_size: REGISTER_SIZE,
    });
    files.introduce(running.admin_address);
    Ok((files, running))
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
