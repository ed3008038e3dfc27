use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::Admin;
use crate::http::answer;

/// How a reload ended.
#[derive(Debug, Clone, PartialEq)]
pub enum ReloadAnswer {
    /// The rule set of this version is in force now.
    InForce {
        /// The version: SHA-256 of the file and its lists.
        rule_set: String,
        /// Warnings about the file.
        findings: Vec<Value>,
    },
    /// The file is not good; the rule set of this version stays in force.
    Refused {
        /// The version that stays.
        rule_set: String,
        /// What is wrong.
        findings: Vec<Value>,
    },
    /// The token is none of ours.
    WrongToken,
    /// It could not be tried; the log has the cause.
    Failed,
}

type Attempt = Pin<Box<dyn Future<Output = ReloadAnswer> + Send>>;

/// What `POST /reload` does with the bearer token it was given.
#[derive(Clone)]
pub struct Reload(Arc<dyn Fn(String) -> Attempt + Send + Sync>);

impl Reload {
    /// Takes the work: it checks the token, then reads, tests and replaces the rules.
    #[must_use]
    pub fn new<F, A>(work: F) -> Self
    where
        F: Fn(String) -> A + Send + Sync + 'static,
        A: Future<Output = ReloadAnswer> + Send + 'static,
    {
        Self(Arc::new(move |token| Box::pin(work(token))))
    }
}

impl fmt::Debug for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reload")
    }
}

/// `POST /reload` with `Authorization: Bearer TOKEN`: `{"ok", "rule_set", "findings"}`.
pub(super) async fn page(State(admin): State<Admin>, headers: HeaderMap) -> Response {
    let Some(token) = bearer(&headers) else {
        return unauthorized("send `Authorization: Bearer TOKEN`");
    };
    let attempt = (admin.reload.0)(token);
    // On the tracker, so that it ends whole even if the client hangs up.
    match admin.tracker.spawn(attempt).await {
        Ok(ReloadAnswer::InForce { rule_set, findings }) => answer::json(
            StatusCode::OK,
            &json!({"ok": true, "rule_set": rule_set, "findings": findings}),
        ),
        Ok(ReloadAnswer::Refused { rule_set, findings }) => answer::json(
            StatusCode::UNPROCESSABLE_ENTITY,
            &json!({"ok": false, "rule_set": rule_set, "findings": findings}),
        ),
        Ok(ReloadAnswer::WrongToken) => unauthorized("the token is not known, has expired or is revoked"),
        Ok(ReloadAnswer::Failed) => failed("the reload could not be tried"),
        Err(error) => failed(&error.to_string()),
    }
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
}

fn unauthorized(message: &str) -> Response {
    let mut response = answer::problem(StatusCode::UNAUTHORIZED, "unauthorized", message);
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

fn failed(cause: &str) -> Response {
    answer::own_trouble("try-again", "the rules in force are unchanged", &cause)
}
