//! Files and manifests that someone else has changed while a change was interrupted. They are never overwritten.

use sqlx::PgPool;

use super::states::recorded;
use super::*;

const THEIRS: &str = "value,note,expires\n";

fn copy_of(files: &RuleFolder, name: &str) -> String {
    fs::read_to_string(files.folder.path().join(name)).unwrap()
}

#[sqlx::test]
async fn a_recorded_change_of_a_file_that_someone_else_has_changed_is_dropped_and_that_is_recorded(
    pool: PgPool,
) {
    let files = RuleFolder::new(&pool);
    recorded(&files).await;
    files.write_list(THEIRS);
    let recovered = files.recover().await;
    let [Recovered::Dropped { file, kept }] = recovered.as_slice() else {
        panic!("{recovered:?}");
    };
    assert!(
        file.ends_with("lists/locked.csv") && kept.len() == 2,
        "{recovered:?}"
    );
    assert_eq!(files.texts(), (RULES.to_owned(), THEIRS.to_owned()));
    assert_eq!(copy_of(&files, "lists/locked.csv.not-written"), OLD_CSV);
    assert_eq!(copy_of(&files, "rules.toml.not-written"), OLD_RULES);
    assert_eq!(files.leftovers(), Vec::<PathBuf>::new());

    let actions = files.actions().await;
    let [change, dropped] = actions.as_slice() else {
        panic!("{actions:?}");
    };
    assert_eq!(
        (dropped.actor.as_str(), dropped.action.as_str()),
        ("bob", "rules.change.dropped")
    );
    let detail: serde_json::Value = serde_json::from_str(&dropped.detail).unwrap();
    assert_eq!(detail["change"], change.id.to_string());
    assert_eq!(detail["not_written"].as_array().unwrap().len(), 2);
    assert!(files.recover().await.is_empty());

    files.edit(files.edit_request()).await.unwrap();
    assert_eq!(files.list_text(), format!("{THEIRS}+13125550002,T-1,\n"));
}

#[sqlx::test]
async fn a_change_that_was_dropped_is_recorded_once_and_never_completed_afterwards(pool: PgPool) {
    let files = RuleFolder::new(&pool);
    recorded(&files).await;
    let drafts: Vec<_> = files
        .leftovers()
        .into_iter()
        .map(|path| (fs::read(&path).unwrap(), path))
        .collect();
    files.write_list(THEIRS);
    files.recover().await;
    // As after a kill between the commit and the removal of the manifest, and the file is as it was before.
    for (bytes, path) in &drafts {
        fs::write(path, bytes).unwrap();
    }
    files.write_list(CSV);
    let recovered = files.recover().await;
    assert!(
        matches!(recovered.as_slice(), [Recovered::Dropped { .. }]),
        "{recovered:?}"
    );
    assert_eq!(files.texts(), (RULES.to_owned(), CSV.to_owned()));
    assert_eq!(
        files.action_names().await,
        ["rules.rollback", "rules.change.dropped"]
    );
    assert_eq!(files.leftovers(), Vec::<PathBuf>::new());
}

#[sqlx::test]
async fn a_manifest_that_the_database_does_not_know_writes_nothing(pool: PgPool) {
    let files = RuleFolder::new(&pool);
    recorded(&files).await;
    let mut manifests = files.leftovers().into_iter();
    let manifest = manifests.find(|path| path.extension().is_some_and(|ending| ending == "change"));
    let manifest = manifest.unwrap();
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("locked.csv", "other.csv")).unwrap();
    let recovered = files.recover().await;
    assert_eq!(
        recovered,
        [Recovered::Unreadable(fs::canonicalize(manifest).unwrap())]
    );
    assert_eq!(files.texts(), (RULES.to_owned(), CSV.to_owned()));
    assert_eq!(files.action_names().await, ["rules.rollback"]);
}
