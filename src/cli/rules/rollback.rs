//! `portoutd rules rollback`.

use std::path::PathBuf;

use anyhow::anyhow;

use super::{interrupted, version_ref};
use crate::cli::config::{SettingsArgs, read_limits};
use crate::cli::failure::{Ending, Failure};
use crate::cli::reload;
use crate::cli::session::{actor, admin_client, database};
use crate::cli::terminal::confirm::ConfirmArgs;
use crate::cli::terminal::output::message;
use crate::cli::terminal::rules_refused;
use crate::clock::SystemClock;
use crate::engine::{RollbackError, RollbackRequest, RolledBack, roll_back_rules};

/// Restore and activate an earlier version of the rules
///
/// The version must load and pass its own tests today. The list files are replaced first, the rule file last, and if
/// one cannot be written, none is. Then the running service reloads, as with `portoutd reload`: with
/// `rules_need_approval`, another person must approve the rollback too. Exits with 69 if the service cannot be reached
/// after the files were written. Edits that were never loaded are saved in files that end in `.before-rollback`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The version, by at least 4 of the digits that `portoutd rules versions` shows.
    #[arg(value_name = "HASH")]
    version: String,
    /// The reason, which is recorded.
    #[arg(long, value_name = "REASON")]
    because: Option<String>,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: &Args) -> Ending {
    args.confirm.expect_possible()?;
    let because = admin_client::reason(args.because.as_deref())?;
    let settings = args.settings.load()?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let recorded = version_ref::find(&pool, &args.version).await?;
        let short = version_ref::short(&recorded.hash);
        args.confirm.confirm(&format!(
            "Roll back to rule set {short}: `{}` and its list files are replaced with that version, and the running \
             service activates it.",
            settings.rules.display()
        ))?;
        let request = RollbackRequest {
            rules: settings.rules.clone(),
            limits: read_limits(&settings),
            actor: actor::actor(),
            rule_set: recorded.hash,
            sources: recorded.sources,
            because: because.clone(),
        };
        let done = roll_back_rules(&pool, request, &SystemClock, interrupted::report).await;
        print(&done.map_err(|error| failed(error, &short))?, &short);
        let because = because.unwrap_or_else(|| format!("rolled back to {short}"));
        reload::reload(&settings, &pool, Some(&because)).await
    })
}

fn print(done: &RolledBack, short: &str) {
    match done.written.as_slice() {
        [] => message!("The rule file and its lists already contain rule set {short}."),
        written => message!("Wrote {}.", listed(written)),
    }
    if !done.saved.is_empty() {
        message!(
            "Edits that were never loaded are saved in {}.",
            listed(&done.saved)
        );
    }
}

fn failed(error: RollbackError, short: &str) -> Failure {
    match error {
        RollbackError::NotGood(refusal) => Failure::not_good(anyhow!(
            "nothing was written, because rule set {short} cannot be activated today: {refusal}\n  {}",
            rules_refused::problems(&refusal).join("\n  ")
        )),
        RollbackError::Store(error) => database::failed(error),
        RollbackError::NotRecovered(error) => interrupted::not_recovered(error),
        RollbackError::Change(error) => interrupted::not_changed(error),
        other => Failure::not_good(other),
    }
}

fn listed(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
    names.join(", ")
}
