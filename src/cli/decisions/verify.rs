//! `portoutd decisions verify`.

use std::process::ExitCode;

use anyhow::anyhow;
use sqlx::PgPool;

use crate::cli::config::SettingsArgs;
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::database;
use crate::cli::terminal::output::message;
use crate::store::decisions::verify_decisions;

/// Verify that no recorded decision was changed, removed or inserted.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: &Args) -> Ending {
    let settings = args.settings.load()?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let count = verify(&pool).await?;
        message!(
            "Verified {}: none was changed, removed or inserted.",
            database::counted(count, "decision")
        );
        Ok(ExitCode::SUCCESS)
    })
}

async fn verify(pool: &PgPool) -> Result<usize, Failure> {
    let lost = |error: sqlx::Error| database::failed(error.into());
    let mut snapshot = pool
        .begin_with("begin isolation level repeatable read read only")
        .await
        .map_err(lost)?;
    let verified = verify_decisions(&mut snapshot).await.map_err(database::failed)?;
    verified
        .map_err(|broken| Failure::not_good(anyhow!("the recorded decisions were tampered with: {broken}")))
}
