//! How verbs ask the running service, in the name of whoever runs them.

use std::time::Duration;

use anyhow::{Context, anyhow};
use jiff::SignedDuration;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use super::{actor, database};
use crate::cli::failure::Failure;
use crate::cli::keygen;
use crate::cli::terminal::free_text;
use crate::clock::new_id;
use crate::settings::Settings;
use crate::store::api_tokens;

/// How long the token lives that a verb makes for itself.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_mins(1);

/// How long the service may take to read the rules and to run their tests.
const PATIENCE: Duration = Duration::from_secs(50);

/// Posts to a page of the admin listener and gives the JSON that it answers. Whoever may write to the database may ask:
/// a token for a minute is put there, with the name of whoever asks.
pub(crate) async fn post(
    settings: &Settings,
    pool: &PgPool,
    page: &str,
    body: &Value,
) -> Result<Value, Failure> {
    let token = keygen::new_key()?;
    let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    api_tokens::insert_token(pool, new_id(), &actor::actor(), &hash, TOKEN_LIFE)
        .await
        .map_err(database::failed)?;
    let address = settings.http.admin_listen;
    ask(&format!("http://{address}{page}"), &token, body)
        .await
        .map_err(|error| {
            Failure::away(error.context(format!(
                "the running service does not answer on {address}: is `portoutd serve` up?"
            )))
        })
}

async fn ask(url: &str, token: &str, body: &Value) -> anyhow::Result<Value> {
    // Without a provider reqwest builds no client, not even for plain HTTP on this machine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(PATIENCE)
        .build()
        .context("building the HTTP client")?;
    let answer = client.post(url).bearer_auth(token).json(body).send().await?;
    Ok(answer.json().await?)
}

/// The reason given, without blanks at its ends and without a PIN.
pub(crate) fn reason(because: Option<&str>) -> Result<Option<String>, Failure> {
    match because.map(str::trim) {
        Some("") => Err(Failure::usage(anyhow!(
            "`--because` is empty: say why, or leave it out"
        ))),
        other => Ok(other.map(|because| free_text::without_pin(because, "reason"))),
    }
}
