//! `portoutd authorize`.

use crate::cli::answer;
use crate::cli::failure::Ending;
use crate::domain::Action;

/// Authorize an order
///
/// The numbers move to the other carrier. This cannot be undone.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    common: answer::Common,
    /// Keep messaging at Telnyx after the port.
    #[arg(long)]
    host_messaging: bool,
}

pub(crate) fn run(args: &Args) -> Ending {
    answer::answer(&args.common, Action::Authorize, None, args.host_messaging)
}
