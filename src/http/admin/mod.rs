//! The admin listener's pages: is it alive, is it ready, its numbers, and new rules.

mod asking;
mod health;
mod readiness;
mod rules;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::post;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::task::TaskTracker;

pub use asking::Asking;
pub use health::Health;
pub use readiness::{Part, Readiness};
pub use rules::{ApproveAnswer, Desk, ReloadAnswer};

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

impl Admin {
    /// The pages; other rooms merge theirs into the router.
    pub fn router(self) -> Router {
        let health = Health {
            readiness: self.readiness.clone(),
            metrics: self.metrics.clone(),
        };
        Router::new()
            .route("/reload", post(rules::reload))
            .route("/rules/approve", post(rules::approve))
            .with_state(self)
            .merge(health.router())
    }
}
