//! The state of a rule file and its lists on disk: whether they have stopped changing, and whether that state has been
//! read.
//!
//! INVARIANT: only observations are compared with each other, using our own clock. The timestamps of files come from
//! other machines' clocks and only show that something has changed.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::file_threads::FileThreads;
use super::files_seen::{FileSeen, FilesSeen};
use crate::rules;

/// How long files must be unchanged before they are read.
pub(crate) const QUIET: SignedDuration = SignedDuration::from_secs(3);

/// A rule file and its lists.
#[derive(Debug)]
pub(crate) struct FilesOnDisk {
    rule_file: PathBuf,
    /// Each rule file has separate threads, so that a candidate on a hanging file system delays nothing else.
    threads: FileThreads,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Default)]
struct State {
    names: Names,
    /// The state of the files that was read, whether or not it came into effect.
    looked_at: Option<FilesSeen>,
    /// The last observation, and the time since which all observations have been the same.
    last: Option<(FilesSeen, Timestamp)>,
    /// The time since which the files have differed from what was read.
    differs_since: Option<Timestamp>,
    /// The file that was last seen to change.
    last_changed: Option<PathBuf>,
    tries: Tries,
    /// When the last alarm about differing files was raised.
    alarmed_at: Option<Timestamp>,
}

/// The paths that belong to the rule file.
#[derive(Debug, Clone, Default)]
struct Names {
    /// The lists of the rule set in effect.
    in_effect: Vec<PathBuf>,
    /// The lists that the rule file on disk contains.
    on_disk: Vec<PathBuf>,
    /// The state of the rule file from which `on_disk` was read.
    read_from: Option<FileSeen>,
}

/// Repeated attempts to read unchanged files, after a failure for another reason than their content.
#[derive(Debug, Clone, Default)]
struct Tries {
    failed: u32,
    not_before: Option<Timestamp>,
}

/// One observation of the files.
#[derive(Debug)]
pub(crate) struct Observation {
    names: Names,
    pub(crate) seen: FilesSeen,
}

/// The state of the files after an observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The observed state.
    pub(crate) seen: FilesSeen,
    /// A file that differs from what was read.
    pub(crate) differs: Option<PathBuf>,
    /// Whether all files have been unchanged for long enough.
    pub(crate) is_quiet: bool,
    /// The file that was last seen to change, or else the rule file.
    pub(crate) last_changed: PathBuf,
    /// Whether reading them has just failed.
    pub(crate) waits: bool,
}

impl FilesOnDisk {
    pub(crate) fn new(rule_file: PathBuf) -> Self {
        Self {
            rule_file,
            threads: FileThreads::new(),
            state: Mutex::default(),
        }
    }

    pub(crate) fn rule_file(&self) -> &Path {
        &self.rule_file
    }

    /// Returns the threads for work on these files.
    pub(crate) fn threads(&self) -> &FileThreads {
        &self.threads
    }

