use super::{Ending, Failure};

/// List and show decisions.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args) -> Ending {
    Err(Failure::from(anyhow::anyhow!("not built yet")))
}
