//! Current orders at Telnyx, read with the service's client.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::anyhow;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::cli::failure::{Ending, Failure};
use crate::cli::serve;
use crate::cli::session::database;
use crate::cli::terminal::output::{message, print_json, stderr_is_terminal};
use crate::cli::terminal::rows::{Field, Format, Row, Selection};
use crate::cli::terminal::table::Cell;
use crate::cli::terminal::time;
use crate::clock::{SharedClock, SystemClock};
use crate::domain::{AccountName, Order, OrderId};
use crate::settings::{AccountSettings, Settings};
use crate::telnyx::{Client, ListedOrder, OrderFilter, ReadError};

/// Lists orders at Telnyx, all pages of every account.
pub(super) fn list(
    settings: &Settings,
    account: Option<&AccountName>,
    filter: &OrderFilter,
    selection: &Selection<LiveRow>,
) -> Ending {
    let accounts = accounts(settings, account)?;
    database::runtime()?.block_on(async {
        let (mut rows, mut unreadable) = (Vec::new(), 0);
        for account in &accounts {
            let client = serve::client(settings, account, &clock())?;
            for one in all_pages(&client, filter).await? {
                let body = serde_json::from_slice(&one.body).unwrap_or(Value::Null);
                let order = one.order.ok();
                unreadable += usize::from(order.is_none());
                // A table has no place for an entry without an ID.
                if order.is_some() || selection.format() != Format::Table {
                    let account = account.name.clone();
                    rows.push(LiveRow { body, account, order });
                }
            }
        }
        if unreadable > 0 {
            message!(
                "Telnyx lists {unreadable} entries without a usable ID. To see them, add `--output json`."
            );
        }
        selection.print(&rows, "No orders at Telnyx match.")?;
        Ok(ExitCode::SUCCESS)
    })
}

/// An order at Telnyx. As JSON it is exactly what Telnyx returned.
pub(super) struct LiveRow {
    body: Value,
    account: AccountName,
    order: Option<Order>,
}

impl Serialize for LiveRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.body.serialize(serializer)
    }
}

impl Row for LiveRow {
    const FIELDS: &'static [Field] = &[
        Field::column("account", "account"),
        Field::column("support_key", "order"),
        Field::column("id", "id"),
        Field::column("status", "status"),
        Field::column("phone_numbers", "numbers"),
        Field::column("spid", "carrier"),
        Field::column("inserted_at", "at Telnyx"),
        Field::detail("carrier_name"),
        Field::detail("foc_date"),
        Field::detail("requested_foc_date"),
        Field::detail("updated_at"),
        Field::detail("end_user_name"),
        Field::detail("city"),
        Field::detail("state"),
        Field::detail("zip"),
        Field::detail("pon"),
        Field::detail("host_messaging"),
        Field::detail("rejection_code"),
        Field::detail("reason"),
    ];

    fn cell(&self, field: &str) -> Option<Cell> {
        let order = self.order.as_ref()?;
        match field {
            "status" => Some(Cell::outcome(order.status.to_string())),
            "phone_numbers" => Some(numbers(order).into()),
            "spid" => {
                let spid = order.spid.as_ref().map(ToString::to_string);
                Some(
                    spid.or_else(|| order.carrier_name.clone())
                        .unwrap_or_default()
                        .into(),
                )
            }
            "inserted_at" => order.inserted_at.map(|at| time::local(at).into()),
            _ => None,
        }
    }

    /// The fields of the list: Telnyx adds fields at any time, and the account is not one of them.
    fn document(&self) -> serde_json::Result<Value> {
        let fields = Self::FIELDS.iter().map(|field| {
            let value = match field.name() {
                "account" => self.account.to_string().into(),
                name => self.body.get(name).cloned().unwrap_or_default(),
            };
            (field.name().to_owned(), value)
        });
        Ok(Value::Object(fields.collect()))
    }
}

fn numbers(order: &Order) -> String {
    let readable = order.numbers.readable.iter().map(ToString::to_string);
    let all = readable.chain(order.numbers.unreadable.iter().cloned());
    all.collect::<Vec<String>>().join(" ")
}

/// Prints one order exactly as Telnyx returns it, as JSON.
pub(super) fn show(settings: &Settings, id_or_key: &str) -> Ending {
    let accounts = accounts(settings, None)?;
    database::runtime()?.block_on(async {
        for account in &accounts {
            let client = serve::client(settings, account, &clock())?;
            if let Some(body) = find(&client, id_or_key).await? {
                print_json(&serde_json::from_slice::<Value>(&body).unwrap_or(Value::Null))?;
                return Ok(ExitCode::SUCCESS);
            }
        }
        Err(Failure::not_good(anyhow!(
            "port-out `{id_or_key}` not found at Telnyx in the configured accounts"
        )))
    })
}

async fn find(client: &Client, id_or_key: &str) -> Result<Option<Vec<u8>>, Failure> {
    if id_or_key.starts_with("PO_") {
        let filter = OrderFilter {
            support_key: Some(id_or_key.to_owned()),
            ..OrderFilter::default()
        };
        return Ok(all_pages(client, &filter)
            .await?
            .into_iter()
            .next()
            .map(|one| one.body));
    }
    let id: OrderId = id_or_key.parse().map_err(Failure::usage)?;
    match client.get_order(&id).await {
        Ok(read) => Ok(Some(read.body)),
        Err(ReadError::NotFound { .. }) => Ok(None),
        Err(error) => Err(Failure::away(error)),
    }
}

async fn all_pages(client: &Client, filter: &OrderFilter) -> Result<Vec<ListedOrder>, Failure> {
    let bar = progress();
    let listed = client
        .list_all_orders(filter, |progress| {
            bar.set_length(progress.total_pages);
            bar.set_position(progress.pages);
        })
        .await
        .map_err(Failure::away);
    bar.finish_and_clear();
    listed
}

fn clock() -> SharedClock {
    Arc::new(SystemClock)
}

fn progress() -> ProgressBar {
    if !stderr_is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(1);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} page {pos} of {len}") {
        bar.set_style(style);
    }
    bar
}

fn accounts(settings: &Settings, only: Option<&AccountName>) -> Result<Vec<AccountSettings>, Failure> {
    let all = settings.accounts().map_err(Failure::config)?;
    let fitting: Vec<AccountSettings> = all
        .iter()
        .filter(|account| only.is_none_or(|name| *name == account.name))
        .cloned()
        .collect();
    match only {
        Some(name) if fitting.is_empty() => {
            Err(Failure::usage(anyhow!("account `{name}` is not configured")))
        }
        _ => Ok(fitting),
    }
}
