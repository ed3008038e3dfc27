use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow};
use jiff::SignedDuration;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Ending, Failure, actor, database};
use crate::clock::{Clock, SystemClock, new_id};
use crate::settings::Settings;
use crate::store::api_tokens;
use crate::telnyx;

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
    /// The settings file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(crate) fn run(args: Args) -> Ending {
    let settings = Settings::load(args.config.as_deref()).map_err(Failure::config)?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let token = new_token()?;
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        api_tokens::insert_token(&pool, new_id(), &actor::name(), &hash, SystemClock.now(), TOKEN_LIFE)
            .await
            .map_err(database::failed)?;
        let address = settings.http.admin_listen;
        let answer = ask(&format!("http://{address}/reload"), &token).await.map_err(|error| {
            Failure::away(error.context(format!("the running service does not answer on {address}: is `portoutd serve` up?")))
        })?;
        tell(&answer)
    })
}

fn new_token() -> Result<String, Failure> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("no randomness can be had: {error}"))?;
    Ok(hex::encode(bytes))
}

async fn ask(url: &str, token: &str) -> anyhow::Result<Value> {
    let client = telnyx::local_http_client(PATIENCE).context("building the HTTP client")?;
    let answer = client.post(url).bearer_auth(token).send().await?;
    Ok(answer.json().await?)
}

fn tell(answer: &Value) -> Ending {
    let rule_set = answer.get("rule_set").and_then(Value::as_str).unwrap_or("unknown");
    if answer.get("ok") == Some(&Value::Bool(true)) {
        eprintln!("Rule set {rule_set} is in force.");
        return Ok(ExitCode::SUCCESS);
    }
    let findings = answer.get("findings").and_then(Value::as_array);
    let told: Vec<&str> = findings.into_iter().flatten().filter_map(Value::as_str).collect();
    if told.is_empty() {
        return Err(Failure::not_good(anyhow!("the service did not reload: {answer}")));
    }
    Err(Failure::not_good(anyhow!("refused, rule set {rule_set} stays in force:\n{}", told.join("\n"))))
}
