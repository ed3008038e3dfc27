//! Reads a request to the admin listener: its token, its body and its reason.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use serde::de::DeserializeOwned;

use super::limits::LONGEST_REASON;
use super::refusal::Refusal;
use crate::domain::redact_text;

/// Returns the bearer token, which is not verified yet.
pub(super) fn bearer(headers: &HeaderMap) -> Result<String, Refusal> {
    let authorization = headers.get(header::AUTHORIZATION);
    authorization
        .and_then(|value| value.to_str().ok()?.split_once(' '))
        .map(|(scheme, token)| (scheme, token.trim()))
        .filter(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
        .map(|(_, token)| token.to_owned())
        .ok_or(Refusal::NoToken)
}

/// Reads the body of a call. A missing body counts as an object without fields.
pub(super) fn read_body<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, Refusal> {
    let body = body.map_err(|rejection| match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
        _ => Refusal::Broken,
    })?;
    let body = if body.is_empty() { b"{}".as_slice() } else { &body };
    serde_json::from_slice(body).map_err(|error| Refusal::Body(redact_text(&error.to_string()).into_owned()))
}

/// Refuses a reason that is blank or too long.
pub(super) fn check_reason(because: Option<&str>) -> Result<(), Refusal> {
    match because {
        Some(because) if because.trim().is_empty() || because.contains('\0') => Err(Refusal::EmptyReason),
        Some(because) if because.len() > LONGEST_REASON => Err(Refusal::LongReason),
        _ => Ok(()),
    }
}
