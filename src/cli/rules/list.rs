//! `portoutd rules list`: edits of lists.

use std::process::ExitCode;

use anyhow::anyhow;
use jiff::civil::Date;

use super::super::config::{SettingsArgs, read_limits};
use super::list_show;
use super::loaded::rules_have_errors;
use crate::cli::failure::{Ending, Failure};
use crate::cli::rules::interrupted;
use crate::cli::session::{actor, database};
use crate::cli::terminal::confirm::ConfirmArgs;
use crate::cli::terminal::output::print_text;
use crate::cli::terminal::{free_text, rules_refused};
use crate::clock::SystemClock;
use crate::engine::{EntryChange, ListEditError, ListEditRequest, ListEditStart, ListEdited, ListEditing};
use crate::rules::Done;
use crate::settings::Settings;

/// Show or edit a list of the rule file
///
/// An edit changes the list's file if it has one, otherwise its `values` in the rule file. Comments and all other lines
/// stay. Nothing is written if the rules would have an error or a failing test, or if the edit cannot be recorded. A
/// running service detects the change automatically.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Add a list entry, or change its note or expiry
    ///
    /// An expired entry becomes active again.
    Add(AddArgs),
    /// Remove a list entry and the comment on its line.
    Remove(RemoveArgs),
    /// Set the expiry of a list entry
    ///
    /// The entry stays in the list with this date.
    Expire(ExpireArgs),
    /// Show all lists, or the entries of one.
    Show(list_show::Args),
}

#[derive(Debug, clap::Args)]
struct AddArgs {
    #[command(flatten)]
    entry: EntryArgs,
    /// A note, such as a ticket number.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// The last day on which the entry is active, such as 2031-01-31, in the time zone of the rules.
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
}

#[derive(Debug, clap::Args)]
struct RemoveArgs {
    #[command(flatten)]
    entry: EntryArgs,
    #[command(flatten)]
    confirm: ConfirmArgs,
    /// The reason, which is recorded.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

#[derive(Debug, clap::Args)]
struct ExpireArgs {
    #[command(flatten)]
    entry: EntryArgs,
    /// The last day on which the entry is active, in the time zone of the rules [default: today]
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// The reason, which is recorded.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

#[derive(Debug, clap::Args)]
struct EntryArgs {
    /// The list, without `@`.
    list: String,
    /// The value: a SPID, a number or prefix such as "+1312*", or a text, according to the type of the list.
    #[arg(allow_hyphen_values = true)]
    value: String,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: &Args) -> Ending {
    if let Verb::Remove(RemoveArgs { entry, confirm, .. }) = &args.verb {
        confirm.confirm(&format!(
            "Remove {} from the list {}: rules no longer find it there.",
            entry.value, entry.list
        ))?;
    }
    match &args.verb {
        Verb::Add(AddArgs { entry, note, until }) => {
            run_edit(entry, note.as_deref(), EntryChange::Add { until: *until })
        }
        Verb::Remove(RemoveArgs { entry, note, .. }) => run_edit(entry, note.as_deref(), EntryChange::Remove),
        Verb::Expire(ExpireArgs { entry, until, note }) => {
            run_edit(entry, note.as_deref(), EntryChange::Expire { until: *until })
        }
        Verb::Show(args) => list_show::run(args),
    }
}

fn run_edit(args: &EntryArgs, note: Option<&str>, change: EntryChange) -> Ending {
    let settings = args.settings.load()?;
    let request = ListEditRequest {
        rules: settings.rules.clone(),
        limits: read_limits(&settings),
        actor: actor::actor(),
        list: args.list.clone(),
        value: args.value.clone(),
        note: note.map(|note| free_text::without_pin(note, "note")),
        change,
    };
    let edited = database::runtime()?.block_on(edit(&settings, request))?;
    print_text(&sentence(&args.list, &edited, &settings))?;
    Ok(ExitCode::SUCCESS)
}

/// A refused edit needs no database.
async fn edit(settings: &Settings, request: ListEditRequest) -> Result<ListEdited, Failure> {
    let failed = |error| failed(error, settings);
    let started = ListEditing::begin(request, &SystemClock).await.map_err(failed)?;
    match started {
        ListEditStart::NothingToDo(edited) => Ok(edited),
        ListEditStart::Ready(editing) => {
            let pool = database::open(settings).await?;
            let edited = editing.finish(&pool, &SystemClock, interrupted::report).await;
            edited.map_err(failed)
        }
    }
}

/// Prints why nothing is changed.
fn failed(error: ListEditError, settings: &Settings) -> Failure {
    match error {
        ListEditError::NotGood(findings) => rules_have_errors(settings, &findings),
        ListEditError::WouldBeRefused(ref refusal) => {
            let problems = rules_refused::problems(refusal).join("\n  ");
            Failure::not_good(anyhow!("{error}\n  {problems}"))
        }
        ListEditError::NotRecovered(error) => interrupted::not_recovered(error),
        ListEditError::Change(error) => interrupted::not_changed(error),
        ListEditError::Edit(_) | ListEditError::Busy(_) => Failure::not_good(error),
    }
}

fn sentence(list: &str, edited: &ListEdited, settings: &Settings) -> String {
    let value = &edited.value;
    let done = match (edited.done, edited.until) {
        (Done::WasThere, _) => {
            return format!("{value} is already in the list {list}. Nothing was changed.\n");
        }
        (Done::Added, None) => format!("{value} is now in the list {list}"),
        (Done::Added, Some(day)) => format!("{value} is now in the list {list} until the end of {day}"),
        (Done::Changed, None) => format!("{value} was already in the list {list}, and is updated"),
        (Done::Changed, Some(day)) => format!("{value} is active in the list {list} until the end of {day}"),
        (Done::Removed, _) => format!("{value} is removed from the list {list}"),
    };
    let files = edited.files.join(" and ");
    format!("{done} ({files}).\n{}\n", next_step(settings))
}

/// How to activate the edited list.
fn next_step(settings: &Settings) -> &'static str {
    if settings.rules_need_approval {
        "To propose the edit, run `portoutd reload`. Then another person activates it with `portoutd rules approve`."
    } else {
        "A running service detects the edit within seconds. To wait for the result, run `portoutd reload`."
    }
}
