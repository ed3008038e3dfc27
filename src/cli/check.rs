use super::{Ending, Failure};

/// Check a rule file and tell every problem.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args) -> Ending {
    Err(Failure::from(anyhow::anyhow!("not built yet")))
}
