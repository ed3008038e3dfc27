//! The metrics recorder: the buckets of the histograms and the description of each metric.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::lifecycle::Heartbeat;

/// The buckets of durations, in seconds. The last bound below Telnyx's timeout of two seconds shows which durations
/// came close to it.
const LATENCY_BUCKETS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.75, 5.0,
];
const BATCH_BUCKETS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

static INSTALLED: Mutex<Option<PrometheusHandle>> = Mutex::new(None);

/// Creates a recorder with our buckets, without installing it.
///
/// # Errors
/// Never fails with the buckets above, which are not empty.
pub fn recorder() -> Result<PrometheusRecorder, BuildError> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), LATENCY_BUCKETS)?
        .set_buckets_for_metric(
            Matcher::Full("portoutd_ingest_batch_events".to_owned()),
            BATCH_BUCKETS,
        )?;
    Ok(builder.build_recorder())
}

/// Installs the recorder for the process, once. Create everything that counts after this call.
///
/// # Errors
/// Another recorder is installed already.
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

/// Aggregates the histograms until the service stops. Without this they grow while nobody reads `/metrics`.
pub async fn upkeep(handle: PrometheusHandle, stop: CancellationToken, heartbeat: Heartbeat) {
    while timeout(UPKEEP_INTERVAL, stop.cancelled()).await.is_err() {
        heartbeat.beat();
        handle.run_upkeep();
    }
}

fn describe() {
    metrics::describe_counter!(
        "portoutd_webhooks_total",
        "Webhooks, by outcome; `unknown-account`: the path contains an account that is not configured"
    );
    metrics::describe_counter!(
        "portoutd_webhooks_odd_total",
        "Stored webhooks that were late or could not be parsed"
    );
    metrics::describe_histogram!(
        "portoutd_webhook_seconds",
        "Time from the head of a webhook to the commit of its event"
    );
    metrics::describe_gauge!(
        "portoutd_webhook_signature_alarm",
        "1 while every webhook signature of an account is invalid: check its public key"
    );
    metrics::describe_gauge!("portoutd_ingest_waiting_events", "Events waiting to be stored");
    metrics::describe_histogram!("portoutd_ingest_batch_events", "Events stored by one statement");
    metrics::describe_counter!(
        "portoutd_ingest_refused_events_total",
        "Events that the database refused"
    );
    metrics::describe_gauge!(
        "portoutd_database_password_refused",
        "1 while Postgres refuses the user or password of new connections"
    );
    metrics::describe_gauge!(
        "portoutd_clock_skew_seconds",
        "How far the host's clock is ahead of Telnyx's or the database's; negative if it is behind"
    );
    metrics::describe_gauge!(
        "portoutd_pin_key_differs",
        "1 while the PINs on file are stored under a different key from the one this process has"
    );
    metrics::describe_gauge!("portoutd_http_connections", "Open connections, by listener");
    metrics::describe_counter!(
        "portoutd_http_evicted_total",
        "Connections closed before they sent a complete request, by listener and reason"
    );
    describe_process();
    describe_orders();
    describe_polling();
}

fn describe_process() {
    metrics::describe_gauge!(
        "portoutd_task_heartbeat_age_seconds",
        "Time since each long task last showed progress"
    );
    metrics::describe_gauge!(
        "portoutd_task_healthy",
        "1 while a long task runs and makes progress, else 0"
    );
    metrics::describe_counter!(
        "portoutd_panics_total",
        "Panics after which the task continued, by task"
    );
    metrics::describe_gauge!(
        "portoutd_rule_files_unread",
        "1 while the rule files on disk differ from those that were read: the rules authorize no order"
    );
    metrics::describe_counter!(
        "portoutd_authorizations_withheld_total",
        "Authorizations withheld because the rule files on disk had not been read yet"
    );
}

fn describe_orders() {
    metrics::describe_counter!(
        "portoutd_alarms_total",
        "Alarms raised, by kind; the log has the details"
    );
    metrics::describe_counter!(
        "portoutd_episodes_opened_total",
        "Episodes opened: an order was found pending for the first time or again"
    );
    metrics::describe_counter!(
        "portoutd_decisions_total",
        "Recorded decisions, by action, decider and mode"
    );
    metrics::describe_counter!(
        "portoutd_attempts_total",
        "Attempts to send an answer to Telnyx, by outcome"
    );
    metrics::describe_counter!(
        "portoutd_answers_verified_total",
        "Sent answers that a later read from Telnyx confirmed"
    );
    metrics::describe_counter!(
        "portoutd_reloads_total",
        "Reloads of the rules, by outcome: `ok`, `waits` (for approval) or `refused`"
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
        "Pending orders in the last complete poll of an account"
    );
    metrics::describe_gauge!(
        "portoutd_last_poll_timestamp_seconds",
        "Unix time of the last complete poll of an account; 0 before the first one"
    );
    metrics::describe_gauge!(
        "portoutd_poll_failures_in_a_row",
        "Polls of an account that failed since the last successful one"
    );
    metrics::describe_counter!(
        "portoutd_short_lists_total",
        "Lists from Telnyx that ended with fewer elements than announced"
    );
    metrics::describe_counter!(
        "portoutd_endless_lists_total",
        "Lists from Telnyx that did not end within their bounds"
    );
    metrics::describe_counter!(
        "portoutd_list_elements_skipped_total",
        "Elements of lists from Telnyx that could not be read, even one at a time"
    );
}
