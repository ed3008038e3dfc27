//! The lock under which rule files are changed: one change at a time in a folder.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::atomic_file::folder_of;
use super::file_threads::{FileThreads, Overdue};
use crate::clock::Clock;

/// How long a change waits for another one.
const PATIENCE: Duration = Duration::from_mins(1);

/// The time between two attempts to take the lock.
const PAUSE: Duration = Duration::from_millis(20);

/// Another change of the rule files was in progress for too long.
#[derive(Debug, thiserror::Error)]
#[error(
    "another change of the rule files in `{}` has been in progress for {} s. Wait until it has ended, then try again",
    .0.display(), PATIENCE.as_secs()
)]
pub struct Busy(PathBuf);

/// The right to change the rule files in a folder. It ends with the last clone, or with the process.
///
/// Not every file system has such locks. Without them, the comparison in the transaction that records a change notices
/// two changes at the same time and refuses the later one.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    threads: FileThreads,
    /// Its lock ends when it is closed.
    lock: Arc<Option<File>>,
}

impl Turn {
    /// Waits until no other change of files in the folder of the rule file is in progress.
    pub(super) async fn wait(rules: &Path, clock: &dyn Clock) -> Result<Self, Busy> {
        let since = clock.uptime();
        loop {
            if let Some(turn) = Self::if_free(rules) {
                return Ok(turn);
            }
            if clock.uptime().saturating_sub(since) > PATIENCE {
                return Err(Busy(folder_of(rules)));
            }
            clock.sleep(PAUSE).await;
        }
    }

    /// The same without waiting; `None` while another change is in progress.
    pub(super) fn if_free(rules: &Path) -> Option<Self> {
        let lock = match File::open(folder_of(rules)) {
            Ok(folder) => match folder.try_lock() {
                Ok(()) => Some(folder),
                Err(TryLockError::WouldBlock) => return None,
                Err(TryLockError::Error(_)) => None,
            },
            Err(_) => None,
        };
        Some(Self {
            threads: FileThreads::new(),
            lock: Arc::new(lock),
        })
    }

    /// Works on files, on another thread and with a time limit. The turn lasts until the work ends, even if the caller is
    /// gone by then.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Overdue> {
        let lock = self.lock.clone();
        // If the caller is gone, the output is dropped on the thread, and this may remove files. The fields of a tuple are
        // dropped in order, so the lock is released after that.
        let (done, _lock) = self.threads.run(limit, move || (work(), lock)).await?;
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::pin::pin;
    use std::sync::mpsc;

    use super::*;

    /// When dropped, reports whether another change could begin.
    struct Output(PathBuf, mpsc::Sender<bool>);

    impl Drop for Output {
        fn drop(&mut self) {
            let _ = self.1.send(Turn::if_free(&self.0).is_some());
        }
    }

    #[tokio::test]
    async fn the_turn_lasts_until_the_output_of_abandoned_work_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let rules = folder.path().join("rules.toml");
        let (report, reported) = mpsc::channel();
        let (release, waits) = mpsc::channel::<()>();
        let output = Output(rules.clone(), report);
        {
            let turn = Turn::if_free(&rules).unwrap();
            let work = pin!(turn.work(PATIENCE, move || {
                let _ = waits.recv();
                output
            }));
            assert!(futures_util::poll!(work).is_pending());
        }
        drop(release);
        let is_free = tokio::task::spawn_blocking(move || reported.recv())
            .await
            .unwrap();
        assert_eq!(is_free, Ok(false));
    }
}
