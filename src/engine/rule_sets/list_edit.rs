//! Edits a list of the rule file in place, and records who did.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::change_manifest::digest_of;
use super::change_recovery::{NotRecovered, Recovered, recover};
use super::file_change::{ChangeError, ChangeRecord, FileChange, NewFile, Turn};
use crate::clock::Clock;
use crate::rules::{
    Done, EditRefused, EditedFile, EditedList, Findings, ListEdit, Loaded, ReadLimits, Refusal, RuleSet,
    edit_list,
};

/// An edit of one entry of a list.
#[derive(Debug, Clone, Copy)]
pub struct ListEditRequest<'a> {
    /// The rule file.
    pub rules: &'a Path,
    /// How much of list files is read.
    pub limits: ReadLimits,
    /// Who asks.
    pub actor: &'a str,
    /// The list, without `@`.
    pub list: &'a str,
    /// The value as a person writes it.
    pub value: &'a str,
    /// What is noted beside a new entry, or why an entry is removed or ended.
    pub note: Option<&'a str>,
    /// What is done to the entry.
    pub change: EntryChange,
}

/// What is done to an entry. Days are in the time zone of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryChange {
    /// It is put in, or gets another note or day.
    Add {
        /// The last day on which it counts.
        until: Option<Date>,
    },
    /// It is taken out.
    Remove,
    /// It stays and counts no longer than to the end of a day.
    Expire {
        /// The last day on which it counts; `None` is today.
        until: Option<Date>,
    },
}

/// What an edit has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEdited {
    /// The value as the list has it.
    pub value: String,
    /// What was done. Nothing is written or recorded for [`Done::WasThere`].
    pub done: Done,
    /// The last day on which the entry counts, where the edit says one.
    pub until: Option<Date>,
    /// The files that were written.
    pub files: Vec<String>,
}

/// Why a list is not edited.
#[derive(Debug, thiserror::Error)]
pub enum ListEditError {
    /// The rule file has errors, so an edit of it could not be checked.
    #[error("the rule file has {0}")]
    NotGood(Findings),
    /// The list cannot be edited like that.
    #[error(transparent)]
    Edit(#[from] EditRefused),
    /// With the edit the rules would not be put in effect.
    #[error("nothing is written: with this edit the rules would be refused")]
    WouldBeRefused(Refusal),
    /// An earlier change cannot be completed or reverted.
    #[error(transparent)]
    NotRecovered(#[from] NotRecovered),
    /// The edit cannot be recorded or written.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

/// Edits a list. Completes or reverts an interrupted change first, and reports what became of it.
///
/// # Errors
/// Why nothing is written; or, for [`ChangeError::Unconfirmed`] and [`ChangeError::Unfinished`], what the next call
/// completes.
pub async fn edit_rule_list(
    pool: &PgPool,
    request: &ListEditRequest<'_>,
    clock: &dyn Clock,
    report: impl Fn(&Recovered),
) -> Result<ListEdited, ListEditError> {
    // One edit after the other: the next one reads what this one has written.
    let _turn = Turn::wait(request.rules);
    recover(pool, request.rules).await?.iter().for_each(report);
    let plan = ListEditPlan::of(request, clock.now())?;
    if plan.edited.done != Done::WasThere {
        let change = plan.prepare()?;
        let recorded = change.record(pool, plan.record(clock.now())).await?;
        recorded.put_in_place()?;
    }
    Ok(plan.outcome())
}

/// An edit whose result is good, before anything is written.
#[derive(Debug)]
pub(super) struct ListEditPlan<'a> {
    request: &'a ListEditRequest<'a>,
    until: Option<Date>,
    loaded: Loaded,
    edited: EditedList,
    /// The rule set that it leads to.
    rule_set: [u8; 32],
}

impl<'a> ListEditPlan<'a> {
    pub(super) fn of(request: &'a ListEditRequest<'a>, now: Timestamp) -> Result<Self, ListEditError> {
        let loaded =
            RuleSet::load_within(request.rules, request.limits, now).map_err(ListEditError::NotGood)?;
        let (edit, until) = request.edit(loaded.rules.day_of(now));
        let edited = edit_list(&loaded, request.list, &edit, now)?;
        let sources = edited.applied_to(&loaded.sources);
        if edited.done != Done::WasThere {
            RuleSet::from_sources(&sources, now)
                .map_err(Refusal::Findings)
                .and_then(|loaded| loaded.tested(now))
                .map_err(ListEditError::WouldBeRefused)?;
        }
        Ok(Self {
            request,
            until,
            rule_set: sources.hash(),
            loaded,
            edited,
        })
    }

    /// Writes the drafts.
    pub(super) fn prepare(&self) -> Result<FileChange, ChangeError> {
        let files: Vec<NewFile<'_>> = self
            .edited
            .files
            .iter()
            .map(|file| NewFile {
                path: Path::new(&file.path),
                text: &file.text,
                replaced: self.digest_as_loaded(file),
            })
            .collect();
        Ok(FileChange::prepare(&self.rule_set, &files)?)
    }

    /// What the file was when the rules were loaded.
    fn digest_as_loaded(&self, file: &EditedFile) -> Option<String> {
        let sources = &self.loaded.sources;
        match &file.list_file {
            None => Some(digest_of(&sources.text)),
            Some(name) => {
                let list = sources.lists.iter().find(|list| list.file == *name);
                list.map(|list| hex::encode(list.digest))
            }
        }
    }

    /// As it is recorded. By the two rule sets the service knows that a list which shrinks was edited by a person.
    pub(super) fn record(&self, at: Timestamp) -> ChangeRecord<'a> {
        ChangeRecord {
            actor: self.request.actor,
            action: match self.request.change {
                EntryChange::Add { .. } => "rules.list.add",
                EntryChange::Remove => "rules.list.remove",
                EntryChange::Expire { .. } => "rules.list.expire",
            },
            detail: self.detail(),
            at,
        }
    }

    fn detail(&self) -> Value {
        json!({
            "rules": absolute(self.request.rules),
            "list": self.request.list,
            "value": self.edited.value,
            "note": self.request.note,
            "until": self.until.map(|day| day.to_string()),
            "files": self.files(),
            "edited_rule_set": hex::encode(self.loaded.sources.hash()),
            "rule_set": hex::encode(self.rule_set),
        })
    }

    fn files(&self) -> Vec<String> {
        self.edited.files.iter().map(|file| file.path.clone()).collect()
    }

    fn outcome(&self) -> ListEdited {
        ListEdited {
            value: self.edited.value.clone(),
            done: self.edited.done,
            until: self.until,
            files: self.files(),
        }
    }
}

impl ListEditRequest<'_> {
    /// The edit, and the last day on which the entry counts after it.
    fn edit(&self, today: Date) -> (ListEdit, Option<Date>) {
        let value = self.value.to_owned();
        match self.change {
            EntryChange::Add { until } => {
                let note = self.note.map(ToOwned::to_owned);
                (ListEdit::Add { value, note, until }, until)
            }
            EntryChange::Remove => (ListEdit::Remove { value }, None),
            EntryChange::Expire { until } => {
                let until = until.unwrap_or(today);
                (ListEdit::Expire { value, until }, Some(until))
            }
        }
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests;
