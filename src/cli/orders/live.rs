//! Current orders at Telnyx, read with the service's client.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::anyhow;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::cli::failure::{Ending, Failure};
use crate::cli::serve;
use crate::cli::session::database;
use crate::cli::terminal::output::{Output, print_json, print_text};
use crate::cli::terminal::table::table;
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
    output: Output,
) -> Ending {
    let accounts = accounts(settings, account)?;
    database::runtime()?.block_on(async {
        let (mut rows, mut bodies, mut unreadable) = (Vec::new(), Vec::new(), 0);
        for account in &accounts {
            let client = serve::client(settings, account, &clock())?;
            for one in all_pages(&client, filter).await? {
                bodies.push(serde_json::from_slice(&one.body).unwrap_or(Value::Null));
                match one.order {
                    Ok(order) => rows.push(row(&account.name, &order)),
                    Err(_) => unreadable += 1,
                }
            }
        }
        if unreadable > 0 {
            eprintln!(
                "Telnyx lists {unreadable} entries without a usable ID. To see them, add `--output json`."
            );
        }
        match output {
            Output::Json => print_json(&bodies)?,
            Output::Text if rows.is_empty() => eprintln!("No orders at Telnyx match."),
            Output::Text => {
                print_text(&table(
                    [
                        "account",
                        "order",
                        "id",
                        "status",
                        "numbers",
                        "carrier",
                        "at Telnyx",
                    ],
                    rows,
                ))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    })
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
    if !std::io::stderr().is_terminal() {
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

fn row(account: &AccountName, order: &Order) -> [String; 7] {
    let numbers: Vec<String> = order.numbers.readable.iter().map(ToString::to_string).collect();
    let carrier = order
        .spid
        .as_ref()
        .map(ToString::to_string)
        .or_else(|| order.carrier_name.clone());
    [
        account.to_string(),
        order.support_key.clone().unwrap_or_default(),
        order.id.to_string(),
        order.status.to_string(),
        numbers
            .into_iter()
            .chain(order.numbers.unreadable.iter().cloned())
            .collect::<Vec<_>>()
            .join(" "),
        carrier.unwrap_or_default(),
        order.inserted_at.map(time::local).unwrap_or_default(),
    ]
}
