//! What one webhook costs, measured in one run on one machine, each contestant in a process of its own:
//!
//! - `service`: verify, store, wake the order, answer after the commit: what `portoutd serve` does;
//! - `verify-only`: the same listener, verifying and answering without storing;
//! - `one-insert`: the same, with one INSERT a request;
//! - `postgres`: one-row INSERTs straight into Postgres, without HTTP.
//!
//! CPU time is the measure: it holds on a machine that does other things as well, rates do not.
//!
//! `cargo bench --bench ingest` brings its own Postgres, on disk and with fsync.

mod cpu;
mod database;
mod load;
mod report;
mod server;
mod webhook;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    role: Option<Role>,
    /// Requests of one measurement.
    #[arg(long, default_value_t = 40_000)]
    requests: u32,
    /// Measurements of each contestant; the median is shown.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Sockets of the load generator.
    #[arg(long, default_value_t = 128)]
    connections: u32,
    /// Use this Postgres instead of one of its own: on this machine, and allowed to create databases.
    #[arg(long)]
    postgres: Option<String>,
    /// What `cargo bench` passes.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What a process started by this one does.
#[derive(Debug, Subcommand)]
#[command(hide = true)]
enum Role {
    /// Be one of the contestants.
    Serve { contestant: server::Contestant },
    /// Send webhooks.
    Load(load::Plan),
    /// Write rows.
    Rows(load::Rows),
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    match args.role {
        Some(Role::Serve { contestant }) => server::run(contestant),
        Some(Role::Load(plan)) => load::send(&plan),
        Some(Role::Rows(rows)) => load::write_rows(&rows),
        None => report::run(&args),
    }
}
