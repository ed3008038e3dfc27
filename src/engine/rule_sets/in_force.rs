//! The rule set that judges, and the one that judges beside it in shadow.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use jiff::Timestamp;
use sqlx::PgPool;
use tokio::sync::{Mutex, MutexGuard};

use super::files_on_disk::FilesOnDisk;
use super::files_seen::FilesSeen;
use super::record;
use super::record::{NotRecorded, Step};
use super::settled_read::{self, NotRead, SettledRead};
use super::shrink_guard::{self, Shrunk};
use crate::domain::RuleSetMove;
use crate::engine::intake::decide_within::DecideWithin;
use crate::rules::{Loaded, MaxShrink, ReadLimits, Refusal, RuleSet, Sources};
use crate::store::{self, LONG_LIMIT, StoreError, in_time, rule_sets};

/// Where the rules are read, and what it takes to put others in force.
#[derive(Debug, Clone)]
pub struct RuleFiles {
    /// The rule file.
    pub rules: PathBuf,
    /// A whole rule file that judges beside it and is never acted on.
    pub candidate: Option<PathBuf>,
    /// Whether one person is enough to put rules in force.
    pub approval: Approval,
    /// The bounds of list files.
    pub lists: ListBounds,
}

/// The bounds of list files.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListBounds {
    /// The most bytes that one list file may have; 512 MiB where nothing else is set.
    pub max_bytes: Option<u64>,
    /// How much of a list may be lost without a person's confirmation.
    pub max_shrink: MaxShrink,
}

impl ListBounds {
    pub(crate) fn read_limits(&self) -> ReadLimits {
        self.max_bytes
            .map_or_else(ReadLimits::default, |list_bytes| ReadLimits { list_bytes })
    }
}

/// How many people it takes to put rules in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// Whoever saves the file.
    NotNeeded,
    /// One who proposes them, and another who approves.
    Needed,
}

/// The rule set in force. One evaluation uses one set whole, whatever is loaded meanwhile.
#[derive(Debug)]
pub struct RulesInForce {
    files: RuleFiles,
    on_disk: FilesOnDisk,
    candidate_on_disk: Option<FilesOnDisk>,
    current: ArcSwap<ReadSet>,
    candidate: ArcSwapOption<ReadSet>,
    /// The rule set that the file holds, where it waits to be approved.
    waiting: ArcSwapOption<[u8; 32]>,
    decide_within: DecideWithin,
    /// Held while the files are read and another set takes its place: two at once could leave the older one.
    one_at_a_time: Mutex<()>,
}

/// A rule set and the list files that it was read with.
#[derive(Debug)]
struct ReadSet {
    rules: RuleSet,
    list_files: Vec<PathBuf>,
}

/// The rules that a start found.
#[derive(Debug)]
pub struct Opened {
    /// What judges from now on.
    pub rules: RulesInForce,
    /// Whether the database had these rules in effect before.
    pub found: Found,
    /// Why these are not the rules of the file, where they are not.
    pub kept: Option<KeptBecause>,
}

/// What a start found on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The rules that were in effect last, or nothing that may take their place.
    LastInEffect,
    /// Other rules, which are in effect now.
    Other,
}

/// Why the rules that were in force last go on, and not those of the file.
#[derive(Debug)]
pub enum KeptBecause {
    /// The file has errors, or its own tests fail.
    Refused(Refusal),
    /// The file could not be read, or is being written.
    NotRead(NotRead),
    /// Lists lost too many entries.
    Shrunk(Shrunk),
    /// Nobody has approved the rule set that the file holds.
    NotApproved([u8; 32]),
}

/// Why there are no rules to judge by.
#[derive(Debug, thiserror::Error)]
pub enum NoRules {
    /// The file has errors, or its own tests fail, and no rule set was in force before.
    #[error("{0}")]
    NotGood(Refusal),
    /// The file could not be read, and no rule set was in effect before.
    #[error(transparent)]
    NotRead(#[from] NotRead),
    /// The file's rule set is not approved, and this program cannot read the one that was in force last.
    #[error(
        "rule set {} is not approved, and the one that was in force last cannot be read by this portoutd: put its file \
         back, or start once with `rules_need_approval = false`", hex::encode(.0)
    )]
    NotApproved([u8; 32]),
    /// The rule set could not be recorded, and what is not on record does not judge.
    #[error("the rule set cannot be recorded")]
    Record(#[from] NotRecorded),
}

