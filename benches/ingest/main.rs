//! Measures the cost of one webhook, in one run on one machine, with each contestant in its own process:
//!
//! - `service`: verify, store, wake the order, respond after the commit, as `portoutd serve` does;
//! - `verify-only`: the same listener, which verifies and responds without storing;
//! - `one-insert`: the same, with one INSERT per request;
//! - `postgres`: one-row INSERTs directly into Postgres, without HTTP.
//!
//! CPU time is measured, because unlike rates it is comparable on a machine that does other work too.
//!
//! `cargo bench --bench ingest` starts its own Postgres, on disk and with fsync.

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
    /// Requests per measurement.
    #[arg(long, default_value_t = 40_000)]
    requests: u32,
    /// Measurements per contestant. The median is shown.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Sockets of the load generator.
    #[arg(long, default_value_t = 128)]
    connections: u32,
    /// Use this Postgres instead of a temporary one. It must be on this machine and allow creating databases.
    #[arg(long)]
    postgres: Option<String>,
    /// The argument that `cargo bench` passes.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The role of a child process.
#[derive(Debug, Subcommand)]
#[command(hide = true)]
enum Role {
    /// Run one of the contestants.
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
