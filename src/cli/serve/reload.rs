//! Reads the rules and the candidate again on SIGHUP.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::{AskedBy, Engine};
use crate::lifecycle::{self, Lifecycle};

/// How long a reload may take before the task that runs it counts as stalled.
const PATIENCE: Duration = Duration::from_mins(2);

/// Starts listening for SIGHUP.
pub(super) fn on_hangup(engine: &Arc<Engine>, lifecycle: &Lifecycle) -> std::io::Result<()> {
    let engine = engine.clone();
    let mut hangups = lifecycle::hangups()?;
    let stop = lifecycle.stop().clone();
    lifecycle.spawn("SIGHUP listener", PATIENCE, |heartbeat| async move {
        let mut next = async || {
            stop.run_until_cancelled(heartbeat.while_waiting(hangups.recv()))
                .await
        };
        while let Some(Some(())) = next().await {
            // The result is logged. A stop does not wait for files that cannot be read.
            let reload = engine.reload_and_report(AskedBy::Machine("SIGHUP"));
            let _ = stop.run_until_cancelled(Box::pin(reload)).await;
        }
    });
    Ok(())
}
