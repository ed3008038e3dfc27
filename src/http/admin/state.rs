//! What the admin pages work with.

use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::task::TaskTracker;

use super::desk::Desk;
use super::readiness::Readiness;

/// What the admin pages work with.
#[derive(Debug, Clone)]
pub struct Admin {
    /// What has to be ready.
    pub readiness: Readiness,
    /// Where the numbers are rendered.
    pub metrics: PrometheusHandle,
    /// Puts edited rules in force.
    pub rules: Desk,
    /// Where work runs that must not end when a client hangs up.
    pub tracker: TaskTracker,
}
