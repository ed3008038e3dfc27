//! `portoutd decisions list`.

use std::process::ExitCode;

use serde_json::Value;

use super::json::document;
use crate::cli::config::SettingsArgs;
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::database;
use crate::cli::terminal::output::{Output, print_json, print_text};
use crate::cli::terminal::table::table;
use crate::cli::terminal::time;
use crate::clock::{Clock, SystemClock};
use crate::domain::{Action, DecidedBy};
use crate::store::attempts;
use crate::store::reports::{self, DecisionFilter, DecisionReport};

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
    settings: SettingsArgs,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
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
    let settings = args.settings.load()?;
    let filter = args.filter()?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let found = reports::list_decisions(&pool, &filter, args.limit)
            .await
            .map_err(database::failed)?;
        match args.output {
            Output::Json => {
                let mut documents: Vec<Value> = Vec::with_capacity(found.len());
                for report in &found {
                    let attempts = attempts::attempts_of(&pool, report.decision.id)
                        .await
                        .map_err(database::failed)?;
                    documents.push(document(report, &attempts));
                }
                print_json(&documents)?;
            }
            Output::Text if found.is_empty() => eprintln!("No decisions match."),
            Output::Text => print_text(&rows(&found))?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn rows(found: &[DecisionReport]) -> String {
    let row = |report: &DecisionReport| {
        let decision = &report.decision;
        let by = decision.person.clone().or_else(|| decision.rule.clone());
        [
            time::local(decision.decided_at),
            report
                .support_key
                .clone()
                .unwrap_or_else(|| decision.order_id.to_string()),
            decision.episode.to_string(),
            decision.action.to_string(),
            by.map_or_else(
                || decision.by.to_string(),
                |name| format!("{} {name}", decision.by),
            ),
            decision.cause.map(|cause| cause.to_string()).unwrap_or_default(),
            if decision.mode == crate::domain::Mode::Shadow {
                "shadow".to_owned()
            } else {
                report.answer.to_string()
            },
        ]
    };
    table(
        ["decided", "order", "stay", "action", "by", "cause", "answer"],
        found.iter().map(row),
    )
}
