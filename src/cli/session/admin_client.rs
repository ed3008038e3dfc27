//! Requests from verbs to the running service, on behalf of the user.

use std::time::Duration;

use anyhow::{Context, anyhow};
use jiff::SignedDuration;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::PgPool;

use super::{actor, database};
use crate::cli::failure::Failure;
use crate::cli::keygen;
use crate::cli::terminal::free_text;
use crate::clock::new_id;
use crate::http::api::{APPROVE, ApprovalBody, ApprovalResponse, RELOAD, ReloadBody, ReloadResponse};
use crate::http::problem::ErrorBody;
use crate::settings::Settings;
use crate::store::api_tokens;

/// The lifetime of the token that a verb creates for its request.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_mins(1);

/// How long the service may take to read the rules and to run their tests.
const PATIENCE: Duration = Duration::from_secs(50);

/// Makes the running service read its rule file again.
pub(crate) async fn reload(
    settings: &Settings,
    pool: &PgPool,
    body: &ReloadBody,
) -> Result<ReloadResponse, Failure> {
    post(settings, pool, RELOAD, body).await
}

/// Makes the running service activate a proposed rule set.
pub(crate) async fn approve(
    settings: &Settings,
    pool: &PgPool,
    body: &ApprovalBody,
) -> Result<ApprovalResponse, Failure> {
    post(settings, pool, APPROVE, body).await
}

/// Posts to a page of the admin listener. Everyone who can write to the database is allowed to: the verb inserts a token
/// that is valid for a minute, with the name of the user.
async fn post<T: DeserializeOwned>(
    settings: &Settings,
    pool: &PgPool,
    page: &str,
    body: &impl Serialize,
) -> Result<T, Failure> {
    let token = keygen::new_key()?;
    api_tokens::insert_token(pool, new_id(), &actor::actor(), &token, TOKEN_LIFE)
        .await
        .map_err(database::failed)?;
    let address = settings.http.admin_listen;
    let (status, answer) = ask(&format!("http://{address}{page}"), &token, body)
        .await
        .map_err(|error| {
            Failure::away(error.context(format!(
                "the running service does not answer on {address}. Check that `portoutd serve` is running"
            )))
        })?;
    read(status, &answer)
}

async fn ask(url: &str, token: &str, body: &impl Serialize) -> anyhow::Result<(u16, Vec<u8>)> {
    // Without a provider, reqwest cannot build a client, not even for plain HTTP.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(PATIENCE)
        .build()
        .context("building the HTTP client")?;
    let answer = client.post(url).bearer_auth(token).json(body).send().await?;
    let status = answer.status().as_u16();
    Ok((status, answer.bytes().await?.into()))
}

/// Parses the answer: the response to the request, or the problem that prevented it.
fn read<T: DeserializeOwned>(status: u16, answer: &[u8]) -> Result<T, Failure> {
    if let Ok(response) = serde_json::from_slice(answer) {
        return Ok(response);
    }
    let Ok(ErrorBody { error }) = serde_json::from_slice(answer) else {
        let text = String::from_utf8_lossy(answer);
        return Err(Failure::not_good(anyhow!(
            "the service answered {status} with a document that this version of portoutd cannot parse, so it is unknown \
             whether the request was carried out. Run `portoutd rules versions` to see which rules are active: {text}"
        )));
    };
    let id = error
        .request_id
        .map(|id| format!(" (the service's log has the cause; search it for request {id})"));
    let failure = anyhow!(
        "the service did not carry out the request: {}{}",
        error.message,
        id.unwrap_or_default()
    );
    Err(if error.code.is_temporary() {
        Failure::away(failure)
    } else {
        Failure::not_good(failure)
    })
}

/// The reason, trimmed and without a PIN.
pub(crate) fn reason(because: Option<&str>) -> Result<Option<String>, Failure> {
    match because.map(str::trim) {
        Some("") => Err(Failure::usage(anyhow!(
            "`--because` is empty. Write a reason, or omit the option"
        ))),
        other => Ok(other.map(|because| free_text::without_pin(because, "reason"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, answer: &str) -> Result<ReloadResponse, String> {
        read(status, answer.as_bytes()).map_err(|failure| format!("{failure:?}"))
    }

    #[test]
    fn a_response_is_read_whatever_its_status() {
        let refused = r#"{"ok": false, "rule_set": "old", "findings": ["no"]}"#;
        let expected = ReloadResponse::Refused {
            rule_set: "old".to_owned(),
            findings: vec!["no".to_owned()],
        };
        assert_eq!(answered(422, refused), Ok(expected));
    }

    #[test]
    fn a_problem_of_the_service_exits_with_69_and_one_of_the_request_with_1() {
        let busy = r#"{"error": {"code": "busy", "message": "too many", "request_id": "019a"}}"#;
        let found = answered(503, busy).unwrap_err();
        assert!(
            found.contains("code: 69") && found.contains("too many"),
            "{found}"
        );
        assert!(found.contains("request 019a"), "{found}");
        let unknown = r#"{"error": {"code": "unauthorized", "message": "who are you"}}"#;
        let found = answered(401, unknown).unwrap_err();
        assert!(
            found.contains("code: 1,") && found.contains("who are you"),
            "{found}"
        );
    }

    #[test]
    fn a_document_that_cannot_be_read_is_shown_with_its_status() {
        for answer in [
            "",
            "Not found",
            r#"{"error": {"code": "new-code", "message": "m"}}"#,
        ] {
            let found = answered(418, answer).unwrap_err();
            assert!(
                found.contains("answered 418") && found.contains("unknown"),
                "{found}"
            );
        }
    }
}
