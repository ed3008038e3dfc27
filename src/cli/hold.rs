use super::{Ending, person};
use crate::domain::Action;

/// Keep an order for a person, out of the rules' hands.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    common: person::Common,
}

pub(crate) fn run(args: &Args) -> Ending {
    person::answer(&args.common, Action::Hold, None, false)
}
