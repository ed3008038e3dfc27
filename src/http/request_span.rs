//! The span that adds the request to every log line inside it, and the request's ID.

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::Response;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::clock;

tokio::task_local! {
    static REQUEST_ID: Uuid;
}

/// Wraps each request to these pages in a span.
pub(super) fn in_spans(router: Router) -> Router {
    router.layer(middleware::from_fn(in_span))
}

/// Returns the ID of the current request, or a new ID outside of a request.
pub(super) fn request_id() -> Uuid {
    REQUEST_ID.try_with(|id| *id).unwrap_or_else(|_| clock::new_id())
}

/// Logs only values that the service itself defines. Anybody can choose the path, the query and an unknown method, and
/// they may contain a PIN. The span has the error level, so that no filter removes it from a line that it lets through.
async fn in_span(request: Request, next: Next) -> Response {
    let id = clock::new_id();
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("none", MatchedPath::as_str);
    let method = method_name(request.method());
    let span = tracing::error_span!("request", request.id = %id, http.method = method, http.route = route);
    REQUEST_ID.scope(id, next.run(request)).instrument(span).await
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::sync::Mutex;

    use axum::body::Body;
    use axum::routing::get;
    use hyper::service::Service as _;
    use serde_json::Value;

    use super::*;
    use crate::http::Pages;
    use crate::http::answer::own_trouble;
    use crate::http::problem::ErrorCode;

    async fn trouble() -> Response {
        own_trouble(ErrorCode::TryAgain, "try again", &"the database is unavailable")
    }

    #[tokio::test]
    async fn a_503_has_the_request_id_of_its_log_lines_and_they_have_the_route_not_the_path() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let writer = Mutex::new(File::create(file.path()).unwrap());
        let lines = tracing_subscriber::fmt().json().with_writer(writer).finish();
        let guard = tracing::subscriber::set_default(lines);
        let pages = Pages::from(Router::new().route("/of/{account}", get(trouble)));
        let request = axum::http::Request::get("/of/471147?pin=471147").body(Body::empty());
        let response = pages.call(request.unwrap()).await.unwrap();
        drop(guard);
        let logged = std::fs::read_to_string(file.path()).unwrap();
        assert!(!logged.contains("471147"), "{logged}");
        let line: Value = serde_json::from_str(&logged).unwrap();
        let id = response.headers()["x-request-id"].to_str().unwrap();
        assert_eq!(line["span"]["request.id"], id);
        assert_eq!(line["span"]["http.method"], "GET");
        assert_eq!(line["span"]["http.route"], "/of/{account}");
    }
}
