//! The public pages while the service starts: nothing can be stored yet, so each webhook is asked for again.

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

/// Pages that answer every webhook with 503 and `Retry-After`. Counters belong to the metrics recorder that is installed by
/// now.
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
    // With a body that nobody reads the connection is reset, and the sender may never read the answer.
    let _ = timeout(BODY_TIMEOUT, signed_event::drop_rest(request.into_body())).await;
    let message = "the service is starting. Send the event again";
    answer::own_trouble(ErrorCode::TryAgain, message, &startup.sentence())
}
