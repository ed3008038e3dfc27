//! Every state of the disk and the database in which a killed process can leave a change, and what recovery makes of it.

use std::mem;
use std::os::unix::fs::{PermissionsExt, symlink};

use sqlx::PgPool;

use super::*;
use crate::engine::rule_sets::change_manifest::digest_of;
use crate::engine::rule_sets::change_recovery::recover_rule_files;
use crate::engine::rule_sets::file_change::{ChangeError, ChangeRecord, Drafts, NewFile};

/// The files of a rollback: the list, then the rule file.
fn new_files(files: &RuleFolder) -> Vec<NewFile> {
    let new_file = |path: PathBuf, old: &str, new: &str| NewFile {
        path,
        text: new.to_owned(),
        replaced: Some(digest_of(old)),
    };
    vec![
        new_file(files.list(), CSV, OLD_CSV),
        new_file(files.rules.clone(), RULES, OLD_RULES),
    ]
}

pub(super) fn record() -> ChangeRecord {
    ChangeRecord {
        actor: "ann".to_owned(),
        action: "rules.rollback",
        detail: serde_json::json!({ "because": "T-2" }),
        at: SystemClock.now(),
    }
}

async fn prepared(files: &RuleFolder) -> Drafts {
    let new_files = new_files(files);
    Drafts::prepare(&files.turn().await, [7; 32], new_files)
        .await
        .unwrap()
}

/// A rollback that was killed after its commit.
pub(super) async fn recorded(files: &RuleFolder) {
    let drafts = prepared(files).await;
    let recorded = drafts.record(&files.pool, &files.turn().await, record()).await;
    drop(recorded.unwrap());
}

fn draft_of(files: &RuleFolder, target: &str) -> PathBuf {
    let is_draft = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with(&format!(".{target}.")) && name.ends_with(".draft")
    };
    files.leftovers().into_iter().find(is_draft).unwrap()
}

#[sqlx::test]
async fn a_change_that_was_not_recorded_is_reverted_however_far_it_was(pool: PgPool) {
    for drafts_written in 0..=2 {
        let files = RuleFolder::new(&pool);
        mem::forget(prepared(&files).await);
        assert_eq!(files.leftovers().len(), 3, "a manifest and two drafts");
        for target in ["rules.toml", "locked.csv"].into_iter().take(2 - drafts_written) {
            fs::remove_file(draft_of(&files, target)).unwrap();
        }
        let recovered = files.recover().await;
        assert!(
            matches!(recovered.as_slice(), [Recovered::Reverted(targets)] if targets.len() == 2),
            "{recovered:?}"
        );
        assert_eq!(files.texts(), (RULES.to_owned(), CSV.to_owned()));
        assert_eq!(files.leftovers(), Vec::<PathBuf>::new());
        assert!(files.recover().await.is_empty());
    }
}

#[sqlx::test]
async fn a_manifest_that_was_only_half_written_is_removed(pool: PgPool) {
    let files = RuleFolder::new(&pool);
    let manifest = files
        .folder
        .path()
        .join(format!(".rules.toml.{}.change", crate::clock::new_id()));
    fs::write(&manifest, "{ \"change\": ").unwrap();
    assert_eq!(files.recover().await, [Recovered::Reverted(Vec::new())]);
    assert_eq!(files.leftovers(), Vec::<PathBuf>::new());
}

#[sqlx::test]
async fn a_change_that_was_recorded_is_completed_however_far_it_was(pool: PgPool) {
    for renamed in 0..=2 {
        let files = RuleFolder::new(&pool);
        for path in [files.list(), files.rules.clone()] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap();
        }
        recorded(&files).await;
        assert_eq!(files.texts(), (RULES.to_owned(), CSV.to_owned()));
        for (name, path) in [("locked.csv", files.list()), ("rules.toml", files.rules.clone())]
            .into_iter()
            .take(renamed)
        {
            fs::rename(draft_of(&files, name), path).unwrap();
        }
        let recovered = files.recover().await;
        assert!(
            matches!(recovered.as_slice(), [Recovered::Completed(targets)] if targets.len() == 2),
            "{recovered:?}"
        );
        assert_eq!(files.texts(), (OLD_RULES.to_owned(), OLD_CSV.to_owned()));
        let mode = fs::metadata(files.list()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(files.leftovers(), Vec::<PathBuf>::new());
        assert!(files.recover().await.is_empty());
    }
}

