use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::Asking;
use super::asking::NotUnderstood;
use super::state::Admin;
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
    /// The file's rule set waits for another person; the one in force stays.
    Proposed {
        /// The version that stays.
        rule_set: String,
        /// The version that waits.
        proposed: String,
        /// Who proposed it.
        by: String,
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

/// How an approval ended.
#[derive(Debug, Clone, PartialEq)]
pub enum ApproveAnswer {
    /// The rule set of this version is in force now.
    InForce {
        /// The version.
        rule_set: String,
    },
    /// It may not be approved so; the rule set of this version stays in force.
    Refused {
        /// The version that stays.
        rule_set: String,
        /// Why, as a sentence.
        why: String,
    },
    /// The token is none of ours.
    WrongToken,
    /// It could not be tried; the log has the cause.
    Failed,
}

type Work<A> = Arc<dyn Fn(Asking) -> Pin<Box<dyn Future<Output = A> + Send>> + Send + Sync>;

/// What is done for whoever asks about the rules. Both look the token up first.
#[derive(Clone)]
pub struct Desk {
    reload: Work<ReloadAnswer>,
    approve: Work<ApproveAnswer>,
    places: Arc<Semaphore>,
}

/// How many reloads and approvals may run or wait at once. They can take long, and must never take every connection of the
/// listener from health and metrics.
const WORK_AT_ONCE: usize = 8;

impl Desk {
    /// Takes the work: reading, testing and replacing the rules, and approving what another person proposed.
    #[must_use]
    pub fn new<R, A>(
        reload: impl Fn(Asking) -> R + Send + Sync + 'static,
        approve: impl Fn(Asking) -> A + Send + Sync + 'static,
    ) -> Self
    where
        R: Future<Output = ReloadAnswer> + Send + 'static,
        A: Future<Output = ApproveAnswer> + Send + 'static,
    {
        Self {
            reload: Arc::new(move |asking| Box::pin(reload(asking))),
            approve: Arc::new(move |asking| Box::pin(approve(asking))),
            places: Arc::new(Semaphore::new(WORK_AT_ONCE)),
        }
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Desk")
    }
}

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
    match admin.tracker.spawn((admin.rules.reload)(asking)).await {
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
    match admin.tracker.spawn((admin.rules.approve)(asking)).await {
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
