//! `portoutd migrate`.

use std::process::ExitCode;

use super::config::SettingsArgs;
use super::failure::{Ending, Failure};
use super::session::database;
use super::session::database::counted;
use super::terminal::output::message;
use crate::settings::Settings;
use crate::store;

/// Update the database schema.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: &Args) -> Ending {
    let settings = args.settings.load()?;
    database::runtime()?.block_on(migrate(&settings))
}

async fn migrate(settings: &Settings) -> Ending {
    let url = settings.database_url().map_err(Failure::config)?;
    let pool = database::connect(url, 1, store::Sessions::Tool).await?;
    let unusable = |error| database::unusable(url, error);
    let place = database::whereabouts(url);
    match store::pending_migrations(&pool).await.map_err(unusable)? {
        0 => message!("The schema of {place} is up to date."),
        pending => {
            store::migrate(&pool).await.map_err(unusable)?;
            message!(
                "Updated the schema of {place} with {}.",
                counted(pending, "migration")
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}
