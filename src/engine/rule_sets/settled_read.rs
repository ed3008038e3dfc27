//! Reads rule files that nobody is writing: after they have been quiet, and twice.

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::file_threads::Overdue;
use super::files_on_disk::{FilesOnDisk, Standing};
use super::files_seen::FilesSeen;
use crate::engine::Engine;
use crate::rules::{self, Loaded, ReadLimits, Refusal};

/// How long reading the metadata of files may take.
const LOOK_LIMIT: Duration = Duration::from_secs(2);

/// How long it may take to read a rule file and its lists and to run its tests.
const READ_LIMIT: Duration = Duration::from_secs(20);

/// How long a requester waits for files that are being written.
const QUIET_PATIENCE: SignedDuration = SignedDuration::from_secs(10);

/// The pause between two checks of files that are being written.
const LOOK_PAUSE: Duration = Duration::from_millis(500);

/// Why a rule file was not read. This says nothing about its content.
#[derive(Debug, thiserror::Error)]
pub enum NotRead {
    /// The file or one of its lists keeps changing.
    #[error(
        "`{}` is still being written. Write a copy next to it, rename the copy into place (`mv`), then reload",
        .0.display()
    )]
    StillChanging(PathBuf),
    /// The file system does not respond.
    #[error(
        "`{}` or one of its lists cannot be read because the file system does not respond. Check the mount, then reload",
        .0.display()
    )]
    Blocked(PathBuf),
    /// Another reload does not complete.
    #[error("another reload is still in progress. Try again in a minute")]
    Busy,
}

/// The content of a rule file, and the state of the files that contained it.
#[derive(Debug)]
pub(crate) struct SettledRead {
    pub(crate) loaded: Result<Loaded, Refusal>,
    pub(crate) seen: FilesSeen,
}

/// Reads a rule file and its lists twice, on a separate thread. Both results have to be the same, and nothing may have
/// changed in the meantime.
pub(crate) async fn read_now(
    files: &FilesOnDisk,
    limits: ReadLimits,
    now: Timestamp,
) -> Result<SettledRead, NotRead> {
    let (before, after) = (files.look(), files.look());
    let path = files.rule_file().to_owned();
    let work = move || {
        let before = before().seen;
        let loaded = rules::load_and_test(&path, limits, now);
        // An error counts as different content, because the same files were readable a moment ago.
        let is_same = loaded.as_ref().map_or(true, |loaded| {
            let again = loaded.sources.hash_on_disk(limits);
            again.is_ok_and(|again| again == loaded.rules.hash())
        });
        let after = after().seen;
        let changed = before.first_difference(&after).map(ToOwned::to_owned);
        match changed {
            Some(changed) => Err(NotRead::StillChanging(changed)),
            None if is_same => Ok(SettledRead { loaded, seen: after }),
            None => Err(NotRead::StillChanging(path)),
        }
    };
    match files.threads().run(READ_LIMIT, work).await {
        Ok(read) => read,
        Err(Overdue) => Err(NotRead::Blocked(files.rule_file().to_owned())),
    }
}

/// Checks the files and returns their state.
pub(crate) async fn look_at(files: &FilesOnDisk, now: Timestamp) -> Result<Standing, NotRead> {
    match files.threads().run(LOOK_LIMIT, files.look()).await {
        Ok(observation) => Ok(files.take_in(observation, now)),
        Err(Overdue) => Err(NotRead::Blocked(files.rule_file().to_owned())),
    }
}

impl Engine {
    /// Reads a rule file as soon as it and its lists have been quiet for some seconds.
    pub(crate) async fn read_when_quiet(&self, files: &FilesOnDisk) -> Result<SettledRead, NotRead> {
        let limits = self.rules.files().lists.read_limits();
        let started = self.clock.now();
        loop {
            let now = self.clock.now();
            let standing = look_at(files, now).await?;
            if standing.is_quiet {
                match read_now(files, limits, now).await {
                    Ok(read) if standing.seen.first_difference(&read.seen).is_none() => return Ok(read),
                    Ok(_) | Err(NotRead::StillChanging(_)) => {}
                    Err(other) => return Err(other),
                }
            }
            if started.duration_until(now) >= QUIET_PATIENCE {
                return Err(NotRead::StillChanging(standing.last_changed));
            }
            self.clock.sleep(LOOK_PAUSE).await;
        }
    }
}
