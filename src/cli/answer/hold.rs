//! `portoutd hold`.

use crate::cli::answer;
use crate::cli::failure::Ending;
use crate::domain::Action;

/// Hold an order for a person
///
/// Rules no longer decide this order. It stays in `portoutd pending` until a person answers it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    common: answer::Common,
}

pub(crate) fn run(args: &Args) -> Ending {
    answer::answer(&args.common, None, (Action::Hold, None), false)
}
