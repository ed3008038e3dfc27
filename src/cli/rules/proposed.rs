//! `portoutd rules proposed`.

use std::process::ExitCode;

use serde_json::Value;

use super::proposal::Proposal;
use crate::cli::config::SettingsArgs;
use crate::cli::failure::Ending;
use crate::cli::session::database;
use crate::cli::terminal::output::{Output, message, print_json, print_text};
use crate::clock::{Clock, SystemClock};

/// Show the rules that wait for approval and what they would change
///
/// Requires the setting `rules_need_approval`. With it, `portoutd reload` only proposes the edited rules.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The output format; JSON is `null` if nothing is proposed.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: &Args) -> Ending {
    let settings = args.settings.load()?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let proposal = Proposal::at_hand(&settings, &pool, SystemClock.now()).await?;
        match (args.output, proposal) {
            (Output::Json, proposal) => {
                print_json(&proposal.map_or(Value::Null, |proposal| proposal.document()))?;
            }
            (Output::Text, Some(proposal)) => print_text(proposal.text())?,
            (Output::Text, None) => message!("No rules are proposed."),
        }
        Ok(ExitCode::SUCCESS)
    })
}
