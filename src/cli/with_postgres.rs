//! `portoutd with-postgres`.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus, Stdio};

use anyhow::{Context, anyhow};
use rustix::process::{Pid, Signal, kill_process_group};
use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection};
use tokio::process::{Child, Command};
use tokio::signal::unix::{self, SignalKind};

use super::failure::{Ending, Failure};
use crate::postgres::{Binaries, Cluster, DATABASE, Durability};

/// Run a command with a temporary Postgres
///
/// Starts its own Postgres (14 or newer, installed on this machine) on a Unix socket, runs the command with
/// `DATABASE_URL` set to an empty database, and exits with the command's exit code. Afterwards it removes everything it
/// created, and stops all processes that the command left in its process group. The command cannot read from the
/// terminal.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Store the data on disk with fsync, as in production, for benchmarks.
    #[arg(long)]
    durable: bool,
    /// First run the SQL migrations in this directory.
    #[arg(long, value_name = "DIRECTORY")]
    migrations: Option<PathBuf>,
    /// The command to run, after `--`.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(crate) fn run(args: &Args) -> Ending {
    let Args {
        durable,
        migrations,
        command,
    } = args;
    let durability = if *durable {
        Durability::Durable
    } else {
        Durability::Fast
    };
    let binaries = Binaries::find().map_err(Failure::away)?;
    let mut cluster = Cluster::start(&binaries, durability).map_err(Failure::away)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    let status = runtime.block_on(async {
        if let Some(directory) = migrations {
            migrate(&cluster.url(DATABASE), directory).await?;
        }
        run_with(&mut cluster, command).await
    });
    cluster.stop().map_err(Failure::not_good)?;
    status.map(exit_code)
}

/// Runs migrations from files, not those in this program, because it may be older than the files.
async fn migrate(url: &str, directory: &Path) -> anyhow::Result<()> {
    let failed = || format!("running the migrations of `{}`", directory.display());
    let migrations = Migrator::new(directory).await.with_context(failed)?;
    let mut database = PgConnection::connect(url).await.with_context(failed)?;
    migrations.run(&mut database).await.with_context(failed)
}

async fn run_with(cluster: &mut Cluster, command: &[OsString]) -> Result<ExitStatus, Failure> {
    // Before the command starts, so that a signal in between reaches it too.
    let mut signals = Signals::listen()?;
    let group = cluster.open_group().context("opening a process group")?;
    let mut child = spawn(command, &cluster.url(DATABASE), group)?;
    wait(&mut child, group, &mut signals).await
}

fn spawn(command: &[OsString], url: &str, group: i32) -> Result<Child, Failure> {
    let (program, arguments) = command.split_first().context("no command was given")?;
    let mut child = Command::new(program);
    child.args(arguments).process_group(group);
    // They would override the URL in every client that reads them.
    for (name, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
        if name != "PG_BINDIR" {
            child.env_remove(name);
        }
    }
    child.env("DATABASE_URL", url);
    if io::stdin().is_terminal() {
        // A background process group that reads from the terminal would be stopped forever.
        child.stdin(Stdio::null());
    }
    child.spawn().map_err(|error| {
        let program = program.display();
        Failure::usage(anyhow!(error).context(format!(
            "cannot run `{program}`. Check that it is in PATH and executable"
        )))
    })
}

/// Waits until the command ends, and forwards signals to its process group.
async fn wait(child: &mut Child, group: i32, signals: &mut Signals) -> Result<ExitStatus, Failure> {
    let group = Pid::from_raw(group).context("the command has no process group")?;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(status.context("waiting for the command")?),
            signal = signals.next() => {
                // The group may have ended just now.
                let _ = kill_process_group(group, signal);
            }
        }
    }
}

/// The signals that request the end of a command.
struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hangup: unix::Signal,
}

impl Signals {
    fn listen() -> anyhow::Result<Self> {
        let listen = |kind| unix::signal(kind).context("listening for signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hangup.recv() => Signal::HUP,
        }
    }
}

/// The command's exit code, or 128 plus the signal's number if a signal ended it, as in shells.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
