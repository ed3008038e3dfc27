use super::{Ending, Failure};

/// Put the edited rules in force in the running service.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args) -> Ending {
    Err(Failure::from(anyhow::anyhow!("not built yet")))
}
