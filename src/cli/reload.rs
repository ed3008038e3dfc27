use std::process::ExitCode;

use anyhow::anyhow;
use sqlx::PgPool;

use super::config::SettingsArgs;
use super::failure::{Ending, Failure};
use super::session::{admin_client, database};
use crate::http::api::{ReloadBody, ReloadResponse};
use crate::settings::Settings;

/// Put the edited rules in force in the running service.
///
/// Waits for the answer: exit code 0 when the rules are in force (or proposed, where another person has to approve them),
/// 1 when the file was refused and the rules in force stay, 69 when the service cannot be reached or cannot do it now.
/// Whoever may write to the database may reload; the record says who did, and why.
///
/// Files that somebody is still writing are refused after some seconds: replace a list by `mv`. A list that lost more
/// entries than `lists.max_shrink` allows is refused too, until you have looked at it and pass --accept-shrunk-lists.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Why, for the record: it stands beside the version in `portoutd rules versions`.
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
        let body = ReloadBody {
            because,
            accept_shrunk_lists: args.accept_shrunk_lists,
        };
        print(admin_client::reload(&settings, &pool, &body).await?)
    })
}

/// Has the running service read the file, and prints how it ended.
pub(super) async fn reload(settings: &Settings, pool: &PgPool, because: Option<&str>) -> Ending {
    let body = ReloadBody {
        because: because.map(ToOwned::to_owned),
        accept_shrunk_lists: false,
    };
    print(admin_client::reload(settings, pool, &body).await?)
}

fn print(response: ReloadResponse) -> Ending {
    match response {
        ReloadResponse::InEffect { rule_set, .. } => eprintln!("Rule set {rule_set} is in force."),
        ReloadResponse::Proposed {
            rule_set,
            proposed,
            proposed_by: by,
        } => eprintln!(
            "Proposed by {by} as {proposed}; rule set {rule_set} stays in force.\nAnother person than {by} runs \
             `portoutd rules approve {proposed}`; `portoutd rules proposed` shows what changes."
        ),
        ReloadResponse::Refused { rule_set, findings } => {
            return Err(Failure::not_good(anyhow!(
                "the edited rules are refused, rule set {rule_set} stays in force; for details, run `portoutd check` and \
                 `portoutd test`\n  {}",
                findings.join("\n  ")
            )));
        }
    }
    Ok(ExitCode::SUCCESS)
}
