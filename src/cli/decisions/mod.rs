//! `portoutd decisions`: who decided what, when, and why.

mod json;
mod list;
mod show;
mod story;

use std::path::PathBuf;

use clap::Subcommand;

use super::Ending;

pub(crate) use json::document;
pub(crate) use story::tell;

/// List and show decisions.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
    /// The settings file.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List decisions, newest first
    List(list::Args),
    /// Show a decision with its order, facts, trace, attempts, and what Telnyx said
    Show(show::Args),
}

pub(crate) fn run(args: Args) -> Ending {
    match args.verb {
        Verb::List(list) => list::run(&list, args.config.as_deref()),
        Verb::Show(show) => show::run(&show, args.config.as_deref()),
    }
}
