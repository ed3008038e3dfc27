//! `portoutd rules`: the rules in words, their versions and their lists.

mod approve;
mod diff;
pub(super) mod interrupted;
mod list;
mod list_show;
mod loaded;
mod proposal;
mod proposed;
mod rates;
mod rollback;
mod rule_row;
mod show;
mod stats;
pub(crate) mod version_ref;
mod versions;

use super::failure::Ending;

/// Show the rules, their versions, lists and statistics.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Show(show::Args),
    Versions(versions::Args),
    Rollback(rollback::Args),
    Proposed(proposed::Args),
    Approve(approve::Args),
    Stats(stats::Args),
    Diff(diff::Args),
    List(list::Args),
}

pub(crate) fn run(args: &Args) -> Ending {
    match &args.verb {
        Verb::Show(args) => show::run(args),
        Verb::Versions(args) => versions::run(args),
        Verb::Rollback(args) => rollback::run(args),
        Verb::Proposed(args) => proposed::run(args),
        Verb::Approve(args) => approve::run(args),
        Verb::Stats(args) => stats::run(args),
        Verb::Diff(args) => diff::run(args),
        Verb::List(args) => list::run(args),
    }
}
