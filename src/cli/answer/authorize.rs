//! `portoutd authorize`.

use crate::cli::answer;
use crate::cli::failure::Ending;
use crate::cli::terminal::confirm::ConfirmArgs;
use crate::domain::Action;

/// Authorize an order
///
/// The numbers move to the other carrier. This cannot be undone, so the command asks for confirmation.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    common: answer::Common,
    #[command(flatten)]
    confirm: ConfirmArgs,
    /// Keep messaging at Telnyx after the port.
    #[arg(long)]
    host_messaging: bool,
}

pub(crate) fn run(args: &Args) -> Ending {
    answer::answer(
        &args.common,
        Some(args.confirm),
        (Action::Authorize, None),
        args.host_messaging,
    )
}
