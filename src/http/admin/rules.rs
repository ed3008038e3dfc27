//! `POST /reload` and `POST /rules/approve`, both with `Authorization: Bearer TOKEN`.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::refusal::{Failed, Refusal};
use super::request::{bearer, check_reason, read_body};
use super::state::Admin;
use crate::engine::{
    Approving, AskedBy, Engine, NotApproved, ReloadRefused, ReloadRequest, Reloaded, ShrunkLists,
};
use crate::http::answer;
use crate::http::api::{ApprovalBody, ApprovalResponse, ReloadBody, ReloadResponse};

/// `POST /reload` with [`ReloadBody`] or no body. Responds with [`ReloadResponse`].
pub(super) async fn reload(
    State(admin): State<Admin>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let token = bearer(&headers)?;
    let body: ReloadBody = read_body(body)?;
    check_reason(body.because.as_deref())?;
    let engine = admin.engine.clone();
    let response = admin
        .run(Box::pin(async move { reload_for(&engine, &token, &body).await }))
        .await?;
    let status = match response {
        ReloadResponse::InEffect { .. } => StatusCode::OK,
        ReloadResponse::Proposed { .. } => StatusCode::ACCEPTED,
        ReloadResponse::Refused { .. } => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok(answer::json(status, &response))
}

/// `POST /rules/approve` with [`ApprovalBody`]. Responds with [`ApprovalResponse`].
pub(super) async fn approve(
    State(admin): State<Admin>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let token = bearer(&headers)?;
    let body: ApprovalBody = read_body(body)?;
    check_reason(body.because.as_deref())?;
    let engine = admin.engine.clone();
    let response = admin
        .run(Box::pin(async move { approve_for(&engine, &token, &body).await }))
        .await?;
    let status = match response {
        ApprovalResponse::InEffect { .. } => StatusCode::OK,
        ApprovalResponse::Refused { .. } => StatusCode::CONFLICT,
    };
    Ok(answer::json(status, &response))
}

async fn reload_for(engine: &Engine, token: &str, body: &ReloadBody) -> Result<ReloadResponse, Refusal> {
    let name = engine.token_holder(token).await?;
    let asked = AskedBy::Person {
        name: &name,
        because: body.because.as_deref(),
    };
    let shrunk_lists = if body.accept_shrunk_lists {
        ShrunkLists::Accepted
    } else {
        ShrunkLists::Refused
    };
    let reloaded = engine
        .reload_and_report(ReloadRequest { asked, shrunk_lists })
        .await;
    let rule_set = in_effect(engine);
    match reloaded {
        Ok(Reloaded::InForce(_)) => Ok(ReloadResponse::InEffect {
            rule_set,
            findings: Vec::new(),
        }),
        Ok(Reloaded::Proposed {
            rule_set: proposed,
            by,
        }) => Ok(ReloadResponse::Proposed {
            rule_set,
            proposed: hex::encode(proposed),
            proposed_by: by,
        }),
        // A reload that a person requests is always activated or proposed.
        Ok(Reloaded::NotApproved(_)) | Err(ReloadRefused::Record(_)) => Err(Refusal::Failed(Failed::Reload)),
        Err(refused) => Ok(ReloadResponse::Refused {
            rule_set,
            findings: refused.problems(),
        }),
    }
}

async fn approve_for(engine: &Engine, token: &str, body: &ApprovalBody) -> Result<ApprovalResponse, Refusal> {
    let name = engine.token_holder(token).await?;
    let ended = match Approving::of_hash(&body.rule_set, &name, body.because.as_deref()) {
        Ok(approving) => engine.approve(&approving).await,
        Err(refused) => Err(refused),
    };
    let rule_set = in_effect(engine);
    match ended {
        Ok(_) => Ok(ApprovalResponse::InEffect { rule_set }),
        Err(NotApproved::Record(_)) => Err(Refusal::Failed(Failed::Approval)),
        Err(refused) => Ok(ApprovalResponse::Refused {
            rule_set,
            why: refused.to_string(),
        }),
    }
}

/// Returns the active version, as hexadecimal digits.
fn in_effect(engine: &Engine) -> String {
    hex::encode(engine.rules.current().hash())
}
