//! `portoutd rules versions`.

use std::process::ExitCode;

use serde_json::{Value, json};
use sqlx::PgPool;

use super::version_ref;
use crate::cli::config::SettingsArgs;
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::database;
use crate::cli::terminal::output::{Output, print_json, print_text};
use crate::cli::terminal::table::table;
use crate::cli::terminal::time;
use crate::engine::{RuleVersion, Standing, rule_versions};
use crate::rules::Outline;
use crate::store::{self, rule_sets};

/// The maximum number of events that are read.
const EVENTS: i64 = 10_000;

/// List the versions of the rules, newest first
///
/// For each version, shows when it was active, who activated it and why. A proposal that waits for approval comes
/// first, then the last candidate in shadow mode.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The maximum number of versions.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: &Args) -> Ending {
    let settings = args.settings.load()?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let events = store::newest_rule_set_events(&pool, EVENTS)
            .await
            .map_err(database::failed)?;
        let mut versions = Vec::new();
        for version in rule_versions(events).into_iter().take(args.limit) {
            let outline = outline(&pool, &version).await?;
            versions.push((version, outline));
        }
        match args.output {
            Output::Json => print_json(&versions.iter().map(document).collect::<Vec<_>>())?,
            Output::Text if versions.is_empty() => eprintln!("No rule set was ever active."),
            Output::Text => print_text(&told(&versions))?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn outline(pool: &PgPool, version: &RuleVersion) -> Result<Outline, Failure> {
    let file = rule_sets::rule_file(pool, &version.hash)
        .await
        .map_err(database::failed)?;
    Ok(file.as_deref().map(Outline::of).unwrap_or_default())
}

fn document((version, outline): &(RuleVersion, Outline)) -> Value {
    json!({
        "rule_set": hex::encode(version.hash),
        "standing": version.standing,
        "in_force": version.standing == Standing::InForce,
        "from": version.from,
        "until": version.until,
        "by": version.by,
        "approved_by": version.approved_by,
        "because": version.because,
        "rules": outline.rules,
        "tests": outline.tests,
    })
}

fn told(versions: &[(RuleVersion, Outline)]) -> String {
    let rows = versions.iter().map(|(version, outline)| {
        let by = match &version.approved_by {
            Some(approved_by) => format!("{}, approved by {approved_by}", version.by),
            None => version.by.clone(),
        };
        [
            version_ref::short(&version.hash),
            match version.standing {
                Standing::Past => String::new(),
                Standing::InForce => "active".to_owned(),
                other => other.to_string(),
            },
            time::local(version.from),
            version.until.map(time::local).unwrap_or_default(),
            outline.rules.to_string(),
            outline.tests.to_string(),
            by,
            version.because.clone().unwrap_or_default(),
        ]
    });
    table(
        ["version", "", "from", "until", "rules", "tests", "by", "why"],
        rows,
    )
}
