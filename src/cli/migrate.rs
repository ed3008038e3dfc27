use super::{Ending, Failure};

/// Bring the database's schema up to date.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args) -> Ending {
    Err(Failure::from(anyhow::anyhow!("not built yet")))
}
