//! Edits a list of the rule file in its place, and records who did it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::change_manifest::digest_of;
use super::change_recovery::{NotRecovered, Recovered, Recovery, is_interrupted};
use super::change_turn::{Busy, Turn};
use super::file_change::{ChangeError, ChangeRecord, FileChange, NewFile};
use super::file_threads::Overdue;
use crate::clock::Clock;
use crate::rules::{
    Done, EditRefused, EditedFile, EditedList, Findings, ListEdit, Loaded, ReadLimits, Refusal, RuleSet,
    edit_list,
};

/// How long reading and testing the rules may take.
const PLAN_LIMIT: Duration = Duration::from_mins(5);

/// An edit of one entry of a list.
#[derive(Debug, Clone)]
pub struct ListEditRequest {
    /// The rule file.
    pub rules: PathBuf,
    /// How much of list files is read.
    pub limits: ReadLimits,
    /// Who requests the edit.
    pub actor: String,
    /// The list, without `@`.
    pub list: String,
    /// The value as a person writes it.
    pub value: String,
    /// The note of a new entry, or the reason for removing or expiring an entry.
    pub note: Option<String>,
    /// What is done to the entry.
    pub change: EntryChange,
}

/// What is done to an entry. Days are in the time zone of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryChange {
    /// It is added, or its note or expiry is changed.
    Add {
        /// The last day on which it is active.
        until: Option<Date>,
    },
    /// It is removed.
    Remove,
    /// It stays in the list and expires.
    Expire {
        /// The last day on which it is active; `None` is today.
        until: Option<Date>,
    },
}

/// The outcome of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEdited {
    /// The value as it is written in the list.
    pub value: String,
    /// What was done. Nothing is written or recorded for [`Done::WasThere`].
    pub done: Done,
    /// The last day on which the entry is active, if the edit sets one.
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
    /// The list cannot be edited in this way.
    #[error(transparent)]
    Edit(#[from] EditRefused),
    /// The edited rules could not take effect.
    #[error("nothing was written, because the rules would be refused with this edit")]
    WouldBeRefused(Refusal),
    /// Another change is in progress.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// An earlier change cannot be completed or reverted.
    #[error(transparent)]
    NotRecovered(#[from] NotRecovered),
    /// The edit cannot be recorded or written.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

/// How an edit begins.
#[derive(Debug)]
pub enum ListEditStart {
    /// The entry is already in the list as requested, so there is nothing to write.
    NothingToDo(ListEdited),
    /// The edit needs the database.
    Ready(Box<ListEditing>),
}

/// An edit in progress. No other change of the same files can begin before it ends.
#[derive(Debug)]
pub struct ListEditing {
    request: Arc<ListEditRequest>,
    turn: Turn,
    /// `None` if an interrupted change must be completed or reverted first.
    plan: Option<ListEditPlan>,
}

impl ListEditing {
    /// Begins an edit: waits until no other change is in progress and checks the edit, without the database.
    ///
    /// # Errors
    /// The edit is refused. Nothing is changed.
    pub async fn begin(request: ListEditRequest, clock: &dyn Clock) -> Result<ListEditStart, ListEditError> {
        let turn = Turn::wait(&request.rules, clock).await?;
        let request = Arc::new(request);
        let mut plan = None;
        if !is_interrupted(&turn, &request.rules).await? {
            let planned = ListEditPlan::of(&turn, request.clone(), clock.now()).await?;
            if planned.edited.done == Done::WasThere {
                return Ok(ListEditStart::NothingToDo(planned.outcome()));
            }
            plan = Some(planned);
        }
        Ok(ListEditStart::Ready(Box::new(Self { request, turn, plan })))
    }

    /// Completes or reverts an interrupted change, reports its outcome, and makes the edit.
    ///
    /// # Errors
    /// Nothing is changed, except for [`ChangeError::Unconfirmed`] and [`ChangeError::Unfinished`], which the next change
    /// completes.
    pub async fn finish(
        self,
        pool: &PgPool,
        clock: &dyn Clock,
        report: impl Fn(&Recovered),
    ) -> Result<ListEdited, ListEditError> {
        let (turn, request) = (&self.turn, self.request);
        let recovery = Recovery {
            pool,
            turn,
            by: &request.actor,
            now: clock.now(),
        };
        recovery.run(&request.rules).await?.iter().for_each(report);
        let plan = match self.plan {
            Some(plan) => plan,
            None => ListEditPlan::of(turn, request.clone(), clock.now()).await?,
        };
        let outcome = plan.outcome();
        if outcome.done != Done::WasThere {
            plan.into_change(clock.now()).make(pool, turn).await?;
        }
        Ok(outcome)
    }
}

/// A checked edit, before anything is written.
#[derive(Debug)]
struct ListEditPlan {
    request: Arc<ListEditRequest>,
    until: Option<Date>,
    loaded: Loaded,
    edited: EditedList,
    /// The rule set that it leads to.
    rule_set: [u8; 32],
}

impl ListEditPlan {
    async fn of(turn: &Turn, request: Arc<ListEditRequest>, now: Timestamp) -> Result<Self, ListEditError> {
        let planned = turn.work(PLAN_LIMIT, move || Self::check(request, now)).await;
        planned.map_err(|Overdue| ChangeError::Blocked)?
    }

    fn check(request: Arc<ListEditRequest>, now: Timestamp) -> Result<Self, ListEditError> {
        let loaded =
            RuleSet::load_within(&request.rules, request.limits, now).map_err(ListEditError::NotGood)?;
        let (edit, until) = request.edit(loaded.rules.day_of(now));
        let edited = edit_list(&loaded, &request.list, &edit, now)?;
        let sources = edited.applied_to(&loaded.sources);
        if edited.done != Done::WasThere {
            RuleSet::from_sources(&sources, now)
                .map_err(Refusal::Findings)
                .and_then(|loaded| loaded.tested(now))
                .map_err(ListEditError::WouldBeRefused)?;
        }
        Ok(Self {
            until,
            rule_set: sources.hash(),
            request,
            loaded,
            edited,
        })
    }

    fn into_change(self, at: Timestamp) -> FileChange {
        let record = self.record(at);
        let digests: Vec<_> = self
            .edited
            .files
            .iter()
            .map(|file| self.digest_as_loaded(file))
            .collect();
        let files = self.edited.files.into_iter().zip(digests);
        FileChange {
            rule_set: self.rule_set,
            files: files
                .map(|(file, replaced)| NewFile {
                    path: file.path.into(),
                    text: file.text,
                    replaced,
                })
                .collect(),
            record,
        }
    }

    /// The SHA-256 of a file when the rules were loaded.
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

    /// How the edit is recorded. From the two rule sets, the service knows that a person made a list shorter.
    fn record(&self, at: Timestamp) -> ChangeRecord {
        let request = &self.request;
        ChangeRecord {
            actor: request.actor.clone(),
            action: match request.change {
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
            "rules": absolute(&self.request.rules),
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

impl ListEditRequest {
    /// The edit, and the last day on which the entry is active after it.
    fn edit(&self, today: Date) -> (ListEdit, Option<Date>) {
        let value = self.value.clone();
        match self.change {
            EntryChange::Add { until } => {
                let note = self.note.clone();
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
