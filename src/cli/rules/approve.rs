use std::process::ExitCode;

use anyhow::anyhow;

use super::proposal::Proposal;
use crate::cli::check::look_of_stdout;
use crate::cli::config::SettingsArgs;
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::{admin_client, database};
use crate::cli::terminal::output::print_as_is;
use crate::clock::{Clock, SystemClock};
use crate::http::api::{ApprovalBody, ApprovalResponse};

/// Put the rules in force that another person has proposed.
///
/// Shows what `portoutd rules proposed` shows, then approves. Exit code 0 when the rules are in force, 1 when they may not
/// be approved (by you, or any more) and the rules in force stay, 69 when the service cannot be reached or cannot do it
/// now. Whoever proposed rules cannot approve them, under sudo neither.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The rule set that you have read, with all its 64 digits: two files with the same beginning can be made.
    #[arg(value_name = "HASH")]
    rule_set: String,
    /// Why, for the record.
    #[arg(long, value_name = "REASON")]
    because: Option<String>,
    /// Do not show what is approved.
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: &Args) -> Ending {
    let because = admin_client::reason(args.because.as_deref())?;
    let is_whole = args.rule_set.len() == 64 && args.rule_set.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !is_whole {
        return Err(Failure::usage(anyhow!(
            "`{}` is no whole rule set: copy all 64 digits from `portoutd rules proposed`",
            args.rule_set
        )));
    }
    let settings = args.settings.load()?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        if !args.quiet
            && let Some(proposal) = Proposal::at_hand(&settings, &pool, SystemClock.now()).await?
        {
            print_as_is(&proposal.told(look_of_stdout()))?;
        }
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
            eprintln!("Rule set {rule_set} is in force.");
            Ok(ExitCode::SUCCESS)
        }
        ApprovalResponse::Refused { rule_set, why } => Err(Failure::not_good(anyhow!(
            "not approved, rule set {rule_set} stays in force: {why}"
        ))),
    }
}
