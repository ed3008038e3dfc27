//! The recorder behind `/metrics`: which histograms have which buckets, and what each number means.

use std::time::Duration;

use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Seconds; the last bound below Telnyx's patience of two seconds shows what came close to it.
const LATENCY_BUCKETS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.75, 5.0,
];
const BATCH_BUCKETS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

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

/// Installs the recorder for the whole process. Whatever counts must be built after this.
///
/// # Errors
/// When another recorder is installed already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let recorder = recorder()?;
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(BuildError::FailedToSetGlobalRecorder)?;
    describe();
    Ok(handle)
}

/// Folds what histograms gathered until stopped; without it they grow while nobody reads `/metrics`.
pub async fn upkeep(handle: PrometheusHandle, stop: CancellationToken) {
    while timeout(UPKEEP_INTERVAL, stop.cancelled()).await.is_err() {
        handle.run_upkeep();
    }
}

fn describe() {
    metrics::describe_counter!("portoutd_webhooks_total", "Webhooks by how they were answered");
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
        "portoutd_pin_key_differs",
        "1 while the PINs on file are stored under another key than the one of this process"
    );
    metrics::describe_gauge!("portoutd_http_connections", "Open sockets by listener");
}