#[sqlx::test]
async fn the_next_edit_completes_the_interrupted_change_first(pool: PgPool) {
    let files = RuleFolder::new(&pool);
    recorded(&files).await;
    let started = ListEditing::begin(files.edit_request(), &SystemClock)
        .await
        .unwrap();
    let ListEditStart::Ready(editing) = started else {
        panic!("the interrupted change needs the database: {started:?}");
    };
    let reported = std::cell::Cell::new(0);
    let report = |_: &Recovered| reported.set(reported.get() + 1);
    editing.finish(&pool, &SystemClock, report).await.unwrap();
    assert_eq!(reported.get(), 1);
    assert_eq!(files.list_text(), format!("{OLD_CSV}+13125550002,T-1,\n"));
    assert_eq!(files.action_names().await, ["rules.rollback", "rules.list.add"]);
    assert_eq!(files.leftovers(), Vec::<PathBuf>::new());
}

#[sqlx::test]
async fn the_next_rollback_completes_the_interrupted_change_first(pool: PgPool) {
    let files = RuleFolder::new(&pool);
    recorded(&files).await;
    assert_eq!(files.roll_back().await.unwrap().written, Vec::<PathBuf>::new());
    assert_eq!(files.texts(), (OLD_RULES.to_owned(), OLD_CSV.to_owned()));
    assert_eq!(files.action_names().await, ["rules.rollback"]);
}

#[sqlx::test]
async fn a_change_in_progress_is_left_to_whoever_makes_it(pool: PgPool) {
    let files = RuleFolder::new(&pool);
    mem::forget(prepared(&files).await);
    let turn = files.turn().await;
    let start = async || {
        recover_rule_files(&pool, &files.rules, "bob", SystemClock.now())
            .await
            .unwrap()
    };
    assert_eq!(start().await, []);
    assert_eq!(files.leftovers().len(), 3);
    drop(turn);
    assert!(matches!(start().await.as_slice(), [Recovered::Reverted(_)]));
}

#[sqlx::test]
async fn an_edit_without_the_database_changes_nothing(pool: PgPool) {
    let files = RuleFolder::new(&pool);
    let started = ListEditing::begin(files.edit_request(), &SystemClock)
        .await
        .unwrap();
    let ListEditStart::Ready(editing) = started else {
        panic!("{started:?}");
    };
    let closed = pool
        .options()
        .clone()
        .connect_lazy_with((*pool.connect_options()).clone());
    closed.close().await;
    let refused = editing.finish(&closed, &SystemClock, |_| ()).await.unwrap_err();
    assert!(
        matches!(refused, ListEditError::Change(ChangeError::Store(_))),
        "{refused:?}"
    );
    assert_eq!((files.list_text().as_str(), files.leftovers()), (CSV, Vec::new()));
    assert!(files.actions().await.is_empty());
}

#[sqlx::test]
async fn a_list_behind_a_symbolic_link_is_recovered_where_it_is(pool: PgPool) {
    let files = RuleFolder::new(&pool);
    let real = files.folder.path().join("real.csv");
    fs::rename(files.list(), &real).unwrap();
    symlink("../real.csv", files.list()).unwrap();
    recorded(&files).await;
    assert!(matches!(
        files.recover().await.as_slice(),
        [Recovered::Completed(_)]
    ));
    assert!(fs::symlink_metadata(files.list()).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(real).unwrap(), OLD_CSV);
}

#[sqlx::test]
async fn a_file_that_changes_before_the_change_is_recorded_refuses_it(pool: PgPool) {
    let files = RuleFolder::new(&pool);
    let drafts = prepared(&files).await;
    files.write_list("value,note,expires\n");
    let refused = drafts
        .record(&pool, &files.turn().await, record())
        .await
        .unwrap_err();
    assert!(matches!(refused, ChangeError::ChangedMeanwhile(_)), "{refused}");
    assert!(files.actions().await.is_empty());
    assert_eq!(files.leftovers(), Vec::<PathBuf>::new());
}

#[sqlx::test]
async fn a_change_whose_drafts_were_removed_is_not_recorded(pool: PgPool) {
    let files = RuleFolder::new(&pool);
    let drafts = prepared(&files).await;
    assert!(matches!(
        files.recover().await.as_slice(),
        [Recovered::Reverted(_)]
    ));
    assert!(drafts.record(&pool, &files.turn().await, record()).await.is_err());
    assert!(files.actions().await.is_empty());
}
