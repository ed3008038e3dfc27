//! `portoutd rules`: the rules in words, their versions and their lists.

mod stats;

use super::Ending;

/// The rules in words, their versions, their lists and how they do.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Stats(stats::Args),
}

pub(crate) fn run(args: &Args) -> Ending {
    match &args.verb {
        Verb::Stats(args) => stats::run(args),
    }
}
