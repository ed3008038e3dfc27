//! `portoutd orders`: what we know of port-outs, and what Telnyx says of them.

mod filter;
mod list;
mod live;
mod show;

use clap::Subcommand;

use super::failure::Ending;

/// List and show orders.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the orders in our record, or with `--live` those at Telnyx
    List(Box<list::Args>),
    /// Show an order with its stays in pending and its events, or with `--live` as Telnyx shows it now
    Show(show::Args),
}

pub(crate) fn run(args: &Args) -> Ending {
    match &args.verb {
        Verb::List(list) => list::run(list),
        Verb::Show(show) => show::run(show),
    }
}
