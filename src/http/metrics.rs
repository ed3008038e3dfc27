//! The recorder behind `/metrics`: which histograms have which buckets, and what each number means.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::lifecycle::Heartbeat;

/// Seconds; the last bound below Telnyx's patience of two seconds shows what came close to it.
const LATENCY_BUCKETS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.75, 5.0,
];
const BATCH_BUCKETS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

static INSTALLED: Mutex<Option<PrometheusHandle>> = Mutex::new(None);

/// A recorder with our buckets, not installed.
///
/// # Errors
/// Never with the buckets above, which are not empty.
pub fn recorder() -> Result<PrometheusRecorder, BuildError> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), LATENCY_BUCKETS)?
        .set_buckets_for_metric(
            Matcher::Full("portoutd_ingest_batch_events".to_owned()),
            BATCH_BUCKETS,
        )?;
    Ok(builder.build_recorder())
}

/// Installs the recorder for the whole process, once. Whatever counts must be built after this.
///
/// # Errors
/// When another program part has installed a recorder of its own.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*installed {
        return Ok(handle.clone());
    }
    let recorder = recorder()?;
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(BuildError::FailedToSetGlobalRecorder)?;
    describe();
    *installed = Some(handle.clone());
    Ok(handle)
}

/// Folds what histograms gathered until stopped; without it they grow while nobody reads `/metrics`.
pub async fn upkeep(handle: PrometheusHandle, stop: CancellationToken, heartbeat: Heartbeat) {
    while timeout(UPKEEP_INTERVAL, stop.cancelled()).await.is_err() {
        heartbeat.beat();
        handle.run_upkeep();
    }
}

fn describe() {
    metrics::describe_counter!(
        "portoutd_webhooks_total",
        "Webhooks by how they were answered; `unknown-account`: the path names no configured account"
    );
    metrics::describe_counter!(
        "portoutd_webhooks_odd_total",
        "Kept webhooks that were late or unparsable"
    );
    metrics::describe_histogram!("portoutd_webhook_seconds", "From a webhook's head to its commit");
    metrics::describe_gauge!(
        "portoutd_webhook_signature_alarm",
        "1 while every signature of an account fails: look at its public key"
    );
    metrics::describe_gauge!("portoutd_ingest_waiting_events", "Events that wait to be written");
    metrics::describe_histogram!("portoutd_ingest_batch_events", "Events written by one statement");
    metrics::describe_counter!(
        "portoutd_ingest_refused_events_total",
        "Events that the database refused"
    );
    metrics::describe_gauge!(
        "portoutd_database_password_refused",
        "1 while Postgres refuses the user or the password of a new connection"
    );
    metrics::describe_gauge!(
        "portoutd_clock_skew_seconds",
        "How far this host's clock is ahead of Telnyx's or the database's; negative if behind"
    );
    metrics::describe_gauge!(
        "portoutd_pin_key_differs",
        "1 while the PINs on file are stored under another key than the one of this process"
    );
    metrics::describe_gauge!("portoutd_http_connections", "Open sockets by listener");
    metrics::describe_counter!(
        "portoutd_http_evicted_total",
        "Sockets closed before they sent a whole request, by listener and reason"
    );
    metrics::describe_gauge!(
        "portoutd_task_heartbeat_age_seconds",
        "Time since each long task last showed progress"
    );
    metrics::describe_gauge!(
        "portoutd_task_healthy",
        "1 while a long task runs and makes progress, else 0"
    );
    metrics::describe_counter!("portoutd_panics_total", "Panics that were survived, by task");
    metrics::describe_gauge!(
        "portoutd_rule_files_unread",
        "1 while the rule files on disk are not those that were read: nothing is authorized by the rules"
    );
    metrics::describe_counter!(
        "portoutd_authorizations_withheld_total",
        "Authorizations put off because the rule files on disk were not read yet"
    );
    describe_orders();
    describe_polling();
}

fn describe_orders() {
    metrics::describe_counter!(
        "portoutd_alarms_total",
        "Alarms raised, by kind: each asks a person to look at the log"
    );
    metrics::describe_counter!(
        "portoutd_episodes_opened_total",
        "Times that an order was found pending after it was new or had left pending"
    );
    metrics::describe_counter!(
        "portoutd_decisions_total",
        "Recorded decisions, by action, by who decided, and by mode"
    );
    metrics::describe_counter!(
        "portoutd_attempts_total",
        "Attempts to send an answer to Telnyx, by outcome"
    );
    metrics::describe_counter!(
        "portoutd_answers_verified_total",
        "Sent answers that a later read at Telnyx confirmed"
    );
    metrics::describe_counter!(
        "portoutd_reloads_total",
        "Reloads of the rules, by outcome: `ok`, `waits` for approval, or `refused`"
    );
    metrics::describe_gauge!(
        "portoutd_rule_set_in_force",
        "1 for the rule set in effect, 0 for those it replaced since the start"
    );
    metrics::describe_gauge!(
        "portoutd_candidate_refused",
        "1 while the shadow candidate on disk is refused"
    );
}

fn describe_polling() {
    metrics::describe_counter!("portoutd_polls_total", "Polls of an account, by outcome");
    metrics::describe_gauge!(
        "portoutd_pending_orders",
        "Pending orders that the last complete poll of an account listed"
    );
    metrics::describe_gauge!(
        "portoutd_last_poll_timestamp_seconds",
        "Unix time at which the pending orders of an account were last listed to the end; 0 before the first time"
    );
    metrics::describe_gauge!(
        "portoutd_poll_failures_in_a_row",
        "Polls of an account that failed since the last that succeeded"
    );
    metrics::describe_counter!(
        "portoutd_short_lists_total",
        "Lists at Telnyx that ended with fewer elements than promised"
    );
    metrics::describe_counter!(
        "portoutd_endless_lists_total",
        "Lists at Telnyx that did not end within their bounds"
    );
    metrics::describe_counter!(
        "portoutd_list_elements_skipped_total",
        "Elements of lists at Telnyx that could not be read even alone"
    );
}
