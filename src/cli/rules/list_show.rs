//! `portoutd rules list show`.

use std::process::ExitCode;

use serde::Serialize;

use super::super::config::SettingsArgs;
use super::loaded::load;
use crate::cli::failure::{Ending, Failure};
use crate::cli::terminal::output::{message, print_json};
use crate::cli::terminal::rows::{Field, Format, JsonRow, ListArgs, Row};
use crate::clock::{Clock, SystemClock};
use crate::rules::{self, ListEntry, ListInWords, Loaded};

/// Show all lists, or the entries of one.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The list, without `@` [default: all lists]
    list: Option<String>,
    /// The maximum number of entries.
    #[arg(long, default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    format: ListArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: &Args) -> Ending {
    match &args.list {
        Some(list) => show_entries(args, list),
        None => show_lists(args),
    }
}

fn loaded(args: &Args) -> Result<Loaded, Failure> {
    load(&args.settings.load()?, SystemClock.now())
}

fn show_lists(args: &Args) -> Ending {
    let selection = args.format.selection::<ListInWords>()?;
    let lists = loaded(args)?.rules.lists_in_words();
    selection.print(&lists, "The rule file has no lists.")?;
    Ok(ExitCode::SUCCESS)
}

fn show_entries(args: &Args, list: &str) -> Ending {
    let selection = args.format.selection::<ListEntry>()?;
    let mut entries = rules::list_entries(&loaded(args)?, list).map_err(Failure::not_good)?;
    let count = entries.len();
    entries.truncate(args.limit);
    if selection.format() == Format::Json {
        print_json(&ListDocument {
            list,
            count,
            entries: selection.json(&entries)?,
        })?;
    } else {
        selection.print(&entries, &format!("The list {list} has no entries."))?;
    }
    if count > entries.len() && selection.format() != Format::Json {
        message!(
            "Only {} of {count} entries are shown. To see all, use `--limit {count}`.",
            entries.len()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// A list with its entries as JSON.
#[derive(Serialize)]
struct ListDocument<'a> {
    list: &'a str,
    count: usize,
    entries: Vec<JsonRow<'a, ListEntry>>,
}

impl Row for ListInWords {
    const FIELDS: &'static [Field] = &[
        Field::column("name", "list"),
        Field::column("type", "type"),
        Field::column("entries", "entries"),
    ];
}

impl Row for ListEntry {
    const FIELDS: &'static [Field] = &[
        Field::column("value", "value"),
        Field::column("expires", "expires"),
        Field::column("note", "note"),
    ];
}