impl From<StoreError> for NoRules {
    fn from(error: StoreError) -> Self {
        Self::Record(error.into())
    }
}

/// The rule set that was in force when the service last ran, from the record, if this program can read it.
pub async fn last_in_force(pool: &PgPool, now: Timestamp) -> Result<Option<Loaded>, StoreError> {
    let Some(last) = in_time(store::last_of(pool, RuleSetMove::InForce)).await? else {
        return Ok(None);
    };
    let mut tx = store::begin_long(pool).await?;
    let recorded = store::within(LONG_LIMIT, rule_sets::rule_set(&mut tx, &last.hash)).await?;
    in_time(async { Ok::<_, StoreError>(tx.rollback().await?) }).await?;
    let Some(recorded) = recorded else {
        return Ok(None);
    };
    let sources = Sources::from_record(&recorded.path, &recorded.source, recorded.lists);
    Ok(sources
        .ok()
        .filter(|sources| sources.hash() == last.hash)
        .and_then(|sources| RuleSet::from_sources(&sources, now).ok()))
}

impl RulesInForce {
    /// Reads the rule file for a start and puts its rule set into effect. A file that is not good, that lost list entries,
    /// or that is not approved where that is needed, never replaces the rules in effect, not even over a restart: those in
    /// the database go on, because a service that does not run lets every number leave.
    pub async fn open(pool: &PgPool, files: RuleFiles, by: &str, now: Timestamp) -> Result<Opened, NoRules> {
        let on_disk = FilesOnDisk::new(files.rules.clone());
        let read = settled_read::read_now(&on_disk, files.lists.read_limits(), now).await;
        let Start {
            loaded,
            kept,
            found,
            seen,
        } = Start::of(pool, &files, read, by, now).await?;
        let waiting = match kept {
            Some(KeptBecause::NotApproved(hash)) => Some(Arc::new(hash)),
            _ => None,
        };
        let decide_within = loaded.rules.defaults().decide_within;
        let current = ReadSet::new(&files.rules, loaded);
        on_disk.note_in_effect(current.list_files.clone());
        if let Some(seen) = seen {
            on_disk.note_looked_at(seen);
        }
        let rules = Self {
            decide_within: DecideWithin::new(decide_within),
            current: ArcSwap::from_pointee(current),
            candidate: ArcSwapOption::empty(),
            waiting: ArcSwapOption::new(waiting),
            one_at_a_time: Mutex::new(()),
            candidate_on_disk: files.candidate.clone().map(FilesOnDisk::new),
            on_disk,
            files,
        };
        tell_in_force(None, rules.current().hash());
        Ok(Opened { rules, found, kept })
    }

    /// Has the files count as unknown until they have been quiet and were read again. A start does not wait for that,
    /// because orders have to be read meanwhile; but nothing is authorized before.
    pub fn wait_for_quiet(&self) {
        self.on_disk.forget_look();
    }

    /// The rule set that judges now.
    #[must_use]
    pub fn current(&self) -> RuleSet {
        self.current.load().rules.clone()
    }

    /// The rule set that judges beside it, if there is one. It is never acted on.
    #[must_use]
    pub fn candidate(&self) -> Option<RuleSet> {
        self.candidate.load().as_ref().map(|set| set.rules.clone())
    }

    /// Where the rules are read.
    #[must_use]
    pub fn files(&self) -> &RuleFiles {
        &self.files
    }

    /// The rule file and its lists as they are on disk.
    pub(crate) fn on_disk(&self) -> &FilesOnDisk {
        &self.on_disk
    }

    /// The candidate's rule file and lists as they are on disk, if there is a candidate.
    pub(crate) fn candidate_on_disk(&self) -> Option<&FilesOnDisk> {
        self.candidate_on_disk.as_ref()
    }

    /// The rule set that the file holds, where it waits to be approved.
    #[must_use]
    pub fn waiting(&self) -> Option<[u8; 32]> {
        self.waiting.load().as_deref().copied()
    }

    /// Our own deadline for an order that came to Telnyx at an instant.
    #[must_use]
    pub fn decide_by(&self, arrival: Timestamp) -> Timestamp {
        arrival
            .saturating_add(self.decide_within.get())
            .unwrap_or(arrival)
    }

    /// The time to decide, as it is now and after every change of rules.
    #[must_use]
    pub fn decide_within(&self) -> DecideWithin {
        self.decide_within.clone()
    }

