//! `portoutd reload`.

use std::process::ExitCode;

use anyhow::anyhow;
use sqlx::PgPool;

use super::config::SettingsArgs;
use super::failure::{Ending, Failure};
use super::session::{admin_client, database};
use super::terminal::output::message;
use crate::http::api::{ReloadBody, ReloadResponse};
use crate::settings::Settings;

/// Activate the edited rules in the running service
///
/// Waits for the result. Exits with 0 if the rules are active, or proposed if another person must approve them, with 1
/// if the file was refused and the active rules stay, and with 69 if the service cannot be reached or cannot do it now. Anyone who can
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
        let body = ReloadBody {
            because,
            accept_shrunk_lists: args.accept_shrunk_lists,
        };
        print(admin_client::reload(&settings, &pool, &body).await?)
    })
}

/// Makes the running service read the file, and prints the result.
pub(super) async fn reload(settings: &Settings, pool: &PgPool, because: Option<&str>) -> Ending {
    let body = ReloadBody {
        because: because.map(ToOwned::to_owned),
        accept_shrunk_lists: false,
    };
    print(admin_client::reload(settings, pool, &body).await?)
}

fn print(response: ReloadResponse) -> Ending {
    match response {
        ReloadResponse::InEffect { rule_set, .. } => message!("Rule set {rule_set} is active."),
        ReloadResponse::Proposed {
            rule_set,
            proposed,
            proposed_by: by,
        } => message!(
            "{by} proposed rule set {proposed}. Rule set {rule_set} stays active.\nA person other than {by} must run \
             `portoutd rules approve {proposed}`. To see the changes, run `portoutd rules proposed`."
        ),
        ReloadResponse::Refused { rule_set, findings } => {
            return Err(Failure::not_good(anyhow!(
                "the edited rules were refused, and rule set {rule_set} stays active. For details, run `portoutd check` and \
                 `portoutd test`\n  {}",
                findings.join("\n  ")
            )));
        }
    }
    Ok(ExitCode::SUCCESS)
}
