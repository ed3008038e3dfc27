//! Writes an earlier version of the rules back into the rule file and its lists, and records who did.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::json;
use sqlx::PgPool;

use super::atomic_file::{FileError, target_of};
use super::change_manifest::digest_on_disk;
use super::change_recovery::{NotRecovered, Recovered, recover};
use super::file_change::{ChangeError, ChangeRecord, FileChange, NewFile, Turn};
use crate::clock::Clock;
use crate::rules::{self, ReadLimits, Refusal, RuleSet, SourceError, Sources, read_text};
use crate::store::{StoreError, rule_sets};

/// A version to go back to.
#[derive(Debug, Clone, Copy)]
pub struct RollbackRequest<'a> {
    /// The rule file.
    pub rules: &'a Path,
    /// How much of list files is read.
    pub limits: ReadLimits,
    /// Who asks.
    pub actor: &'a str,
    /// SHA-256 of the version.
    pub rule_set: [u8; 32],
    /// The file and its lists as the database has them.
    pub sources: &'a Sources,
    /// Why, in the person's words.
    pub because: Option<&'a str>,
}

/// What a rollback has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack {
    /// The files that were written; none where all of them had the version's content already.
    pub written: Vec<PathBuf>,
    /// Copies of files that were overwritten and are not in the database.
    pub saved: Vec<PathBuf>,
}

