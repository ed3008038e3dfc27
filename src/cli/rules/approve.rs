//! `portoutd rules approve`.

use std::process::ExitCode;

use anyhow::anyhow;

use super::proposal::Proposal;
use crate::cli::config::SettingsArgs;
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::{admin_client, database};
use crate::cli::terminal::confirm::ConfirmArgs;
use crate::cli::terminal::output::{message, print_text};
use crate::clock::{Clock, SystemClock};
use crate::http::api::{ApprovalBody, ApprovalResponse};

/// Activate the rules that another person proposed
///
/// Shows the proposal like `portoutd rules proposed`, asks for confirmation, then approves it. Exits with 0 if the rules are active, with 1 if
/// they cannot be approved (by you, or any longer) and the active rules stay, and with 69 if the service cannot be
/// reached or cannot do it now. The person who proposed rules cannot approve them, not even with sudo.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The hash of the rule set that you reviewed, all 64 digits: a short prefix could be forged.
    #[arg(value_name = "HASH")]
    rule_set: String,
    /// The reason, which is recorded.
    #[arg(long, value_name = "REASON")]
    because: Option<String>,
    /// Do not show the proposal.
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: &Args) -> Ending {
    args.confirm.expect_possible()?;
    let because = admin_client::reason(args.because.as_deref())?;
    let is_whole = args.rule_set.len() == 64 && args.rule_set.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !is_whole {
        return Err(Failure::usage(anyhow!(
            "`{}` is not a complete hash. Copy all 64 digits from `portoutd rules proposed`",
            args.rule_set
        )));
    }
    let settings = args.settings.load()?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        if !args.quiet
            && let Some(proposal) = Proposal::at_hand(&settings, &pool, SystemClock.now()).await?
        {
            print_text(proposal.text())?;
        }
        args.confirm.confirm(&format!(
            "Approve rule set {}: the running service activates it and decides every order with it.",
            args.rule_set
        ))?;
        let body = ApprovalBody {
            because,
            rule_set: args.rule_set.clone(),
        };
        print(admin_client::approve(&settings, &pool, &body).await?)
    })
}

fn print(response: ApprovalResponse) -> Ending {
    match response {
        ApprovalResponse::InEffect { rule_set } => {
            message!("Rule set {rule_set} is active.");
            Ok(ExitCode::SUCCESS)
        }
        ApprovalResponse::Refused { rule_set, why } => Err(Failure::not_good(anyhow!(
            "not approved, rule set {rule_set} stays active: {why}"
        ))),
    }
}
