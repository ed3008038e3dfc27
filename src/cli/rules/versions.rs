//! `portoutd rules versions`.

use std::process::ExitCode;

use jiff::Timestamp;
use serde::Serialize;
use sqlx::PgPool;

use super::version_ref;
use crate::cli::config::SettingsArgs;
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::database;
use crate::cli::terminal::rows::{Field, ListArgs, Row};
use crate::cli::terminal::table::Cell;
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
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: &Args) -> Ending {
    let selection = args.list.selection::<VersionRow>()?;
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
        let rows: Vec<VersionRow> = versions.iter().map(VersionRow::of).collect();
        selection.print(&rows, "No rule set was ever active.")?;
        Ok(ExitCode::SUCCESS)
    })
}

async fn outline(pool: &PgPool, version: &RuleVersion) -> Result<Outline, Failure> {
    let file = rule_sets::rule_file(pool, &version.hash)
        .await
        .map_err(database::failed)?;
    Ok(file.as_deref().map(Outline::of).unwrap_or_default())
}

/// A version of the rules.
#[derive(Serialize)]
struct VersionRow<'a> {
    rule_set: String,
    standing: Standing,
    from: Timestamp,
    until: Option<Timestamp>,
    rules: usize,
    tests: usize,
    by: &'a str,
    because: Option<&'a str>,
    in_force: bool,
    approved_by: Option<&'a str>,
}

impl<'a> VersionRow<'a> {
    fn of((version, outline): &'a (RuleVersion, Outline)) -> Self {
        Self {
            rule_set: hex::encode(version.hash),
            standing: version.standing,
            from: version.from,
            until: version.until,
            rules: outline.rules,
            tests: outline.tests,
            by: &version.by,
            because: version.because.as_deref(),
            in_force: version.standing == Standing::InForce,
            approved_by: version.approved_by.as_deref(),
        }
    }
}

impl Row for VersionRow<'_> {
    const FIELDS: &'static [Field] = &[
        Field::column("rule_set", "version"),
        Field::column("standing", ""),
        Field::column("from", "from"),
        Field::column("until", "until"),
        Field::column("rules", "rules"),
        Field::column("tests", "tests"),
        Field::column("by", "by"),
        Field::column("because", "why"),
        Field::detail("in_force"),
        Field::detail("approved_by"),
    ];

    fn cell(&self, field: &str) -> Option<Cell> {
        match field {
            "rule_set" => Some(version_ref::short_of(&self.rule_set).into()),
            "standing" => Some(match self.standing {
                Standing::Past => "".into(),
                Standing::InForce => Cell::outcome("active"),
                other => Cell::outcome(other.to_string()),
            }),
            "from" => Some(time::local(self.from).into()),
            "until" => self.until.map(|until| time::local(until).into()),
            "by" => Some(match self.approved_by {
                Some(approved_by) => format!("{}, approved by {approved_by}", self.by).into(),
                None => self.by.into(),
            }),
            _ => None,
        }
    }
}
