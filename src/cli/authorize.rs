use super::{Ending, person};
use crate::domain::Action;

/// Let the numbers of an order go. Cannot be undone.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    common: person::Common,
    /// Keep messaging at Telnyx after the port.
    #[arg(long)]
    host_messaging: bool,
}

pub(crate) fn run(args: &Args) -> Ending {
    person::answer(&args.common, Action::Authorize, None, args.host_messaging)
}
