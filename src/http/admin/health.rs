//! The pages that are served from the start: liveness, readiness and metrics.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;

use super::Readiness;
use crate::http::answer;
use crate::http::problem::ErrorCode;
use crate::http::startup::Startup;

/// The data of these pages.
#[derive(Debug, Clone)]
pub struct Health {
    /// What has to be ready.
    pub readiness: Readiness,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
}

impl Health {
    /// Returns the admin pages while the service starts: these, and 503 for every other call.
    pub fn starting_pages(self, startup: Startup) -> Router {
        let others = Router::new().fallback(put_off).with_state(startup);
        others.merge(self.router())
    }

    pub(super) fn router(self) -> Router {
        Router::new()
            .route("/livez", get(livez))
            .route("/readyz", get(readyz))
            .route("/metrics", get(metrics_page))
            .with_state(self)
    }
}

async fn put_off(State(startup): State<Startup>) -> Response {
    let sentence = startup.sentence();
    answer::own_trouble(ErrorCode::Starting, &sentence, &sentence)
}

async fn livez() -> &'static str {
    "alive\n"
}

async fn readyz(State(health): State<Health>, RawQuery(query): RawQuery) -> Response {
    let status = if health.readiness.is_ready() {
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
        health.readiness.report()
    } else {
        health.readiness.summary().to_owned()
    };
    (status, body).into_response()
}

async fn metrics_page(State(health): State<Health>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    health.readiness.measure_tasks();
    (kind, health.metrics.render()).into_response()
}
