//! `portoutd rules rollback`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use serde_json::json;
use sqlx::PgPool;

use super::version_ref;
use super::version_ref::Recorded;
use crate::cli::atomic_file::AtomicFile;
use crate::cli::config::{SettingsArgs, read_limits};
use crate::cli::failure::{Ending, Failure};
use crate::cli::reload;
use crate::cli::session::{actor, admin_client, database};
use crate::cli::terminal::confirm::ConfirmArgs;
use crate::cli::terminal::output::message;
use crate::cli::terminal::rules_refused;
use crate::clock::{Clock, SystemClock};
use crate::rules::{self, ReadLimits, RuleSet, read_text};
use crate::store::{self, StoreError, rule_sets};

/// Restore and activate an earlier version of the rules
///
/// The version must load and pass its own tests today. The list files are replaced first, the rule file last, and if
/// one cannot be written, none is. Then the running service reloads, as with `portoutd reload`: with
/// `rules_need_approval`, another person must approve the rollback too. Exits with 69 if the service cannot be reached
/// after the files were written. Edits that were never loaded are saved in files that end in `.before-rollback`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The version, by at least 4 of the digits that `portoutd rules versions` shows.
    #[arg(value_name = "HASH")]
    version: String,
    /// The reason, which is recorded.
    #[arg(long, value_name = "REASON")]
    because: Option<String>,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// A file that the version needs otherwise than it is.
struct Rewrite {
    path: PathBuf,
    text: String,
}

pub(super) fn run(args: &Args) -> Ending {
    args.confirm.expect_possible()?;
    let because = admin_client::reason(args.because.as_deref())?;
    let settings = args.settings.load()?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let recorded = version_ref::find(&pool, &args.version).await?;
        let short = version_ref::short(&recorded.hash);
        still_good(&recorded, &short)?;
        args.confirm.confirm(&format!(
            "Roll back to rule set {short}: `{}` and its list files are replaced with that version, and the running \
             service activates it.",
            settings.rules.display()
        ))?;
        let rewrites = plan(&settings.rules, &recorded)?;
        let saved =
            save_what_is_not_on_record((&settings.rules, read_limits(&settings)), &pool, &rewrites).await?;
        write(&pool, &recorded, &rewrites, because.as_deref()).await?;
        match rewrites.as_slice() {
            [] => message!("The rule file and its lists already contain rule set {short}."),
            written => message!("Wrote {}.", listed(written.iter().map(|one| &one.path))),
        }
        if !saved.is_empty() {
            message!("Edits that were never loaded are saved in {}.", listed(&saved));
        }
        let because = because.unwrap_or_else(|| format!("rolled back to {short}"));
        reload::reload(&settings, &pool, Some(&because)).await
    })
}

/// Rules that were good once may not be today: entries and rules have dates, and the program changes.
fn still_good(recorded: &Recorded, short: &str) -> Result<(), Failure> {
    rules::load_and_test_sources(&recorded.sources, SystemClock.now())
        .map(|_| ())
        .map_err(|refusal| {
            Failure::not_good(anyhow!(
                "nothing was written, because rule set {short} cannot be activated today: {refusal}\n  {}",
                rules_refused::problems(&refusal).join("\n  ")
            ))
        })
}

/// What has to be written: the list files, then the rule file.
fn plan(rule_file: &Path, recorded: &Recorded) -> Result<Vec<Rewrite>, Failure> {
    let folder = rule_file.parent().unwrap_or(Path::new(""));
    let mut rewrites: Vec<Rewrite> = Vec::new();
    for list in &recorded.sources.lists {
        let text = list.text().map_err(Failure::not_good)?;
        let path = folder.join(&list.file);
        if holds(&path, &text) || rewrites.iter().any(|one| one.path == path) {
            continue;
        }
        stays_inside(folder, &list.file).map_err(Failure::not_good)?;
        rewrites.push(Rewrite { path, text });
    }
    if !holds(rule_file, &recorded.sources.text) {
        rewrites.push(Rewrite {
            path: rule_file.to_owned(),
            text: recorded.sources.text.clone(),
        });
    }
    Ok(rewrites)
}

