//! `portoutd rules`: the rules in words, their versions and their lists.

mod diff;
mod list;
mod list_show;

use super::{Ending, Failure, Output};

/// The rules in words, their versions, their lists and how they do.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Diff(diff::Args),
    List(list::Args),
}

pub(crate) fn run(args: &Args) -> Ending {
    match &args.verb {
        Verb::Diff(args) => diff::run(args),
        Verb::List(args) => list::run(args),
    }
}