/// Why an earlier version is not written.
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// The version does not load or does not pass its tests today.
    #[error("{0}")]
    NotGood(Refusal),
    /// A list of the version cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A list file would be written outside of the rule file's folder.
    #[error(
        "the list file `{0}` of that version lies outside of the rule file's folder, so nothing is written: put it back by \
         hand first, then run this again"
    )]
    Outside(String),
    /// A folder for a list file cannot be created.
    #[error("the folder `{}` cannot be made", .0.display())]
    NoFolder(PathBuf, #[source] io::Error),
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Somebody's edits that were never loaded cannot be copied.
    #[error("`{}` cannot be kept aside, so nothing is written", .0.display())]
    NotSaved(PathBuf, #[source] io::Error),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An earlier change cannot be completed or reverted.
    #[error(transparent)]
    NotRecovered(#[from] NotRecovered),
    /// The rollback cannot be recorded or written.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

/// A file that has another content in the version.
#[derive(Debug)]
struct Rewrite {
    path: PathBuf,
    text: String,
    /// SHA-256 of what it has now: what is copied aside is what is overwritten.
    replaced: Option<String>,
}

impl Rewrite {
    fn of(path: PathBuf, text: String) -> Result<Self, FileError> {
        let replaced = digest_on_disk(&target_of(&path)?)?;
        Ok(Self { path, text, replaced })
    }
}

/// Writes a version back. Completes or reverts an interrupted change first, and reports what became of it.
///
/// # Errors
/// Why nothing is written; or, for [`ChangeError::Unconfirmed`] and [`ChangeError::Unfinished`], what the next call
/// completes.
pub async fn roll_back_rules(
    pool: &PgPool,
    request: &RollbackRequest<'_>,
    clock: &dyn Clock,
    report: impl Fn(&Recovered),
) -> Result<RolledBack, RollbackError> {
    let _turn = Turn::wait(request.rules);
    recover(pool, request.rules).await?.iter().for_each(report);
    // Rules that were good once may not be today: entries and rules have dates, and the program changes.
    rules::load_and_test_sources(request.sources, clock.now()).map_err(RollbackError::NotGood)?;
    let rewrites = plan(request.rules, request.sources)?;
    let saved = save_what_is_not_recorded(pool, request, &rewrites, clock.now()).await?;
    if !rewrites.is_empty() {
        let change = prepare(request, &rewrites)?;
        let recorded = change
            .record(pool, record(request, &rewrites, clock.now()))
            .await?;
        recorded.put_in_place()?;
    }
    Ok(RolledBack {
        written: rewrites.into_iter().map(|one| one.path).collect(),
        saved,
    })
}

/// What has to be written: the list files, then the rule file.
fn plan(rule_file: &Path, sources: &Sources) -> Result<Vec<Rewrite>, RollbackError> {
    let folder = rule_file.parent().unwrap_or(Path::new(""));
    let mut rewrites: Vec<Rewrite> = Vec::new();
    for list in &sources.lists {
        let text = list.text()?;
        let path = folder.join(&list.file);
        if holds(&path, &text) || rewrites.iter().any(|one| one.path == path) {
            continue;
        }
        stays_inside(folder, &list.file)?;
        rewrites.push(Rewrite::of(path, text)?);
    }
    if !holds(rule_file, &sources.text) {
        rewrites.push(Rewrite::of(rule_file.to_owned(), sources.text.clone())?);
    }
    Ok(rewrites)
}

fn holds(path: &Path, text: &str) -> bool {
    // Another size is another text; and what is no regular file holds none.
    read_text(path, text.len() as u64).is_ok_and(|held| held == text)
}

/// Refuses a list file outside of the rule file's folder: who may put rules in force may not for that write anywhere.
fn stays_inside(folder: &Path, file: &str) -> Result<(), RollbackError> {
    let outside = || RollbackError::Outside(file.to_owned());
    let plain = |part| {
        matches!(
            part,
            std::path::Component::Normal(_) | std::path::Component::CurDir
        )
    };
    if !Path::new(file).components().all(plain) {
        return Err(outside());
    }
    let path = folder.join(file);
    let parent = path.parent().unwrap_or(folder);
    // The nearest one that is there: what is not there yet cannot lead anywhere else.
    let there = path
        .ancestors()
        .find(|ancestor| ancestor.symlink_metadata().is_ok());
    if !real(there.unwrap_or(folder))?.starts_with(real(folder)?) {
        return Err(outside());
    }
    if parent.is_dir() || parent == Path::new("") {
        return Ok(());
    }
    fs::create_dir_all(parent).map_err(|error| RollbackError::NoFolder(parent.to_owned(), error))
}

/// The file or folder itself, behind all symbolic links.
fn real(path: &Path) -> Result<PathBuf, FileError> {
    let path = if path == Path::new("") {
        Path::new(".")
    } else {
        path
    };
    fs::canonicalize(path).map_err(|error| FileError::LeadsNowhere(path.to_owned(), error))
}

/// Copies what would be overwritten and is not in the database: somebody's edits that were never loaded.
async fn save_what_is_not_recorded(
    pool: &PgPool,
    request: &RollbackRequest<'_>,
    rewrites: &[Rewrite],
    now: Timestamp,
) -> Result<Vec<PathBuf>, RollbackError> {
    let on_disk = RuleSet::load_within(request.rules, request.limits, now).ok();
    if let Some(on_disk) = on_disk
        && rule_sets::is_kept(pool, &on_disk.rules.hash()).await?
    {
        return Ok(Vec::new());
    }
    let mut saved = Vec::new();
    // What is no regular file holds nobody's edits.
    for path in rewrites.iter().map(|one| &one.path).filter(|path| path.is_file()) {
        let mut name = path.clone().into_os_string();
        name.push(".before-rollback");
        let copy = PathBuf::from(name);
        fs::copy(path, &copy).map_err(|error| RollbackError::NotSaved(path.clone(), error))?;
        saved.push(copy);
    }
    Ok(saved)
}

/// Writes the drafts.
fn prepare(request: &RollbackRequest<'_>, rewrites: &[Rewrite]) -> Result<FileChange, ChangeError> {
    let files: Vec<NewFile<'_>> = rewrites
        .iter()
        .map(|one| NewFile {
            path: &one.path,
            text: &one.text,
            replaced: one.replaced.clone(),
        })
        .collect();
    Ok(FileChange::prepare(&request.rule_set, &files)?)
}

fn record<'a>(request: &RollbackRequest<'a>, rewrites: &[Rewrite], at: Timestamp) -> ChangeRecord<'a> {
    let files: Vec<String> = rewrites
        .iter()
        .map(|one| one.path.display().to_string())
        .collect();
    ChangeRecord {
        actor: request.actor,
        action: "rules.rollback",
        detail: json!({
            "rule_set": hex::encode(request.rule_set),
            "files": files,
            "because": request.because,
        }),
        at,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_list_file_stays_inside_of_the_folder() {
        let site = tempfile::tempdir().unwrap();
        let folder = site.path().join("rules");
        fs::create_dir_all(folder.join("lists")).unwrap();
        fs::create_dir(site.path().join("elsewhere")).unwrap();
        symlink("../elsewhere", folder.join("led-astray")).unwrap();
        symlink("lists", folder.join("also-lists")).unwrap();
        symlink("/etc/passwd", folder.join("passwd.txt")).unwrap();
        for inside in ["a.csv", "lists/a.csv", "./lists/new/a.csv", "also-lists/a.csv"] {
            stays_inside(&folder, inside).unwrap();
        }
        assert!(folder.join("lists/new").is_dir(), "what is missing is made");
        for outside in [
            "../a.csv",
            "/etc/a.csv",
            "lists/../../a.csv",
            "led-astray/a.csv",
            "led-astray/new/a.csv",
            "passwd.txt",
        ] {
            let told = stays_inside(&folder, outside).unwrap_err().to_string();
            assert!(
                told.contains("outside of the rule file's folder"),
                "{outside}: {told}"
            );
        }
        assert_eq!(fs::read_dir(site.path().join("elsewhere")).unwrap().count(), 0);
    }
}
