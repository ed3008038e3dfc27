//! `portoutd rules list`: edits of lists.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::super::config::SettingsArgs;
use super::list_show;
use super::loaded::load;
use crate::cli::atomic_file::AtomicFile;
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::{actor, database};
use crate::cli::terminal::confirm::ConfirmArgs;
use crate::cli::terminal::output::print_text;
use crate::cli::terminal::{free_text, rules_refused};
use crate::clock::{Clock, SystemClock};
use crate::rules::{
    Done, EditedFile, EditedList, ListEdit, Loaded, Refusal, RuleSet, edit_list, read_rule_text,
};
use crate::settings::Settings;
use crate::store::record_admin_action;

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

/// An edit as it is recorded.
struct AuditedEdit<'a> {
    action: &'static str,
    list: &'a str,
    note: Option<&'a str>,
    edit: ListEdit,
}

pub(super) fn run(args: &Args) -> Ending {
    if let Verb::Remove(RemoveArgs { entry, confirm, .. }) = &args.verb {
        confirm.confirm(&format!(
            "Remove {} from the list {}: rules no longer find it there.",
            entry.value, entry.list
        ))?;
    }
    let note = match &args.verb {
        Verb::Add(AddArgs { note, .. })
        | Verb::Remove(RemoveArgs { note, .. })
        | Verb::Expire(ExpireArgs { note, .. }) => {
            note.as_deref().map(|note| free_text::without_pin(note, "note"))
        }
        Verb::Show(_) => None,
    };
    match &args.verb {
        Verb::Add(args) => run_edit(&args.entry, |value, _| AuditedEdit {
            action: "rules.list.add",
            list: &args.entry.list,
            note: note.as_deref(),
            edit: ListEdit::Add {
                value,
                note: note.clone(),
                until: args.until,
            },
        }),
        Verb::Remove(args) => run_edit(&args.entry, |value, _| AuditedEdit {
            action: "rules.list.remove",
            list: &args.entry.list,
            note: note.as_deref(),
            edit: ListEdit::Remove { value },
        }),
        Verb::Expire(args) => run_edit(&args.entry, |value, today| AuditedEdit {
            action: "rules.list.expire",
            list: &args.entry.list,
            note: note.as_deref(),
            edit: ListEdit::Expire {
                value,
                until: args.until.unwrap_or(today),
            },
        }),
        Verb::Show(args) => list_show::run(args),
    }
}

fn run_edit<'a>(args: &'a EntryArgs, deed: impl Fn(String, Date) -> AuditedEdit<'a>) -> Ending {
    let settings = args.settings.load()?;
    // One edit after the other: the next one reads what this one has written.
    let _turn = take_turn(&settings.rules);
    let now = SystemClock.now();
    let loaded = load(&settings, now)?;
    let deed = deed(args.value.clone(), loaded.rules.day_of(now));
    let edited = edit_list(&loaded, deed.list, &deed.edit, now).map_err(Failure::not_good)?;
    if edited.done == Done::WasThere {
        print_text(&format!(
            "{} is already in the list {}. Nothing was changed.\n",
            edited.value, deed.list
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    expect_good(&loaded, &edited, now)?;
    let detail = deed.detail(&loaded, &edited, &settings.rules);
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        record_and_write(&pool, &loaded, &edited, (deed.action, &detail)).await
    })?;
    print_text(&deed.told(&edited, &settings))?;
    Ok(ExitCode::SUCCESS)
}