    /// Returns a function that observes the files. It blocks, so call it on a thread that may hang.
    pub(crate) fn look(&self) -> impl FnOnce() -> Observation + Send + 'static {
        let (rule_file, names) = (self.rule_file.clone(), self.state().names.clone());
        move || observe(&rule_file, names)
    }

    /// Adds an observation and returns the resulting state of the files.
    pub(crate) fn take_in(&self, observation: Observation, now: Timestamp) -> Standing {
        let mut state = self.state();
        let Observation { names, seen } = observation;
        state.names.on_disk = names.on_disk;
        state.names.read_from = names.read_from;
        let since = match state.last.take() {
            // The wait starts again if the clock was set back.
            Some((last, since)) if last == seen && since <= now => since,
            Some((last, _)) => {
                let changed = last.first_difference(&seen).map(Path::to_owned);
                state.last_changed = changed;
                state.tries = Tries::default();
                now
            }
            None => now,
        };
        state.last = Some((seen.clone(), since));
        let differs = match &state.looked_at {
            Some(looked_at) => looked_at.first_difference(&seen).map(Path::to_owned),
            None => Some(self.rule_file.clone()),
        };
        state.differs_since = differs
            .as_ref()
            .map(|_| state.differs_since.filter(|since| *since <= now).unwrap_or(now));
        Standing {
            is_quiet: since.duration_until(now) >= QUIET,
            waits: state.tries.not_before.is_some_and(|time| now < time),
            last_changed: state
                .last_changed
                .clone()
                .unwrap_or_else(|| self.rule_file.clone()),
            differs,
            seen,
        }
    }

    /// Records that this state of the files was read and decided on.
    pub(crate) fn note_looked_at(&self, seen: FilesSeen) {
        let mut state = self.state();
        state.looked_at = Some(seen);
        state.differs_since = None;
        state.alarmed_at = None;
        state.tries = Tries::default();
    }

    /// Records that the files cannot be checked, and since when.
    pub(crate) fn note_unreachable(&self, now: Timestamp) {
        let mut state = self.state();
        state.differs_since.get_or_insert(now);
        drop(state);
        self.note_failure(now);
    }

    /// Returns the time since which the files have differed from what was read, as of the last check.
    pub(crate) fn differs_since(&self) -> Option<Timestamp> {
        self.state().differs_since
    }

    /// Returns whether the next attempt is not due yet.
    pub(crate) fn waits(&self, now: Timestamp) -> bool {
        self.state().tries.not_before.is_some_and(|time| now < time)
    }

    /// Returns whether to raise an alarm now because the files differ: at most every ten minutes.
    pub(crate) fn takes_alarm(&self, now: Timestamp) -> bool {
        const AGAIN: SignedDuration = SignedDuration::from_mins(10);
        let mut state = self.state();
        let is_due = state
            .alarmed_at
            .is_none_or(|at| at > now || at.duration_until(now) >= AGAIN);
        if is_due {
            state.alarmed_at = Some(now);
        }
        is_due
    }

    /// Forgets what was read: the files have to be quiet and be read again before they count as known.
    pub(crate) fn forget_look(&self) {
        self.state().looked_at = None;
    }

    /// Records the lists of the active rule set.
    pub(crate) fn note_in_effect(&self, lists: Vec<PathBuf>) {
        self.state().names.in_effect = lists;
    }

    /// Records a failure that the files did not cause. They are read again after 2, 4, 8 … 60 seconds.
    pub(crate) fn note_failure(&self, now: Timestamp) {
        const LONGEST: i64 = 60;
        let mut state = self.state();
        state.tries.failed = state.tries.failed.saturating_add(1);
        let seconds = 2_i64.saturating_pow(state.tries.failed.min(10)).min(LONGEST);
        let again = now.saturating_add(SignedDuration::from_secs(seconds));
        state.tries.not_before = again.ok();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change of the state is complete in itself, so a panic leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn observe(rule_file: &Path, mut names: Names) -> Observation {
    let seen = FileSeen::of(rule_file);
    if names.read_from.as_ref() != Some(&seen) {
        // A file that cannot be read adds no names. Loading it reports why.
        if let Ok(text) = rules::read_rule_text(rule_file) {
            let folder = rule_file.parent().unwrap_or(Path::new(""));
            let lists = rules::named_list_files(&text).into_iter();
            names.on_disk = lists.map(|file| folder.join(file)).collect();
        }
        names.read_from = Some(seen);
    }
    let lists = names.in_effect.iter().chain(&names.on_disk).cloned();
    let seen = FilesSeen::of(std::iter::once(rule_file.to_owned()).chain(lists));
    Observation { names, seen }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    struct Site {
        folder: TempDir,
        files: FilesOnDisk,
    }

    impl Site {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let files = FilesOnDisk::new(folder.path().join("rules.toml"));
            let site = Self { folder, files };
            site.write("rules.toml", "[lists.locked]\nfile = \"locked.txt\"\n");
            site.write("locked.txt", "+13125550100\n");
            site
        }

        fn write(&self, name: &str, text: &str) {
            fs::write(self.folder.path().join(name), text).unwrap();
        }

        fn look(&self, second: i64) -> Standing {
            let observation = self.files.look()();
            self.files
                .take_in(observation, Timestamp::from_second(second).unwrap())
        }
    }

    #[test]
    fn files_are_quiet_when_every_look_of_three_seconds_sees_the_same() {
        let site = Site::new();
        assert!(!site.look(0).is_quiet);
        assert!(!site.look(2).is_quiet);
        assert!(site.look(3).is_quiet);
        site.write("locked.txt", "+13125550100\n+13125550101\n");
        let standing = site.look(4);
        assert!(!standing.is_quiet);
        assert_eq!(standing.last_changed, site.folder.path().join("locked.txt"));
        assert!(!site.look(6).is_quiet);
        assert!(site.look(7).is_quiet);
    }

    #[test]
    fn one_look_is_never_enough_however_far_the_clock_jumps() {
        let site = Site::new();
        assert!(!site.look(1_000_000).is_quiet);
        site.write("locked.txt", "");
        assert!(!site.look(2_000_000).is_quiet);
        // The clock was set back, so the wait starts again.
        assert!(!site.look(10).is_quiet);
        assert!(!site.look(12).is_quiet);
        assert!(site.look(13).is_quiet);
    }

    #[test]
    fn a_list_that_only_the_edited_rule_file_names_is_watched_too() {
        let site = Site::new();
        site.files.note_looked_at(site.look(0).seen);
        let rules = "[lists.locked]\nfile = \"locked.txt\"\n[lists.new]\nfile = \"new.txt\"\n";
        site.write("rules.toml", rules);
        assert!(site.look(1).differs.is_some());
        site.files.note_looked_at(site.look(2).seen);
        assert_eq!(site.look(3).differs, None);
        site.write("new.txt", "+13125550100\n");
        assert_eq!(site.look(4).differs, Some(site.folder.path().join("new.txt")));
    }

    #[test]
    fn a_change_counts_until_it_is_looked_at() {
        let site = Site::new();
        assert!(site.look(0).differs.is_some(), "nothing was looked at");
        site.files.note_looked_at(site.look(1).seen);
        assert_eq!(site.look(2).differs, None);
        site.write("locked.txt", "");
        for second in [5, 9] {
            assert!(site.look(second).differs.is_some());
            assert_eq!(site.files.differs_since(), Timestamp::from_second(5).ok());
        }
        site.files.note_looked_at(site.look(10).seen);
        site.look(11);
        assert_eq!(site.files.differs_since(), None);
    }

    #[test]
    fn what_failed_is_tried_again_later_and_at_once_when_the_files_change() {
        let site = Site::new();
        site.look(0);
        site.files.note_failure(Timestamp::from_second(3).unwrap());
        assert!(site.look(4).waits);
        assert!(!site.look(5).waits);
        site.files.note_failure(Timestamp::from_second(5).unwrap());
        assert!(site.look(8).waits);
        site.write("locked.txt", "");
        assert!(!site.look(8).waits);
    }
}