    /// Waits until no other change of rules is under way in this process.
    pub(crate) async fn alone(&self) -> MutexGuard<'_, ()> {
        self.one_at_a_time.lock().await
    }

    /// Whether a change of rules is in progress in this process.
    pub(crate) fn is_changing(&self) -> bool {
        self.one_at_a_time.try_lock().is_err()
    }

    pub(crate) fn wait_for_approval(&self, hash: Option<[u8; 32]>) {
        self.waiting.store(hash.map(Arc::new));
    }

    /// Lets a recorded rule set judge from now on.
    pub(crate) fn replace(&self, loaded: Loaded) {
        let before = self.current().hash();
        self.decide_within.set(loaded.rules.defaults().decide_within);
        let set = ReadSet::new(&self.files.rules, loaded);
        self.on_disk.note_in_effect(set.list_files.clone());
        self.current.store(Arc::new(set));
        self.wait_for_approval(None);
        tell_in_force(Some(before), self.current().hash());
    }

    /// Lets a recorded rule set judge beside the one in force.
    pub(crate) fn replace_candidate(&self, loaded: Loaded) {
        let Some(files) = &self.candidate_on_disk else {
            return;
        };
        let set = ReadSet::new(files.rule_file(), loaded);
        files.note_in_effect(set.list_files.clone());
        self.candidate.store(Some(Arc::new(set)));
    }
}

/// The rules that a start begins with.
struct Start {
    loaded: Loaded,
    kept: Option<KeptBecause>,
    found: Found,
    /// The state of the files that was looked at.
    seen: Option<FilesSeen>,
}

impl Start {
    async fn of(
        pool: &PgPool,
        files: &RuleFiles,
        read: Result<SettledRead, NotRead>,
        by: &str,
        now: Timestamp,
    ) -> Result<Self, NoRules> {
        let (loaded, seen) = match read {
            Ok(SettledRead { loaded, seen }) => (loaded, seen),
            Err(not_read) => {
                return match last_in_force(pool, now).await? {
                    Some(last) => Ok(Self::kept(last, KeptBecause::NotRead(not_read), None)),
                    None => Err(NoRules::NotRead(not_read)),
                };
            }
        };
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(refusal) => {
                return match last_in_force(pool, now).await? {
                    Some(last) => Ok(Self::kept(last, KeptBecause::Refused(refusal), Some(seen))),
                    None => Err(NoRules::NotGood(refusal)),
                };
            }
        };
        let found = Self::found(pool, &loaded).await?;
        if found == Found::Other {
            let last = last_in_force(pool, now).await?;
            if let Some((last, because)) = Self::reason_to_keep(pool, files, last, &loaded, now).await? {
                return Ok(Self::kept(last, because, Some(seen)));
            }
        }
        record::put_in_force(pool, &loaded, &Step::of_machine(by, now)).await?;
        Ok(Self {
            loaded,
            kept: None,
            found,
            seen: Some(seen),
        })
    }

    async fn found(pool: &PgPool, loaded: &Loaded) -> Result<Found, StoreError> {
        let last = in_time(store::last_of(pool, RuleSetMove::InForce)).await?;
        Ok(match last {
            Some(last) if last.hash == loaded.rules.hash() => Found::LastInEffect,
            _ => Found::Other,
        })
    }

    /// Why the rules that were in effect last go on although the file is good, if they do.
    async fn reason_to_keep(
        pool: &PgPool,
        files: &RuleFiles,
        last: Option<Loaded>,
        loaded: &Loaded,
        now: Timestamp,
    ) -> Result<Option<(Loaded, KeptBecause)>, NoRules> {
        let hash = loaded.rules.hash();
        let Some(last) = last else {
            let is_first = in_time(store::last_of(pool, RuleSetMove::InForce))
                .await?
                .is_none();
            return match files.approval {
                Approval::Needed if !is_first => Err(NoRules::NotApproved(hash)),
                Approval::Needed | Approval::NotNeeded => Ok(None),
            };
        };
        if files.approval == Approval::Needed {
            return Ok(Some((last, KeptBecause::NotApproved(hash))));
        }
        let allowed = files.lists.max_shrink;
        let shrunk = shrink_guard::unconfirmed(pool, &last.rules, &loaded.rules, allowed, now).await?;
        Ok((!shrunk.is_empty()).then(|| (last, KeptBecause::Shrunk(Shrunk(shrunk)))))
    }

    fn kept(loaded: Loaded, because: KeptBecause, seen: Option<FilesSeen>) -> Self {
        Self {
            loaded,
            kept: Some(because),
            found: Found::LastInEffect,
            seen,
        }
    }
}

