//! The public listener's pages: `POST /webhooks/telnyx` for the default account, `POST /webhooks/telnyx/{account}` for any.
//!
//! | response | when |
//! |---|---|
//! | 200 | the event is committed, now or before, including unparsable and late events with a valid signature |
//! | 401 | the signature is missing, malformed or wrong |
//! | 404 | the account is not configured, or the path is not served |
//! | 405 | not a POST |
//! | 408 | the body did not arrive in time |
//! | 413 | the body is larger than 64 KiB |
//! | 503 with `Retry-After` | the service cannot store the event now: the queue is full, the database is unavailable or refuses the event, or the service is starting or stopping |
//!
//! [`ErrorCode`] lists the codes in the bodies of these responses.
//!
//! Once the body has arrived, the response follows within 1.5 seconds regardless of the database.
//!
//! INVARIANT: 200 is returned only after the commit.

mod refusal;
mod signature_watch;
mod signed_event;
mod starting;
mod state;
#[cfg(test)]
mod tests;
mod webhook_metrics;

pub use state::Public;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use super::answer;
use super::problem::ErrorCode;
use refusal::Refusal;
use signed_event::SignedEvent;

pub use starting::starting_pages;

impl Public {
    /// Returns the pages.
    pub fn router(self) -> Router {
        Router::new()
            .route("/webhooks/telnyx", post(receive))
            .route("/webhooks/telnyx/{account}", post(receive))
            .method_not_allowed_fallback(not_a_post)
            .fallback(no_such_page)
            .with_state(Arc::new(self))
    }
}

async fn receive(State(public): State<Arc<Public>>, signed: Result<SignedEvent, Refusal>) -> Response {
    let kept = match signed {
        Ok(signed) => signed.keep(&public).await,
        Err(refusal) => Err(refusal),
    };
    match kept {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refusal) => {
            public.tally.refused(&refusal);
            refusal.into_response()
        }
    }
}

async fn not_a_post() -> Response {
    answer::problem(
        ErrorCode::NotAPost,
        "the method is not POST. Send webhooks with POST",
    )
}

async fn no_such_page() -> Response {
    answer::problem(
        ErrorCode::NoSuchPage,
        "the path is not served. Send webhooks to /webhooks/telnyx",
    )
}
