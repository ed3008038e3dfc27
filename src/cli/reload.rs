use std::process::ExitCode;

use anyhow::anyhow;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::config::SettingsArgs;
use super::failure::{Ending, Failure};
use super::session::{admin_client, database};
use crate::settings::Settings;

/// Activate the edited rules in the running service
///
/// Waits for the result. Exits with 0 if the rules are active, or proposed if another person must approve them, with 1
/// if the file was refused and the active rules stay, and with 69 if the service cannot be reached. Anyone who can
/// write to the database can reload; the database records who did it and why.
///
/// Files that are still being written are refused after some seconds: replace a list with `mv`. A list that lost more
/// entries than `lists.max_shrink` allows is refused until you check it and pass --accept-shrunk-lists.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The reason, which `portoutd rules versions` shows with the version.
    #[arg(long, value_name = "REASON")]
    because: Option<String>,
    /// Accept lists that lost more entries than `lists.max_shrink` allows, or all of them.
    #[arg(long)]
    accept_shrunk_lists: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: &Args) -> Ending {
    let because = admin_client::reason(args.because.as_deref())?;
    let settings = args.settings.load()?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let body = json!({ "because": because, "accept_shrunk_lists": args.accept_shrunk_lists });
        let answer = admin_client::post(&settings, &pool, "/reload", &body).await?;
        tell(&answer)
    })
}

/// Has the running service read the file, and tells how it went.
pub(super) async fn reload(settings: &Settings, pool: &PgPool, because: Option<&str>) -> Ending {
    let body = json!({ "because": because });
    let answer = admin_client::post(settings, pool, "/reload", &body).await?;
    tell(&answer)
}

fn tell(answer: &Value) -> Ending {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let rule_set = text("rule_set").unwrap_or("unknown");
    if answer.get("ok") == Some(&Value::Bool(true)) {
        match (text("proposed"), text("proposed_by")) {
            (Some(proposed), Some(by)) => eprintln!(
                "Proposed by {by} as {proposed}; rule set {rule_set} stays in force.\nAnother person than {by} runs \
                 `portoutd rules approve {proposed}`; `portoutd rules proposed` shows what changes."
            ),
            _ => eprintln!("Rule set {rule_set} is in force."),
        }
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
