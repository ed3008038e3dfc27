use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::request_span::request_id;

/// The header that carries the id of a request that failed through our fault.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[derive(serde::Serialize)]
struct Body<'a> {
    error: Problem<'a>,
}

#[derive(serde::Serialize)]
struct Problem<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// An answer that says what the caller did wrong: `{"error": {"code", "message"}}`.
pub(super) fn problem(status: StatusCode, code: &str, message: &str) -> Response {
    json(
        status,
        &Body {
            error: Problem {
                code,
                message,
                request_id: None,
            },
        },
    )
}

/// 503 for trouble of ours: when to come back and an id to find the cause in the log by, never the cause itself.
pub(super) fn own_trouble(code: &str, message: &str, cause: &dyn std::fmt::Display) -> Response {
    let id = request_id().to_string();
    tracing::warn!(cause = %cause, "Answered a request with 503");
    let problem = Problem {
        code,
        message,
        request_id: Some(&id),
    };
    let mut response = json(StatusCode::SERVICE_UNAVAILABLE, &Body { error: problem });
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// A JSON document with its status.
pub(super) fn json(status: StatusCode, body: &impl serde::Serialize) -> Response {
    (status, axum::Json(body)).into_response()
}
