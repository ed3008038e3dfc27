//! `portoutd orders list`.

use std::process::ExitCode;

use jiff::Timestamp;
use serde::Serialize;

use super::filter::LiveFilter;
use super::live;
use crate::cli::config::SettingsArgs;
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::database;
use crate::cli::terminal::rows::{Field, ListArgs, Row};
use crate::cli::terminal::table::Cell;
use crate::cli::terminal::time;
use crate::clock::{Clock, SystemClock};
use crate::domain::{AccountName, OrderId};
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
    list: ListArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: &Args) -> Ending {
    if args.live {
        let selection = args.list.selection()?;
        let filter = args.filter.filter(args.status.as_deref());
        return live::list(&args.settings.load()?, args.account.as_ref(), &filter, &selection);
    }
    let selection = args.list.selection::<OrderRow>()?;
    let settings = args.settings.load()?;
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
        let rows: Vec<OrderRow> = found.iter().map(OrderRow::of).collect();
        selection.print(
            &rows,
            "No orders match. `portoutd orders list --live` reads from Telnyx.",
        )?;
        Ok(ExitCode::SUCCESS)
    })
}

/// An order in the database.
#[derive(Serialize)]
pub(super) struct OrderRow<'a> {
    support_key: Option<&'a str>,
    status: Option<&'a str>,
    phone_numbers: &'a [String],
    spid: Option<&'a str>,
    inserted_at: Option<Timestamp>,
    decide_by: Option<Timestamp>,
    read_at: Option<Timestamp>,
    account: &'a AccountName,
    order_id: &'a OrderId,
    carrier_name: Option<&'a str>,
    first_seen_at: Timestamp,
    trouble: Option<&'a str>,
}

impl<'a> OrderRow<'a> {
    pub(super) fn of(order: &'a KnownOrder) -> Self {
        Self {
            support_key: order.support_key.as_deref(),
            status: order.status.as_deref(),
            phone_numbers: &order.phone_numbers,
            spid: order.spid.as_deref(),
            inserted_at: order.inserted_at,
            decide_by: order.decide_by,
            read_at: order.read_at,
            account: &order.account,
            order_id: &order.order_id,
            carrier_name: order.carrier_name.as_deref(),
            first_seen_at: order.first_seen_at,
            trouble: order.trouble.as_deref(),
        }
    }
}

impl Row for OrderRow<'_> {
    const FIELDS: &'static [Field] = &[
        Field::column("support_key", "order"),
        Field::column("status", "status"),
        Field::column("phone_numbers", "numbers"),
        Field::column("spid", "carrier"),
        Field::column("inserted_at", "at Telnyx"),
        Field::column("decide_by", "decide by"),
        Field::column("read_at", "read"),
        Field::detail("account"),
        Field::detail("order_id"),
        Field::detail("carrier_name"),
        Field::detail("first_seen_at"),
        Field::detail("trouble"),
    ];

    fn cell(&self, field: &str) -> Option<Cell> {
        let time = |at: Option<Timestamp>| at.map(|at| time::local(at).into());
        match field {
            "support_key" => Some(self.support_key.unwrap_or(self.order_id.as_str()).into()),
            "status" => Some(Cell::outcome(self.status.unwrap_or("not read yet"))),
            "spid" => Some(self.spid.or(self.carrier_name).unwrap_or_default().into()),
            "inserted_at" => time(self.inserted_at),
            "decide_by" => time(self.decide_by),
            "read_at" => time(self.read_at),
            "first_seen_at" => time(Some(self.first_seen_at)),
            _ => None,
        }
    }
}
