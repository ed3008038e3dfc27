//! `portoutd orders list`.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::filter::LiveFilter;
use super::live;
use crate::cli::config::SettingsArgs;
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::database;
use crate::cli::terminal::output::{Output, print_json, print_text};
use crate::cli::terminal::table::table;
use crate::cli::terminal::time;
use crate::clock::{Clock, SystemClock};
use crate::domain::AccountName;
use crate::store::reports::{self, KnownOrder};

/// List orders in the database, or with `--live` at Telnyx.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Read the orders from Telnyx instead of the database.
    #[arg(long)]
    live: bool,
    /// Only orders with this status, such as `pending`.
    #[arg(long)]
    status: Option<String>,
    /// Only orders of this account.
    #[arg(long)]
    account: Option<AccountName>,
    /// The maximum number of orders from the database.
    #[arg(long, default_value_t = 50, conflicts_with = "live", value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Only orders in the database that were first seen before this time. For the next page, use the time of the last
    /// one shown.
    #[arg(long, conflicts_with = "live")]
    before: Option<String>,
    #[command(flatten)]
    filter: LiveFilter,
    #[command(flatten)]
    settings: SettingsArgs,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) fn run(args: &Args) -> Ending {
    let settings = args.settings.load()?;
    if args.live {
        let filter = args.filter.filter(args.status.as_deref());
        return live::list(&settings, args.account.as_ref(), &filter, args.output);
    }
    let before = args
        .before
        .as_deref()
        .map(|text| time::since(text, SystemClock.now()));
    let before = before
        .transpose()
        .map_err(|wrong| Failure::usage(anyhow::anyhow!(wrong)))?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let found = reports::list_orders(
            &pool,
            args.account.as_ref(),
            args.status.as_deref(),
            before,
            args.limit,
        )
        .await
        .map_err(database::failed)?;
        match args.output {
            Output::Json => print_json(&found.iter().map(document).collect::<Vec<_>>())?,
            Output::Text if found.is_empty() => {
                eprintln!("No orders match. `portoutd orders list --live` reads from Telnyx.");
            }
            Output::Text => print_text(&table(
                [
                    "order",
                    "status",
                    "numbers",
                    "carrier",
                    "at Telnyx",
                    "decide by",
                    "read",
                ],
                found.iter().map(row),
            ))?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn row(order: &KnownOrder) -> [String; 7] {
    let time = |at: Option<jiff::Timestamp>| at.map(time::local).unwrap_or_default();
    [
        order
            .support_key
            .clone()
            .unwrap_or_else(|| order.order_id.to_string()),
        order.status.clone().unwrap_or_else(|| "not read yet".to_owned()),
        order.phone_numbers.join(" "),
        order
            .spid
            .clone()
            .or_else(|| order.carrier_name.clone())
            .unwrap_or_default(),
        time(order.inserted_at),
        time(order.decide_by),
        time(order.read_at),
    ]
}

/// An order in the database, for scripts.
pub(super) fn document(order: &KnownOrder) -> Value {
    json!({
        "account": order.account,
        "order_id": order.order_id,
        "support_key": order.support_key,
        "status": order.status,
        "phone_numbers": order.phone_numbers,
        "spid": order.spid,
        "carrier_name": order.carrier_name,
        "inserted_at": order.inserted_at,
        "first_seen_at": order.first_seen_at,
        "read_at": order.read_at,
        "decide_by": order.decide_by,
        "trouble": order.trouble,
    })
}
