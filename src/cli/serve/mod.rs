//! `portoutd serve`: the composition root.

mod app;
mod database_watch;
mod listeners;
mod reload;
mod running;
mod secrets;
mod supervise;
#[cfg(test)]
mod tests;

use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;

use super::config::SettingsArgs;
use super::failure::{Ending, Failure};
use super::session::logging;
use crate::clock::SystemClock;
use crate::lifecycle::{self, Lifecycle};
use crate::settings::Settings;

pub(crate) use app::{App, client};
pub(crate) use running::Running;
pub(crate) use secrets::ReadSecrets;

/// Run the service
///
/// Detects port-outs by webhook and by polling, evaluates them with the rules, answers them in `enforce` mode, and
/// records every step. Stops within ten seconds after SIGTERM. Reads the rules again on SIGHUP, on `portoutd reload`,
/// and when the file changes. Reads secrets in files again on SIGHUP, and when Telnyx or Postgres refuses them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Do not update the database schema, and refuse to start if it is outdated.
    #[arg(long)]
    no_migrate: bool,
}

pub(crate) fn run(args: &Args) -> Ending {
    let settings = args.settings.load()?;
    logging::start(settings.log_format);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    let file = args.settings.clone();
    let read_secrets: ReadSecrets = Arc::new(move || file.read()?.for_serve());
    let ended = runtime.block_on(serve(
        &settings,
        !args.no_migrate,
        read_secrets,
        &Lifecycle::new(),
    ));
    // A drop would wait for blocking tasks that read a file or resolve a name, however long that takes.
    runtime.shutdown_background();
    ended
}

async fn serve(
    settings: &Settings,
    migrate: bool,
    read_secrets: ReadSecrets,
    lifecycle: &Lifecycle,
) -> Ending {
    let lived = live(settings, migrate, read_secrets, lifecycle).await;
    let drained = lifecycle.drain().await;
    if let Some(running) = lived? {
        running.close().await;
    }
    tracing::info!(drained, "Stopped");
    match lifecycle.failure() {
        Some(failure) => Err(Failure::not_good(failure)),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// Starts and runs until a stop is requested. `None` if that happens during the start.
async fn live(
    settings: &Settings,
    migrate: bool,
    read_secrets: ReadSecrets,
    lifecycle: &Lifecycle,
) -> Result<Option<Running>, Failure> {
    // A SIGHUP before the service listens for it must not end the process.
    let _hangups = lifecycle::hangups().context("listening for SIGHUP")?;
    // One wait for the entire run, because a signal between two waits would be lost.
    let stopped = lifecycle.listen_for_stop();
    let mut stopped = pin!(stopped.context("listening for SIGTERM and SIGINT")?);
    let running = tokio::select! {
        biased;
        () = stopped.as_mut() => return Ok(None),
        started = Box::pin(start(settings, migrate, read_secrets, lifecycle)) => started?,
    };
    supervise::announce_ready();
    supervise::watch(&running.engine.clock, stopped, lifecycle).await;
    supervise::announce_stopping();
    Ok(Some(running))
}

async fn start(
    settings: &Settings,
    migrate: bool,
    read_secrets: ReadSecrets,
    lifecycle: &Lifecycle,
) -> Result<Running, Failure> {
    let parts = App::assemble(settings, migrate, Arc::new(SystemClock), lifecycle).await?;
    let running = Box::pin(Running::start(parts, lifecycle)).await?;
    let database_url = settings.database_url().map_err(Failure::config)?;
    running
        .keep_secrets_current(database_url.clone(), read_secrets, lifecycle)
        .context("listening for SIGHUP")?;
    Ok(running)
}
