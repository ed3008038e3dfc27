use std::process::ExitCode;

use super::{document, tell};
use crate::cli::config::SettingsArgs;
use crate::cli::output::{print_json, print_text};
use crate::cli::{Ending, Failure, Output, database};
use crate::store::attempts;
use crate::store::reports::{self, DecisionFilter};

/// Which decision to show, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The order's id or `PO_…` key (its newest decision is shown), or a decision's id.
    #[arg(value_name = "ORDER")]
    order: String,
    /// Show every decision of the order, newest first.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    settings: SettingsArgs,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) fn run(args: &Args) -> Ending {
    let settings = args.settings.load()?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let filter = DecisionFilter {
            order: Some(args.order.clone()),
            ..DecisionFilter::default()
        };
        let limit = if args.all { 1_000 } else { 1 };
        let mut found = reports::list_decisions(&pool, &filter, limit)
            .await
            .map_err(database::failed)?;
        if let (true, Ok(id)) = (found.is_empty(), args.order.parse()) {
            found.extend(
                reports::decision_report(&pool, id)
                    .await
                    .map_err(database::failed)?,
            );
        }
        if found.is_empty() {
            let told = format!(
                "no decision is on record for `{}`; `portoutd orders list` shows what is known",
                args.order
            );
            return Err(Failure::not_good(anyhow::anyhow!(told)));
        }
        let mut documents = Vec::new();
        for report in &found {
            let attempts = attempts::attempts_of(&pool, report.decision.id)
                .await
                .map_err(database::failed)?;
            let orders = reports::find_orders(&pool, report.decision.order_id.as_str())
                .await
                .map_err(database::failed)?;
            let order = orders
                .iter()
                .find(|order| order.account == report.decision.account);
            match args.output {
                Output::Json => documents.push(document(report, &attempts)),
                Output::Text => print_text(&tell(report, &attempts, order))?,
            }
        }
        match (args.output, args.all) {
            (Output::Json, true) => print_json(&documents)?,
            (Output::Json, false) => print_json(&documents.first())?,
            (Output::Text, _) => {}
        }
        Ok(ExitCode::SUCCESS)
    })
}
