//! The real binary as other people run it: in processes of its own, over sockets, signals, files and exit codes.

mod network;
mod program;
mod pty;
mod service;
mod site;
mod stand_in;

mod backtesting;
mod checking;
mod database;
mod demo;
mod differing;
mod documents;
mod formatting;
mod handbook;
mod hostile_text;
mod importing;
mod interrupted;
mod killing;
mod listing;
mod notifying;
mod older_rows;
mod outages;
mod people;
mod proofs;
mod refusals;
mod reloading;
mod rule_files;
mod rule_versions;
mod serving;
#[cfg(target_os = "linux")]
mod silent_ping;
mod starting;
mod stopping;
mod terminal;

use std::time::{Duration, Instant};

use crate::test_service::short_pause;

pub(crate) use site::{Site, strange_order};

/// How long anything may take before a test gives up.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Looks again and again, for a bounded time: other processes tell nobody when they are done.
pub(crate) async fn soon(what: &str, holds: impl AsyncFnMut() -> bool) {
    within(TIMEOUT, what, holds).await;
}

/// As [`soon`], for what takes longer or has to be quicker.
async fn within(patience: Duration, what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let since = Instant::now();
    while !holds().await {
        assert!(since.elapsed() < patience, "not so after {patience:?}: {what}");
        short_pause().await;
    }
}
