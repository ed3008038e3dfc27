//! `portoutd orders`: port-outs in the database and at Telnyx.

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
    /// List orders in the database, or with `--live` at Telnyx
    List(Box<list::Args>),
    /// Show an order with its episodes and events
    ///
    /// An episode is one period of the order in pending. With `--live`, shows the current order at Telnyx.
    Show(show::Args),
}

pub(crate) fn run(args: &Args) -> Ending {
    match &args.verb {
        Verb::List(list) => list::run(list),
        Verb::Show(show) => show::run(show),
    }
}
