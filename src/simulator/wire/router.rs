//! The routes of the API and of the control surface. axum finds what answers a request; what has to break a connection
//! or a body is left to hyper below it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{Path, RawPathParams, Request};
use axum::response::Response;
use axum::routing::{any, on};

use super::exchange::{BrokenOff, Outgoing, control, exchange};
use crate::simulator::Shared;
use crate::simulator::routes::{ENDPOINTS, Endpoint, UNKNOWN};

/// All that the simulator answers.
pub(super) fn router(shared: &Arc<Shared>) -> Router {
    let api = |endpoint: Endpoint| {
        let shared = Arc::clone(shared);
        move |path: Result<RawPathParams, RawPathParamsRejection>, request: Request| {
            let shared = Arc::clone(&shared);
            let owned = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
            // What no route matches has no parameters.
            let parameters: Vec<(String, String)> = path.iter().flatten().map(owned).collect();
            async move { answered(exchange(&shared, endpoint, parameters, request).await) }
        }
    };
    let mut router = Router::new().route(UNKNOWN.path, any(api(UNKNOWN)));
    for endpoint in ENDPOINTS {
        router = router.route(endpoint.path, on(endpoint.method, api(endpoint)));
    }
    let of_control = Arc::clone(shared);
    let control = move |Path(path): Path<String>, request: Request| {
        let shared = Arc::clone(&of_control);
        async move { answered(control(&shared, &path, request).await) }
    };
    router
        .route("/_simulator/{*path}", any(control))
        .fallback(api(UNKNOWN))
        .method_not_allowed_fallback(api(UNKNOWN))
}

/// axum has no answer that breaks a connection off, so that one is marked for [`unmarked`].
fn answered(outgoing: Result<Outgoing, BrokenOff>) -> Response {
    match outgoing {
        Ok(outgoing) => outgoing.map(Body::new),
        Err(broken_off) => {
            let mut marked = Response::new(Body::empty());
            marked.extensions_mut().insert(broken_off);
            marked
        }
    }
}

/// Breaks the connection off where the answer is marked so.
pub(super) fn unmarked(response: Response) -> Result<Response, BrokenOff> {
    match response.extensions().get::<BrokenOff>() {
        Some(broken_off) => Err(*broken_off),
        None => Ok(response),
    }
}
