//! `portoutd decisions show`.

use std::process::ExitCode;

use serde_json::{Value, json};
use sqlx::PgPool;

use super::as_test::{self, Subscriber};
use super::json::DecisionRow;
use super::reevaluate::{Missing, RecordedRules};
use super::story::story;
use crate::cli::config::SettingsArgs;
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::database;
use crate::cli::terminal::output::{Output, print_json, print_text};
use crate::store::attempts;
use crate::store::reports::{self, DecisionFilter, DecisionReport, KnownOrder};

/// Show a decision with its facts, trace, attempts and outcome.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The order's ID or `PO_…` key, which shows its newest decision, or a decision's ID.
    #[arg(value_name = "ORDER")]
    order: String,
    /// Show every decision of the order, newest first.
    #[arg(long)]
    all: bool,
    /// Print a `[[test]]` block for the rule file, with the known facts and the rules' verdict. It passes with the
    /// rules that were active. A later decision by a person or the deadline is named in a comment.
    #[arg(long, conflicts_with_all = ["all", "output"])]
    as_test: bool,
    /// Replace the subscriber's name, numbers, city and order number with invented values if the verdict does not
    /// depend on them.
    #[arg(long, requires = "as_test")]
    anonymous: bool,
    #[command(flatten)]
    settings: SettingsArgs,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) fn run(args: &Args) -> Ending {
    let settings = args.settings.load()?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let found = find(&pool, args).await?;
        match (args.as_test, found.first()) {
            (true, Some(report)) => {
                let subscriber = if args.anonymous {
                    Subscriber::Anonymous
                } else {
                    Subscriber::AsRecorded
                };
                print_text(&as_test::block(&pool, report, subscriber).await?)?;
            }
            _ => show(&pool, &found, args).await?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// The requested decisions, newest first.
async fn find(pool: &PgPool, args: &Args) -> Result<Vec<DecisionReport>, Failure> {
    let filter = DecisionFilter {
        order: Some(args.order.clone()),
        ..DecisionFilter::default()
    };
    let limit = if args.all { 1_000 } else { 1 };
    let mut found = reports::list_decisions(pool, &filter, limit)
        .await
        .map_err(database::failed)?;
    if let (true, Ok(id)) = (found.is_empty(), args.order.parse()) {
        found.extend(
            reports::decision_report(pool, id)
                .await
                .map_err(database::failed)?,
        );
    }
    if found.is_empty() {
        let told = format!(
            "no decision is recorded for `{}`. `portoutd orders list` lists the known orders",
            args.order
        );
        return Err(Failure::not_good(anyhow::anyhow!(told)));
    }
    Ok(found)
}

async fn show(pool: &PgPool, found: &[DecisionReport], args: &Args) -> Result<(), Failure> {
    let mut rules = RecordedRules::of(pool);
    let mut documents = Vec::new();
    for report in found {
        let attempts = attempts::attempts_of(pool, report.decision.id)
            .await
            .map_err(database::failed)?;
        let missing = rules.missing(&report.decision).await?;
        match args.output {
            Output::Json => {
                let mut document = json!(DecisionRow::of(report, &attempts));
                if let Some(members) = document.as_object_mut() {
                    members.insert("what_if".to_owned(), what_if(&missing));
                }
                documents.push(document);
            }
            Output::Text => {
                let order = order(pool, report).await?;
                print_text(story(report, &attempts, order.as_ref(), &missing))?;
            }
        }
    }
    match (args.output, args.all) {
        (Output::Json, true) => print_json(&documents)?,
        (Output::Json, false) => print_json(&documents.first())?,
        (Output::Text, _) => {}
    }
    Ok(())
}

async fn order(pool: &PgPool, report: &DecisionReport) -> Result<Option<KnownOrder>, Failure> {
    let orders = reports::find_orders(pool, report.decision.order_id.as_str())
        .await
        .map_err(database::failed)?;
    Ok(orders
        .into_iter()
        .find(|order| order.account == report.decision.account))
}

/// The effect of the missing facts; `null` if it is unknown.
fn what_if(missing: &Missing) -> Value {
    match missing {
        Missing::Nothing => json!([]),
        Missing::WhatIf(what_if) => json!(what_if),
        Missing::Untold(_) => Value::Null,
    }
}
