use crate::cli::answer;
use crate::cli::failure::Ending;
use crate::domain::Action;

/// Keep an order for a person, out of the rules' hands.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    common: answer::Common,
}

pub(crate) fn run(args: &Args) -> Ending {
    answer::answer(&args.common, Action::Hold, None, false)
}
