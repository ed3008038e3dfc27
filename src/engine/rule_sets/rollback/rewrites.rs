//! Which files a rollback writes: those that differ from the version, and never one outside the rule file's folder.

use std::fs;
use std::path::{Component, Path, PathBuf};

use jiff::Timestamp;

use super::request::{RollbackError, RollbackRequest};
use crate::engine::rule_sets::atomic_file::{FileError, target_of};
use crate::engine::rule_sets::change_manifest::digest_on_disk;
use crate::engine::rule_sets::file_change::NewFile;
use crate::rules::{self, RuleSet, read_text};
use crate::store::Digest;

/// The files that differ from the version.
#[derive(Debug)]
pub(super) struct Rewrites {
    /// The list files, then the rule file.
    pub(super) files: Vec<NewFile>,
    /// The rule set on disk, if it can be loaded.
    pub(super) on_disk: Option<[u8; 32]>,
    rule_file: PathBuf,
}

/// A file that a rollback overwrites.
#[derive(Debug)]
pub(super) enum Overwritten {
    /// The rule file.
    Rules(PathBuf),
    /// A list file, with the SHA-256 of its content.
    List(PathBuf, Digest),
}

impl Rewrites {
    pub(super) fn of(request: &RollbackRequest, now: Timestamp) -> Result<Self, RollbackError> {
        let (rule_file, sources) = (&request.rules, &request.sources);
        // Rules that were good once may have errors today: entries and rules have dates, and the program changes.
        rules::load_and_test_sources(sources, now).map_err(RollbackError::NotGood)?;
        let folder = rule_file.parent().unwrap_or(Path::new(""));
        let mut files: Vec<NewFile> = Vec::new();
        for list in &sources.lists {
            let text = list.text()?;
            let path = folder.join(&list.file);
            if holds(&path, &text) || files.iter().any(|file| file.path == path) {
                continue;
            }
            stays_inside(folder, &list.file)?;
            files.push(rewrite(path, text)?);
        }
        if !holds(rule_file, &sources.text) {
            files.push(rewrite(rule_file.clone(), sources.text.clone())?);
        }
        let on_disk = RuleSet::load_within(rule_file, request.limits, now).ok();
        Ok(Self {
            files,
            on_disk: on_disk.map(|loaded| loaded.rules.hash()),
            rule_file: rule_file.clone(),
        })
    }

    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.files.iter().map(|file| file.path.clone()).collect()
    }

    /// The regular files that are overwritten. Nothing else can contain edits.
    pub(super) fn overwritten(&self) -> Vec<Overwritten> {
        let file = |file: &NewFile| {
            let mut digest = Digest::default();
            hex::decode_to_slice(file.replaced.as_ref()?, &mut digest).ok()?;
            Some(if file.path == self.rule_file {
                Overwritten::Rules(file.path.clone())
            } else {
                Overwritten::List(file.path.clone(), digest)
            })
        };
        self.files.iter().filter_map(file).collect()
    }
}

/// The digest is of the content that is copied, so that nothing else is overwritten.
fn rewrite(path: PathBuf, text: String) -> Result<NewFile, FileError> {
    let replaced = digest_on_disk(&target_of(&path)?)?;
    Ok(NewFile { path, text, replaced })
}

fn holds(path: &Path, text: &str) -> bool {
    // The limit is its own size: a file with more bytes is a different text.
    read_text(path, text.len() as u64).is_ok_and(|held| held == text)
}

/// Refuses a list file outside the rule file's folder: permission to change rules is not permission to write elsewhere.
fn stays_inside(folder: &Path, file: &str) -> Result<(), RollbackError> {
    let outside = || RollbackError::Outside(file.to_owned());
    let plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if !Path::new(file).components().all(plain) {
        return Err(outside());
    }
    let path = folder.join(file);
    let parent = path.parent().unwrap_or(folder);
    // The nearest folder that exists: a missing one cannot be a symbolic link.
    let nearest = path
        .ancestors()
        .find(|ancestor| ancestor.symlink_metadata().is_ok());
    if !real(nearest.unwrap_or(folder))?.starts_with(real(folder)?) {
        return Err(outside());
    }
    if parent.is_dir() || parent == Path::new("") {
        return Ok(());
    }
    fs::create_dir_all(parent).map_err(|error| RollbackError::NoFolder(parent.to_owned(), error))
}

/// The file or folder itself, with all symbolic links resolved.
fn real(path: &Path) -> Result<PathBuf, FileError> {
    let path = if path == Path::new("") {
        Path::new(".")
    } else {
        path
    };
    fs::canonicalize(path).map_err(|error| FileError::LeadsNowhere(path.to_owned(), error))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_list_file_outside_the_folder_is_refused() {
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
            let message = stays_inside(&folder, outside).unwrap_err().to_string();
            assert!(
                message.contains("outside of the rule file's folder"),
                "{outside}: {message}"
            );
        }
        assert_eq!(fs::read_dir(site.path().join("elsewhere")).unwrap().count(), 0);
    }
}
