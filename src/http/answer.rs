//! Responses that both listeners build.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::{ErrorBody, ErrorCode, Problem};
use super::request_span::request_id;

/// The header with the ID of a request that failed through the service's fault.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Builds a response that says what the client did wrong: `{"error": {"code", "message"}}`.
pub(super) fn problem(code: ErrorCode, message: &str) -> Response {
    let error = Problem {
        code,
        message: message.to_owned(),
        request_id: None,
    };
    json(code.status(), &ErrorBody { error })
}

/// Builds a 503 for the service's own failure. It says when to try again and contains an ID to find the cause in the
/// log, but never the cause itself.
pub(super) fn own_trouble(code: ErrorCode, message: &str, cause: &dyn std::fmt::Display) -> Response {
    let id = request_id().to_string();
    tracing::warn!(cause = %cause, "Answered a request with 503");
    let header_id = HeaderValue::from_str(&id);
    let error = Problem {
        code,
        message: message.to_owned(),
        request_id: Some(id),
    };
    let mut response = json(code.status(), &ErrorBody { error });
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    if let Ok(id) = header_id {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// Builds a JSON response with a status.
pub(super) fn json(status: StatusCode, body: &impl serde::Serialize) -> Response {
    (status, axum::Json(body)).into_response()
}
