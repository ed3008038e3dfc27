//! A list edit that is cut off between any two of its steps is completed or reverted by the next call and by a start.

use std::fs;
use std::mem;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use super::super::change_recovery::recover_rule_files;
use super::super::file_change::RecordedChange;
use super::*;
use crate::clock::SystemClock;
use crate::store::admin_actions;

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

/// A rule file with a list, in a folder of its own.
struct Place {
    folder: tempfile::TempDir,
    rules: PathBuf,
    pool: PgPool,
}

impl Place {
    fn new(pool: PgPool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("lists")).unwrap();
        let rules = folder.path().join("rules.toml");
        let place = Self { folder, rules, pool };
        fs::write(&place.rules, RULES).unwrap();
        place.write(CSV);
        place
    }

    fn list(&self) -> PathBuf {
        self.folder.path().join("lists/locked.csv")
    }

    fn write(&self, text: &str) {
        fs::write(self.list(), text).unwrap();
    }

    fn read(&self) -> String {
        fs::read_to_string(self.list()).unwrap()
    }

    fn request(&self) -> ListEditRequest<'_> {
        ListEditRequest {
            rules: &self.rules,
            limits: ReadLimits::default(),
            actor: "ann",
            list: "locked",
            value: "+13125550002",
            note: Some("T-1"),
            change: EntryChange::Add { until: None },
        }
    }

    fn prepared(&self) -> (FileChange, ChangeRecord<'static>) {
        let request = self.request();
        let now = SystemClock.now();
        let plan = ListEditPlan::of(&request, now).unwrap();
        let record = plan.record(now);
        let record = ChangeRecord {
            actor: "ann",
            action: record.action,
            detail: record.detail,
            at: record.at,
        };
        (plan.prepare().unwrap(), record)
    }

    async fn recorded(&self) -> RecordedChange {
        let (change, record) = self.prepared();
        change.record(&self.pool, record).await.unwrap()
    }

    async fn recover(&self) -> Vec<Recovered> {
        recover_rule_files(&self.pool, &self.rules).await.unwrap()
    }

    async fn actions(&self) -> usize {
        admin_actions(&self.pool).await.unwrap().len()
    }

    /// Drafts and manifests.
    fn leftovers(&self) -> usize {
        let names = fs::read_dir(self.folder.path().join("lists")).unwrap();
        names
            .filter(|entry| {
                let name = entry.as_ref().unwrap().file_name();
                name.to_string_lossy().starts_with('.')
            })
            .count()
    }
}

#[sqlx::test]
async fn drafts_of_an_edit_that_was_not_recorded_are_removed(pool: PgPool) {
    let place = Place::new(pool);
    mem::forget(place.prepared());
    assert_eq!(place.leftovers(), 2);
    assert!(matches!(
        place.recover().await.as_slice(),
        [Recovered::Reverted(_)]
    ));
    assert_eq!((place.read().as_str(), place.leftovers()), (CSV, 0));
    assert!(place.recover().await.is_empty());
}

#[sqlx::test]
async fn an_edit_that_was_recorded_and_not_written_is_completed(pool: PgPool) {
    let place = Place::new(pool);
    fs::set_permissions(place.list(), fs::Permissions::from_mode(0o640)).unwrap();
    drop(place.recorded().await);
    assert_eq!((place.read().as_str(), place.leftovers()), (CSV, 2));
    assert!(matches!(
        place.recover().await.as_slice(),
        [Recovered::Completed(_)]
    ));
    assert_eq!((place.read().as_str(), place.leftovers()), (EDITED, 0));
    assert_eq!(
        fs::metadata(place.list()).unwrap().permissions().mode() & 0o777,
        0o640
    );
    assert!(place.recover().await.is_empty());
}

