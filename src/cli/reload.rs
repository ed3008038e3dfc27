use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow};
use jiff::SignedDuration;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::config::SettingsArgs;
use super::{Ending, Failure, actor, database, keygen};
use crate::clock::new_id;
use crate::store::api_tokens;

/// How long the token lives that this verb makes for itself.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_mins(1);

/// How long the service may take to read the rules and to run their tests.
const PATIENCE: Duration = Duration::from_secs(50);

/// Put the edited rules in force in the running service.
///
/// Waits for the answer: exit code 0 when the rules are in force, 1 when the file was refused and the rules in force
/// stay, 69 when the service cannot be reached. Whoever may write to the database may reload; the record says who did.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: &Args) -> Ending {
    let settings = args.settings.load()?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let token = keygen::new_key()?;
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        api_tokens::insert_token(&pool, new_id(), &actor::actor(), &hash, TOKEN_LIFE)
            .await
            .map_err(database::failed)?;
        let address = settings.http.admin_listen;
        let answer = ask(&format!("http://{address}/reload"), &token)
            .await
            .map_err(|error| {
                Failure::away(error.context(format!(
                    "the running service does not answer on {address}: is `portoutd serve` up?"
                )))
            })?;
        tell(&answer)
    })
}

async fn ask(url: &str, token: &str) -> anyhow::Result<Value> {
    // Without a provider reqwest builds no client, not even for plain HTTP on this machine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(PATIENCE)
        .build()
        .context("building the HTTP client")?;
    let answer = client.post(url).bearer_auth(token).send().await?;
    Ok(answer.json().await?)
}

fn tell(answer: &Value) -> Ending {
    let rule_set = answer
        .get("rule_set")
        .and_then(Value::as_str)
        .unwrap_or("unknown");
    if answer.get("ok") == Some(&Value::Bool(true)) {
        eprintln!("Rule set {rule_set} is in force.");
        return Ok(ExitCode::SUCCESS);
    }
    let findings = answer.get("findings").and_then(Value::as_array);
    let told: Vec<&str> = findings.into_iter().flatten().filter_map(Value::as_str).collect();
    if told.is_empty() {
        return Err(Failure::not_good(anyhow!("the service did not reload: {answer}")));
    }
    Err(Failure::not_good(anyhow!(
        "the edited rules are refused, rule set {rule_set} stays in force; `portoutd check` and `portoutd test` tell \
         more\n  {}",
        told.join("\n  ")
    )))
}
