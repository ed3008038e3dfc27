//! `portoutd rules list`: edits of lists.

use std::process::ExitCode;

use anyhow::anyhow;
use jiff::civil::Date;

use super::super::config::{SettingsArgs, read_limits};
use super::list_show;
use super::loaded::load;
use crate::cli::check::tell_findings;
use crate::cli::failure::{Ending, Failure};
use crate::cli::rules::interrupted;
use crate::cli::session::{actor, database};
use crate::cli::terminal::output::print_text;
use crate::cli::terminal::{free_text, rules_refused};
use crate::clock::{Clock as _, SystemClock};
use crate::engine::{EntryChange, ListEditError, ListEditRequest, ListEdited, edit_rule_list};
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
    match &args.verb {
        Verb::Add(AddArgs { entry, note, until }) => {
            run_edit(entry, note.as_deref(), EntryChange::Add { until: *until })
        }
        Verb::Remove(RemoveArgs { entry, note }) => run_edit(entry, note.as_deref(), EntryChange::Remove),
        Verb::Expire(ExpireArgs { entry, until, note }) => {
            run_edit(entry, note.as_deref(), EntryChange::Expire { until: *until })
        }
        Verb::Show(args) => list_show::run(args),
    }
}

fn run_edit(args: &EntryArgs, note: Option<&str>, change: EntryChange) -> Ending {
    let note = note.map(|note| free_text::without_pin(note, "note"));
    let settings = args.settings.load()?;
    let request = ListEditRequest {
        rules: &settings.rules,
        limits: read_limits(&settings),
        actor: &actor::actor(),
        list: &args.list,
        value: &args.value,
        note: note.as_deref(),
        change,
    };
    let edited = database::runtime()?.block_on(async {
        let pool = match database::open(&settings).await {
            Ok(pool) => pool,
            // A broken rule file has to be fixed first, whether the database can be reached or not.
            Err(unavailable) => return Err(load(&settings, SystemClock.now()).err().unwrap_or(unavailable)),
        };
        let edited = edit_rule_list(&pool, &request, &SystemClock, interrupted::report).await;
        edited.map_err(|error| failed(error, &settings))
    })?;
    print_text(&sentence(&args.list, &edited, &settings))?;
    Ok(ExitCode::SUCCESS)
}

/// What a person reads when nothing is written.
fn failed(error: ListEditError, settings: &Settings) -> Failure {
    match error {
        ListEditError::NotGood(findings) => {
            tell_findings(&findings);
            let file = settings.rules.display();
            let tally = findings.tally();
            Failure::not_good(anyhow!("the rule file `{file}` has {tally}: mend it first"))
        }
        ListEditError::WouldBeRefused(refusal) => Failure::not_good(anyhow!(
            "nothing is written: with this edit the rules would be refused\n  {}",
            rules_refused::problems(&refusal).join("\n  ")
        )),
        ListEditError::Edit(refused) => Failure::not_good(refused),
        ListEditError::NotRecovered(error) => interrupted::not_recovered(error),
        ListEditError::Change(error) => interrupted::not_changed(error),
    }
}

fn sentence(list: &str, edited: &ListEdited, settings: &Settings) -> String {
    let value = &edited.value;
    let until = edited.until.map(|day| format!(" to the end of {day}"));
    let done = match (edited.done, until) {
        (Done::WasThere, _) => {
            return format!("{value} is in the list {list} already; nothing is changed.\n");
        }
        (Done::Added, until) => format!("{value} is in the list {list} now{}", until.unwrap_or_default()),
        (Done::Changed, Some(until)) => format!("{value} counts in the list {list}{until}"),
        (Done::Changed, None) => format!("{value} was in the list {list}, and is written anew"),
        (Done::Removed, _) => format!("{value} is taken out of the list {list}"),
    };
    let files = edited.files.join(" and ");
    format!("{done} ({files}).\n{}\n", next_step(settings))
}

/// What puts the edited list in force.
fn next_step(settings: &Settings) -> &'static str {
    if settings.rules_need_approval {
        "`portoutd reload` proposes it, and another person puts it in force by `portoutd rules approve`."
    } else {
        "A running service notices it within seconds; `portoutd reload` waits for its verdict."
    }
}
