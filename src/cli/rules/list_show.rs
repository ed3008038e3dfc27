//! `portoutd rules list show`.

use std::fmt::Write as _;
use std::process::ExitCode;

use serde_json::json;

use super::super::config::SettingsArgs;
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::database;
use crate::cli::terminal::output::{Output, print_json, print_text};
use crate::cli::terminal::table;
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
    settings: SettingsArgs,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) fn run(args: &Args) -> Ending {
    let settings = args.settings.load()?;
    let loaded = crate::cli::rules::loaded::load(&settings, SystemClock.now())?;
    match &args.list {
        Some(list) => show_entries(args, &loaded, list)?,
        None => show_lists(args, &loaded.rules.lists_in_words())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn show_lists(args: &Args, lists: &[ListInWords]) -> Result<(), Failure> {
    let row = |list: &ListInWords| [list.name.clone(), list.kind.clone(), list.entries.to_string()];
    match args.output {
        Output::Json => print_json(&lists)?,
        Output::Text => print_text(&table::table(["LIST", "TYPE", "ENTRIES"], lists.iter().map(row)))?,
    }
    Ok(())
}

fn show_entries(args: &Args, loaded: &Loaded, list: &str) -> Result<(), Failure> {
    let mut entries = rules::list_entries(loaded, list).map_err(Failure::not_good)?;
    let count = entries.len();
    entries.truncate(args.limit);
    match args.output {
        Output::Json => print_json(&json!({ "list": list, "count": count, "entries": entries }))?,
        Output::Text => print_text(&told(&entries, count))?,
    }
    Ok(())
}

fn told(entries: &[ListEntry], count: usize) -> String {
    let row = |entry: &ListEntry| {
        [
            entry.value.clone(),
            entry.expires.clone().unwrap_or_default(),
            entry.note.clone().unwrap_or_default(),
        ]
    };
    let mut text = table::table(["VALUE", "EXPIRES", "NOTE"], entries.iter().map(row));
    if count > entries.len() {
        let more = database::counted(count - entries.len(), "more line");
        let _ = writeln!(text, "{more}; `--limit {count}` shows all.");
    }
    text
}