#[sqlx::test]
async fn an_edit_that_was_written_and_not_cleaned_up_is_completed(pool: PgPool) {
    let place = Place::new(pool);
    drop(place.recorded().await);
    let names = fs::read_dir(place.folder.path().join("lists")).unwrap();
    let mut paths = names.map(|entry| entry.unwrap().path());
    let draft = paths.find(|path| path.extension().is_some_and(|ending| ending == "draft"));
    fs::rename(draft.unwrap(), place.list()).unwrap();
    assert!(matches!(
        place.recover().await.as_slice(),
        [Recovered::Completed(_)]
    ));
    assert_eq!((place.read().as_str(), place.leftovers()), (EDITED, 0));
}

#[sqlx::test]
async fn the_next_edit_completes_the_interrupted_one_first(pool: PgPool) {
    let place = Place::new(pool);
    drop(place.recorded().await);
    let mut request = place.request();
    (request.value, request.note) = ("+13125550003", None);
    let reported = std::cell::Cell::new(0);
    let edited = edit_rule_list(&place.pool, &request, &SystemClock, |_| {
        reported.set(reported.get() + 1);
    });
    assert_eq!(edited.await.unwrap().done, Done::Added);
    assert_eq!(reported.get(), 1);
    assert_eq!(place.read(), format!("{EDITED}+13125550003,,\n"));
    assert_eq!((place.actions().await, place.leftovers()), (2, 0));
}

#[sqlx::test]
async fn what_someone_else_has_changed_is_reported_and_not_overwritten(pool: PgPool) {
    let place = Place::new(pool);
    drop(place.recorded().await);
    let theirs = "value,note,expires\n";
    place.write(theirs);
    let recovered = place.recover().await;
    assert!(
        matches!(recovered.as_slice(), [Recovered::LeftAlone { file, .. }] if file.ends_with("locked.csv")),
        "{recovered:?}"
    );
    assert!(recovered[0].to_string().contains("is not overwritten"));
    assert_eq!((place.read().as_str(), place.leftovers()), (theirs, 2));
}

#[sqlx::test]
async fn a_manifest_that_the_database_does_not_know_writes_nothing(pool: PgPool) {
    let place = Place::new(pool);
    drop(place.recorded().await);
    let names = fs::read_dir(place.folder.path().join("lists")).unwrap();
    for path in names.map(|entry| entry.unwrap().path()) {
        if path.extension().is_some_and(|ending| ending == "change") {
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, text.replace("locked.csv", "../rules.toml")).unwrap();
        }
    }
    assert!(matches!(
        place.recover().await.as_slice(),
        [Recovered::LeftAlone { .. }]
    ));
    assert_eq!(fs::read_to_string(&place.rules).unwrap(), RULES);
    assert_eq!(place.read(), CSV);
}

#[sqlx::test]
async fn a_file_that_changes_before_the_edit_is_recorded_refuses_it(pool: PgPool) {
    let place = Place::new(pool);
    let (change, record) = place.prepared();
    place.write("value,note,expires\n");
    let refused = change.record(&place.pool, record).await.unwrap_err();
    assert!(matches!(refused, ChangeError::ChangedMeanwhile(_)), "{refused}");
    assert_eq!((place.actions().await, place.leftovers()), (0, 0));
}

#[sqlx::test]
async fn an_edit_whose_drafts_were_removed_is_not_recorded(pool: PgPool) {
    let place = Place::new(pool);
    let (change, record) = place.prepared();
    assert!(matches!(
        place.recover().await.as_slice(),
        [Recovered::Reverted(_)]
    ));
    assert!(change.record(&place.pool, record).await.is_err());
    assert_eq!((place.actions().await, place.leftovers()), (0, 0));
}

#[sqlx::test]
async fn a_list_behind_a_symbolic_link_is_recovered_where_it_is(pool: PgPool) {
    let place = Place::new(pool);
    let real = place.folder.path().join("real.csv");
    fs::rename(place.list(), &real).unwrap();
    symlink("../real.csv", place.list()).unwrap();
    drop(place.recorded().await);
    assert!(matches!(
        place.recover().await.as_slice(),
        [Recovered::Completed(_)]
    ));
    assert!(fs::symlink_metadata(place.list()).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(real).unwrap(), EDITED);
}