fn holds(path: &Path, text: &str) -> bool {
    // Another size is another text; and what is no regular file holds none.
    read_text(path, text.len() as u64).is_ok_and(|held| held == text)
}

/// Refuses a list file outside of the rule file's folder: who may put rules in force may not for that write anywhere.
fn stays_inside(folder: &Path, file: &str) -> anyhow::Result<()> {
    let outside = || {
        anyhow!(
            "nothing was written, because the list file `{file}` of that version is outside of the rule file's folder. \
             Restore it by hand, then run this command again"
        )
    };
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
    fs::create_dir_all(parent).with_context(|| format!("cannot create the folder `{}`", parent.display()))
}

/// The file or folder itself, behind all symbolic links.
fn real(path: &Path) -> anyhow::Result<PathBuf> {
    let path = if path == Path::new("") {
        Path::new(".")
    } else {
        path
    };
    fs::canonicalize(path).with_context(|| format!("`{}` does not exist", path.display()))
}

/// Copies what would be overwritten and stands on no record: somebody's edits that were never loaded.
async fn save_what_is_not_on_record(
    (rule_file, limits): (&Path, ReadLimits),
    pool: &PgPool,
    rewrites: &[Rewrite],
) -> Result<Vec<PathBuf>, Failure> {
    let on_disk = RuleSet::load_within(rule_file, limits, SystemClock.now()).ok();
    if let Some(on_disk) = on_disk {
        let hash = on_disk.rules.hash();
        if rule_sets::is_kept(pool, &hash).await.map_err(database::failed)? {
            return Ok(Vec::new());
        }
    }
    let mut saved = Vec::new();
    // What is no regular file holds nobody's edits.
    for path in rewrites.iter().map(|one| &one.path).filter(|path| path.is_file()) {
        let mut name = path.clone().into_os_string();
        name.push(".before-rollback");
        let copy = PathBuf::from(name);
        fs::copy(path, &copy).with_context(|| {
            format!(
                "nothing was written, because `{}` cannot be saved first",
                path.display()
            )
        })?;
        saved.push(copy);
    }
    Ok(saved)
}

/// Writes every draft before the first file is touched, and records the admin action with the last.
async fn write(
    pool: &PgPool,
    recorded: &Recorded,
    rewrites: &[Rewrite],
    because: Option<&str>,
) -> Result<(), Failure> {
    if rewrites.is_empty() {
        return Ok(());
    }
    let drafts = rewrites
        .iter()
        .map(|one| AtomicFile::write(&one.path, &one.text))
        .collect::<anyhow::Result<Vec<_>>>()
        .context("nothing was written")?;
    let files: Vec<String> = rewrites
        .iter()
        .map(|one| one.path.display().to_string())
        .collect();
    let detail = json!({
        "rule_set": hex::encode(recorded.hash),
        "files": files,
        "because": because,
    });
    let failed = |error: sqlx::Error| database::failed(StoreError::from(error));
    let mut tx = pool.begin().await.map_err(failed)?;
    store::record_admin_action(
        &mut tx,
        &actor::actor(),
        "rules.rollback",
        &detail,
        SystemClock.now(),
    )
    .await
    .map_err(database::failed)?;
    for draft in drafts {
        draft
            .put_in_place()
            .context("the files now belong to different versions. Run this command again")?;
    }
    tx.commit().await.map_err(failed)
}

fn listed<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> String {
    let names: Vec<String> = paths
        .into_iter()
        .map(|path| format!("`{}`", path.display()))
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_list_file_outside_of_the_folder_is_refused() {
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
        assert!(folder.join("lists/new").is_dir(), "a missing folder is created");
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
