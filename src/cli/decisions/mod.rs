//! `portoutd decisions`: the recorded decisions.

mod as_test;
mod json;
mod list;
mod show;
mod story;
mod verify;

use clap::Subcommand;

use super::failure::Ending;

/// List and show decisions.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List decisions, newest first
    List(list::Args),
    /// Show a decision with its facts, trace, attempts and outcome
    Show(show::Args),
    /// Verify that no recorded decision was changed, removed or inserted
    Verify(verify::Args),
}

pub(crate) fn run(args: &Args) -> Ending {
    match &args.verb {
        Verb::List(list) => list::run(list),
        Verb::Show(show) => show::run(show),
        Verb::Verify(verify) => verify::run(verify),
    }
}