impl ReadSet {
    fn new(path: &Path, loaded: Loaded) -> Self {
        let folder = path.parent().unwrap_or(Path::new(""));
        let list_files = loaded
            .sources
            .lists
            .iter()
            .map(|list| folder.join(&list.file))
            .collect();
        Self {
            rules: loaded.rules,
            list_files,
        }
    }
}

/// A gauge that is 1 for the rule set in force: its label tells which one that is, over time and over replicas.
fn tell_in_force(before: Option<[u8; 32]>, now: [u8; 32]) {
    let gauge =
        |hash: [u8; 32]| metrics::gauge!("portoutd_rule_set_in_force", "rule_set" => hex::encode(hash));
    if let Some(before) = before {
        gauge(before).set(0.0);
    }
    gauge(now).set(1.0);
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;
    use crate::domain::Action;
    use crate::rules::Facts;

    /// A rule set every part of which tells whose it is.
    fn marked(letter: char, action: Action) -> Loaded {
        let rule = |name: &str, count: &str| {
            format!(
                "[[rule]]\nid = \"{letter}-{name}\"\nmatch.numbers.count = \"{count}\"\naction = \"{action}\"\n"
            )
        };
        let text = format!(
            "version = 1\ntimezone = \"UTC\"\n{}{}",
            rule("none", "0"),
            rule("some", ">= 1")
        );
        let sources = Sources::in_memory("rules.toml", &text, []);
        RuleSet::from_sources(&sources, Timestamp::UNIX_EPOCH).unwrap()
    }

    fn in_force(loaded: Loaded) -> RulesInForce {
        let files = RuleFiles {
            rules: PathBuf::from("rules.toml"),
            candidate: None,
            approval: Approval::NotNeeded,
            lists: ListBounds::default(),
        };
        RulesInForce {
            decide_within: DecideWithin::default(),
            on_disk: FilesOnDisk::new(files.rules.clone()),
            candidate_on_disk: None,
            current: ArcSwap::from_pointee(ReadSet::new(&files.rules, loaded)),
            candidate: ArcSwapOption::empty(),
            waiting: ArcSwapOption::empty(),
            one_at_a_time: Mutex::new(()),
            files,
        }
    }

    /// The letter of the rules that judged, from their verdict; fails if there is another in it.
    fn judged_by(rules: &RuleSet, facts: &Facts) -> char {
        let verdict = rules.evaluate(facts, Timestamp::UNIX_EPOCH);
        let letter = if verdict.action == Action::Hold { 'a' } else { 'b' };
        let named = verdict
            .entries()
            .map(|entry| entry.rule)
            .chain(verdict.rule.clone());
        for name in named.chain(rules.rules().iter().map(|rule| rule.id().to_owned())) {
            assert!(name.starts_with(letter), "{name} in a verdict of {letter}");
        }
        letter
    }

    #[test]
    fn no_evaluation_sees_two_rule_sets_however_often_they_change() {
        let sets = [marked('a', Action::Hold), marked('b', Action::Authorize)];
        let rules = in_force(sets[0].clone());
        let order = serde_json::json!({ "phone_numbers": ["+13125550100"] });
        let facts = Facts::from_json(&order).unwrap();
        let done = AtomicBool::new(false);
        let seen: Vec<(usize, usize)> = thread::scope(|scope| {
            let judge = || {
                let (mut a, mut b) = (0, 0);
                while !done.load(Ordering::Relaxed) || a + b == 0 {
                    match judged_by(&rules.current(), &facts) {
                        'a' => a += 1,
                        _ => b += 1,
                    }
                }
                (a, b)
            };
            let judges: Vec<_> = (0..3).map(|_| scope.spawn(judge)).collect();
            let change = || (0..200).for_each(|turn| rules.replace(sets[turn % 2].clone()));
            let changes: Vec<_> = (0..4).map(|_| scope.spawn(change)).collect();
            for change in changes {
                change.join().unwrap();
            }
            done.store(true, Ordering::Relaxed);
            judges.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(seen.iter().all(|(a, b)| a + b > 0), "everybody judged: {seen:?}");
    }
}
