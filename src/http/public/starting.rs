//! The public pages while the service starts. Nothing can be stored yet, so Telnyx is asked to send each webhook again.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use tokio::time::timeout;

use super::state::BODY_TIMEOUT;
use super::{no_such_page, not_a_post, signed_event};
use crate::http::answer;
use crate::http::problem::ErrorCode;
use crate::http::startup::Startup;

/// Returns pages that answer every webhook with 503 and `Retry-After`. The counters register with the metrics recorder
/// that is installed when this is called.
pub fn starting_pages(startup: Startup) -> Router {
    Router::new()
        .route("/webhooks/telnyx", post(put_off))
        .route("/webhooks/telnyx/{account}", post(put_off))
        .method_not_allowed_fallback(not_a_post)
        .fallback(no_such_page)
        .with_state(startup)
}

async fn put_off(State(startup): State<Startup>, request: Request) -> Response {
    metrics::counter!("portoutd_webhooks_total", "outcome" => "starting").increment(1);
    // An unread body resets the connection, and the sender may never read the response.
    let _ = timeout(BODY_TIMEOUT, signed_event::drop_rest(request.into_body())).await;
    let message = "the service is starting. Send the event again";
    answer::own_trouble(ErrorCode::TryAgain, message, &startup.sentence())
}
