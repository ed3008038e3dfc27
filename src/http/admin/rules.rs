use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tracing::Instrument as _;

use super::Asking;
use super::asking::NotUnderstood;
use super::desk::{ApproveAnswer, ReloadAnswer, WORK_AT_ONCE};
use super::state::Admin;
use crate::http::answer;

/// `POST /reload` with `Authorization: Bearer TOKEN` and, if need be, `{"because", "accept_shrunk_lists"}`. Answers with
/// `{"ok", "rule_set", "findings"}`, and 202 with `{"ok", "rule_set", "proposed", "proposed_by"}` where rules need approval.
pub(super) async fn reload(State(admin): State<Admin>, headers: HeaderMap, body: Bytes) -> Response {
    let asking = match Asking::read(&headers, &body) {
        Ok(asking) => asking,
        Err(error) => return error.into_response(),
    };
    let Ok(_place) = admin.rules.places.try_acquire() else {
        return busy();
    };
    // On the tracker, so that it ends whole even if the client hangs up.
    let work = (admin.rules.reload)(asking).in_current_span();
    match admin.tracker.spawn(work).await {
        Ok(ReloadAnswer::InForce { rule_set, findings }) => answer::json(
            StatusCode::OK,
            &json!({"ok": true, "rule_set": rule_set, "findings": findings}),
        ),
        Ok(ReloadAnswer::Proposed {
            rule_set,
            proposed,
            by,
        }) => answer::json(
            StatusCode::ACCEPTED,
            &json!({"ok": true, "rule_set": rule_set, "proposed": proposed, "proposed_by": by}),
        ),
        Ok(ReloadAnswer::Refused { rule_set, findings }) => answer::json(
            StatusCode::UNPROCESSABLE_ENTITY,
            &json!({"ok": false, "rule_set": rule_set, "findings": findings}),
        ),
        Ok(ReloadAnswer::WrongToken) => unknown_token(),
        Ok(ReloadAnswer::Failed) => failed("the reload could not be tried"),
        Err(error) => failed(&error.to_string()),
    }
}

/// `POST /rules/approve` with `Authorization: Bearer TOKEN` and `{"rule_set", "because"}`, the rule set with all its 64
/// digits. Answers with `{"ok", "rule_set"}`, and 409 with `{"ok", "rule_set", "why"}` where it may not be.
pub(super) async fn approve(State(admin): State<Admin>, headers: HeaderMap, body: Bytes) -> Response {
    let asking = match Asking::read(&headers, &body) {
        Ok(asking) if asking.rule_set.is_none() => {
            return NotUnderstood::NoRuleSet.into_response();
        }
        Ok(asking) => asking,
        Err(error) => return error.into_response(),
    };
    let Ok(_place) = admin.rules.places.try_acquire() else {
        return busy();
    };
    let work = (admin.rules.approve)(asking).in_current_span();
    match admin.tracker.spawn(work).await {
        Ok(ApproveAnswer::InForce { rule_set }) => {
            answer::json(StatusCode::OK, &json!({"ok": true, "rule_set": rule_set}))
        }
        Ok(ApproveAnswer::Refused { rule_set, why }) => answer::json(
            StatusCode::CONFLICT,
            &json!({"ok": false, "rule_set": rule_set, "why": why}),
        ),
        Ok(ApproveAnswer::WrongToken) => unknown_token(),
        Ok(ApproveAnswer::Failed) => failed("the approval could not be tried"),
        Err(error) => failed(&error.to_string()),
    }
}

fn unknown_token() -> Response {
    NotUnderstood::WrongToken.into_response()
}

fn busy() -> Response {
    let cause = format!("{WORK_AT_ONCE} reloads and approvals are running");
    answer::own_trouble(
        "busy",
        "too many reloads and approvals are running; the rules are unchanged",
        &cause,
    )
}

fn failed(cause: &str) -> Response {
    answer::own_trouble("try-again", "the rules in force are unchanged", &cause)
}
