//! List edits and rollbacks that are interrupted at any moment, and what the next recovery makes of them.

mod foreign;
mod moments;
mod states;

use std::fs;
use std::path::PathBuf;

use sqlx::PgPool;
use tempfile::TempDir;

use super::change_recovery::{Recovered, Recovery};
use super::change_turn::Turn;
use super::list_edit::{EntryChange, ListEditError, ListEditRequest, ListEditStart, ListEdited, ListEditing};
use super::rollback::{RollbackError, RollbackRequest, RolledBack, roll_back_rules};
use crate::clock::{Clock as _, SystemClock};
use crate::rules::{ReadLimits, Sources};
use crate::store::{AdminAction, admin_actions};

const RULES: &str = r#"version = 1

[lists.locked]
type = "number"
file = "lists/locked.csv"

[[rule]]
id = "locked"
match.numbers.any_in = "@locked"
action = "hold"
"#;
const CSV: &str = "value,note,expires\n+13125550001,a lock,\n";
const EDITED: &str = "value,note,expires\n+13125550001,a lock,\n+13125550002,T-1,\n";

/// The rules and the list of the version that rollbacks restore.
const OLD_RULES: &str = "# The first version.\nversion = 1\n\n[lists.locked]\ntype = \"number\"\nfile = \"lists/locked.csv\"\n\n\
    [[rule]]\nid = \"locked\"\nmatch.numbers.any_in = \"@locked\"\naction = \"hold\"\n";
const OLD_CSV: &str = "value,note,expires\n+13125550009,,\n";

/// A folder with a rule file and a list.
struct RuleFolder {
    folder: TempDir,
    rules: PathBuf,
    pool: PgPool,
}

impl RuleFolder {
    fn new(pool: &PgPool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("lists")).unwrap();
        let rules = folder.path().join("rules.toml");
        let pool = pool.clone();
        let files = Self { folder, rules, pool };
        fs::write(&files.rules, RULES).unwrap();
        files.write_list(CSV);
        files
    }

    fn list(&self) -> PathBuf {
        self.folder.path().join("lists/locked.csv")
    }

    fn write_list(&self, text: &str) {
        fs::write(self.list(), text).unwrap();
    }

    fn list_text(&self) -> String {
        fs::read_to_string(self.list()).unwrap()
    }

    /// The rule file and the list.
    fn texts(&self) -> (String, String) {
        (fs::read_to_string(&self.rules).unwrap(), self.list_text())
    }

    fn edit_request(&self) -> ListEditRequest {
        ListEditRequest {
            rules: self.rules.clone(),
            limits: ReadLimits::default(),
            actor: "ann".to_owned(),
            list: "locked".to_owned(),
            value: "+13125550002".to_owned(),
            note: Some("T-1".to_owned()),
            change: EntryChange::Add { until: None },
        }
    }

    async fn edit(&self, request: ListEditRequest) -> Result<ListEdited, ListEditError> {
        match ListEditing::begin(request, &SystemClock).await? {
            ListEditStart::NothingToDo(edited) => Ok(edited),
            ListEditStart::Ready(editing) => editing.finish(&self.pool, &SystemClock, |_| ()).await,
        }
    }

    fn rollback_request(&self) -> RollbackRequest {
        let lists = vec![("lists/locked.csv".to_owned(), OLD_CSV.as_bytes().to_vec())];
        let sources = Sources::from_record("rules.toml", OLD_RULES, lists).unwrap();
        RollbackRequest {
            rules: self.rules.clone(),
            limits: ReadLimits::default(),
            actor: "ann".to_owned(),
            rule_set: sources.hash(),
            sources,
            because: None,
        }
    }

    async fn roll_back(&self) -> Result<RolledBack, RollbackError> {
        roll_back_rules(&self.pool, self.rollback_request(), &SystemClock, |_| ()).await
    }

    async fn turn(&self) -> Turn {
        Turn::wait(&self.rules, &SystemClock).await.unwrap()
    }

    async fn recover(&self) -> Vec<Recovered> {
        let recovery = Recovery {
            pool: &self.pool,
            turn: &self.turn().await,
            by: "bob",
            now: SystemClock.now(),
        };
        recovery.run(&self.rules).await.unwrap()
    }

    async fn actions(&self) -> Vec<AdminAction> {
        let actions = admin_actions(&self.pool).await.unwrap().into_iter();
        actions.map(|(action, _)| action).collect()
    }

    async fn action_names(&self) -> Vec<String> {
        let actions = self.actions().await.into_iter();
        actions.map(|action| action.action).collect()
    }

    /// Drafts and manifests.
    fn leftovers(&self) -> Vec<PathBuf> {
        let folders = [self.folder.path().to_owned(), self.folder.path().join("lists")];
        let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
        let mut found: Vec<PathBuf> = entries
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.file_name().to_string_lossy().starts_with('.'))
            .map(|entry| entry.path())
            .collect();
        found.sort();
        found
    }
}
