//! `portoutd decisions list`.

use std::process::ExitCode;

use super::json::DecisionRow;
use crate::cli::config::SettingsArgs;
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::database;
use crate::cli::terminal::rows::{Format, ListArgs};
use crate::cli::terminal::time;
use crate::clock::{Clock, SystemClock};
use crate::domain::{Action, DecidedBy};
use crate::store::attempts;
use crate::store::reports::{self, DecisionFilter};

/// List decisions, newest first.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only decisions of this order (its ID or its `PO_…` key).
    #[arg(long)]
    order: Option<String>,
    /// Only decisions with this action.
    #[arg(long)]
    action: Option<Action>,
    /// Only decisions by a rule, a person or the deadline.
    #[arg(long, value_parser = <DecidedBy as std::str::FromStr>::from_str)]
    by: Option<DecidedBy>,
    /// Only decisions by this rule.
    #[arg(long)]
    rule: Option<String>,
    /// Only decisions since then: a duration such as `24h` or `7d`, or a time.
    #[arg(long)]
    since: Option<String>,
    /// Only decisions before this time. For the next page, use the time of the last one shown.
    #[arg(long)]
    before: Option<String>,
    /// The maximum number of decisions.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

impl Args {
    fn filter(&self) -> Result<DecisionFilter, Failure> {
        let now = SystemClock.now();
        let instant = |text: &Option<String>| {
            text.as_deref()
                .map(|text| time::since(text, now).map_err(|wrong| Failure::usage(anyhow::anyhow!(wrong))))
                .transpose()
        };
        Ok(DecisionFilter {
            order: self.order.clone(),
            action: self.action.map(|action| action.to_string()),
            by: self.by.map(|by| by.to_string()),
            rule: self.rule.clone(),
            since: instant(&self.since)?,
            before: instant(&self.before)?,
        })
    }
}

pub(super) fn run(args: &Args) -> Ending {
    let selection = args.list.selection::<DecisionRow>()?;
    let settings = args.settings.load()?;
    let filter = args.filter()?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let found = reports::list_decisions(&pool, &filter, args.limit)
            .await
            .map_err(database::failed)?;
        let needs_attempts =
            selection.has_chosen_fields() || matches!(selection.format(), Format::Json | Format::Jsonl);
        let mut rows = Vec::with_capacity(found.len());
        for report in &found {
            let attempts = if needs_attempts {
                attempts::attempts_of(&pool, report.decision.id)
                    .await
                    .map_err(database::failed)?
            } else {
                Vec::new()
            };
            rows.push(DecisionRow::of(report, &attempts));
        }
        selection.print(&rows, "No decisions match.")?;
        Ok(ExitCode::SUCCESS)
    })
}
