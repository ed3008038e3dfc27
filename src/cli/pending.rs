use super::{Ending, Failure};

/// Show what waits for a person, most urgent first.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args) -> Ending {
    Err(Failure::from(anyhow::anyhow!("not built yet")))
}
