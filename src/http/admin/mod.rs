//! The admin listener's pages: is it alive, is it ready, its numbers, and new rules.

mod asking;
mod readiness;
mod rules;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::task::TaskTracker;

pub use asking::Asking;
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
        Router::new()
            .route("/livez", get(livez))
            .route("/readyz", get(readyz))
            .route("/metrics", get(metrics_page))
            .route("/reload", post(rules::reload))
            .route("/rules/approve", post(rules::approve))
            .with_state(self)
    }
}

async fn livez() -> &'static str {
    "alive\n"
}

async fn readyz(State(admin): State<Admin>, RawQuery(query): RawQuery) -> Response {
    let status = if admin.readiness.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let verbose = query.is_some_and(|query| {
        query
            .split('&')
            .any(|one| one.split('=').next() == Some("verbose"))
    });
    let body = if verbose {
        admin.readiness.report()
    } else {
        admin.readiness.summary().to_owned()
    };
    (status, body).into_response()
}

async fn metrics_page(State(admin): State<Admin>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    admin.readiness.measure_tasks();
    (kind, admin.metrics.render()).into_response()
}