/// Waits until no other edit of files in this folder is under way. Not every file system has such locks; there the
/// last edit wins, as it does between editors.
fn take_turn(rules: &Path) -> Option<File> {
    let folder = match rules.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let folder = File::open(folder).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

/// Refuses an edit after which the rules would not be put in force.
fn expect_good(loaded: &Loaded, edited: &EditedList, now: Timestamp) -> Result<(), Failure> {
    let sources = edited.applied_to(&loaded.sources);
    let result = RuleSet::from_sources(&sources, now)
        .map_err(Refusal::Findings)
        .and_then(|loaded| loaded.tested(now));
    let Err(refusal) = result else {
        return Ok(());
    };
    Err(Failure::not_good(anyhow!(
        "nothing was written, because the rules would be refused with this edit\n  {}",
        rules_refused::problems(&refusal).join("\n  ")
    )))
}

/// Records the edit, then puts the files in place. What can fail has been tried by then: what is on record is done, and
/// what is not on record is not.
async fn record_and_write(
    pool: &PgPool,
    loaded: &Loaded,
    edited: &EditedList,
    (action, detail): (&str, &Value),
) -> Result<(), Failure> {
    let lost = |error: sqlx::Error| database::failed(error.into());
    let mut drafts = Vec::new();
    for file in &edited.files {
        drafts.push(AtomicFile::write(Path::new(&file.path), &file.text)?);
    }
    let mut transaction = pool.begin().await.map_err(lost)?;
    record_admin_action(
        &mut transaction,
        &actor::actor(),
        action,
        detail,
        SystemClock.now(),
    )
    .await
    .map_err(database::failed)?;
    edited
        .files
        .iter()
        .try_for_each(|file| expect_unchanged(loaded, file))?;
    transaction.commit().await.map_err(lost)?;
    for draft in drafts {
        draft
            .put_in_place()
            .context("the edit is recorded, but its file could not be written. Edit the list again")?;
    }
    Ok(())
}

/// Refuses to write over what an editor has saved meanwhile.
fn expect_unchanged(loaded: &Loaded, file: &EditedFile) -> Result<(), Failure> {
    let path = &file.path;
    let read = || read_rule_text(Path::new(path)).with_context(|| format!("cannot read `{path}` again"));
    let is_same = match &file.list_file {
        None => read()? == loaded.sources.text,
        Some(name) => {
            let list = loaded.sources.lists.iter().find(|list| list.file == *name);
            list.is_some_and(|list| list.text().is_ok())
        }
    };
    if is_same {
        Ok(())
    } else {
        Err(Failure::not_good(anyhow!(
            "nothing was written, because `{path}` changed in the meantime. Try again"
        )))
    }
}

impl AuditedEdit<'_> {
    fn until(&self) -> Option<Date> {
        match &self.edit {
            ListEdit::Add { until, .. } => *until,
            ListEdit::Expire { until, .. } => Some(*until),
            ListEdit::Remove { .. } => None,
        }
    }

    /// As it is recorded. By the two rule sets the service knows that a list which shrinks was edited by a person.
    fn detail(&self, loaded: &Loaded, edited: &EditedList, rules: &Path) -> Value {
        let files: Vec<&str> = edited.files.iter().map(|file| file.path.as_str()).collect();
        json!({
            "rules": absolute(rules),
            "list": self.list,
            "value": edited.value,
            "note": self.note,
            "until": self.until().map(|day| day.to_string()),
            "files": files,
            "edited_rule_set": hex::encode(loaded.sources.hash()),
            "rule_set": hex::encode(edited.applied_to(&loaded.sources).hash()),
        })
    }

    fn told(&self, edited: &EditedList, settings: &Settings) -> String {
        let (value, list) = (&edited.value, self.list);
        let files: Vec<&str> = edited.files.iter().map(|file| file.path.as_str()).collect();
        let files = files.join(" and ");
        let until = self.until().map(|day| format!(" until the end of {day}"));
        let done = match (edited.done, until) {
            (Done::Added | Done::WasThere, until) => {
                format!("{value} is now in the list {list}{}", until.unwrap_or_default())
            }
            (Done::Changed, Some(until)) => format!("{value} is active in the list {list}{until}"),
            (Done::Changed, None) => format!("{value} was already in the list {list}, and is updated"),
            (Done::Removed, _) => format!("{value} is removed from the list {list}"),
        };
        format!("{done} ({files}).\n{}\n", next_step(settings))
    }
}

/// How to activate the edited list.
fn next_step(settings: &Settings) -> &'static str {
    if settings.rules_need_approval {
        "To propose the edit, run `portoutd reload`. Then another person activates it with `portoutd rules approve`."
    } else {
        "A running service detects the edit within seconds. To wait for the result, run `portoutd reload`."
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
