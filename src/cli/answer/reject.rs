//! `portoutd reject`.

use crate::cli::answer;
use crate::cli::failure::Ending;
use crate::cli::terminal::confirm::ConfirmArgs;
use crate::domain::{Action, Cause};

/// Reject an order
///
/// Telnyx reviews the rejection and can return the order to pending. You cannot undo it, so the command asks for
/// confirmation.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    common: answer::Common,
    #[command(flatten)]
    confirm: ConfirmArgs,
    /// The cause, such as `pin-invalid` or `unauthorized-by-owner` [default: other]
    #[arg(long, value_parser = cause)]
    cause: Option<Cause>,
}

pub(crate) fn run(args: &Args) -> Ending {
    answer::answer(
        &args.common,
        Some(args.confirm),
        (Action::Reject, args.cause),
        false,
    )
}

fn cause(text: &str) -> Result<Cause, String> {
    text.parse().map_err(|_| {
        let known: Vec<String> = Cause::all().map(|cause| cause.to_string()).collect();
        format!("`{text}` is not a valid cause. Write one of {}", known.join(", "))
    })
}
