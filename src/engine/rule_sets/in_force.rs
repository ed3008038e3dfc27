//! The active rule set, and the candidate that is evaluated in shadow mode.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use jiff::Timestamp;
use sqlx::PgPool;
use tokio::sync::{Mutex, MutexGuard};

use super::files::{Found, KeptBecause, NoRules, RuleFiles};
use super::files_on_disk::FilesOnDisk;
use super::settled_read;
use super::start::{ReadSet, Start};
use crate::engine::intake::decide_within::DecideWithin;
use crate::rules::{Loaded, RuleSet};

/// The active rule set. One evaluation uses one complete set, whatever is loaded in the meantime.
#[derive(Debug)]
pub struct RulesInForce {
    files: RuleFiles,
    on_disk: FilesOnDisk,
    candidate_on_disk: Option<FilesOnDisk>,
    current: ArcSwap<ReadSet>,
    candidate: ArcSwapOption<ReadSet>,
    /// The rule set in the file, if it waits for approval.
    waiting: ArcSwapOption<[u8; 32]>,
    decide_within: DecideWithin,
    /// Held while the files are read and the rule set is replaced. Two replacements at the same time could leave the
    /// older one active.
    one_at_a_time: Mutex<()>,
}

/// The rules found at the start.
#[derive(Debug)]
pub struct Opened {
    /// The rules that are evaluated from now on.
    pub rules: RulesInForce,
    /// Whether these rules were in effect before, according to the database.
    pub found: Found,
    /// Why these are not the rules in the file, if they are not.
    pub kept: Option<KeptBecause>,
}

impl RulesInForce {
    /// Reads the rule file at the start and activates its rule set. A file that is not valid, lost list entries, or
    /// lacks a required approval never replaces the active rules, not even at a restart. The rules in the database stay
    /// active instead, because a service that does not run lets every number leave.
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

    /// Makes the files count as unknown until they have been quiet and were read again. The start does not wait for
    /// that, because orders have to be read in the meantime, but nothing is authorized before it.
    pub fn wait_for_quiet(&self) {
        self.on_disk.forget_look();
    }

    /// Returns the active rule set.
    #[must_use]
    pub fn current(&self) -> RuleSet {
        self.current.load().rules.clone()
    }

    /// Returns the candidate in shadow mode, if there is one. It is never acted on.
    #[must_use]
    pub fn candidate(&self) -> Option<RuleSet> {
        self.candidate.load().as_ref().map(|set| set.rules.clone())
    }

    /// Returns where the rules are read from.
    #[must_use]
    pub fn files(&self) -> &RuleFiles {
        &self.files
    }

    /// Returns the state of the rule file and its lists on disk.
    pub(crate) fn on_disk(&self) -> &FilesOnDisk {
        &self.on_disk
    }

    /// Returns the state of the candidate's rule file and lists on disk, if there is a candidate.
    pub(crate) fn candidate_on_disk(&self) -> Option<&FilesOnDisk> {
        self.candidate_on_disk.as_ref()
    }

    /// Returns the rule set in the file, if it waits for approval.
    #[must_use]
    pub fn waiting(&self) -> Option<[u8; 32]> {
        self.waiting.load().as_deref().copied()
    }

    /// Returns our own deadline for an order that arrived at Telnyx at a time.
    #[must_use]
    pub fn decide_by(&self, arrival: Timestamp) -> Timestamp {
        arrival
            .saturating_add(self.decide_within.get())
            .unwrap_or(arrival)
    }

    /// Returns the shared `decide_within`, which follows every change of the rules.
    #[must_use]
    pub fn decide_within(&self) -> DecideWithin {
        self.decide_within.clone()
    }

    /// Waits until no other change of the rules is in progress in this process.
    pub(crate) async fn alone(&self) -> MutexGuard<'_, ()> {
        self.one_at_a_time.lock().await
    }

    /// Returns whether a change of the rules is in progress in this process.
    pub(crate) fn is_changing(&self) -> bool {
        self.one_at_a_time.try_lock().is_err()
    }

    pub(crate) fn wait_for_approval(&self, hash: Option<[u8; 32]>) {
        self.waiting.store(hash.map(Arc::new));
    }

    /// Activates a recorded rule set.
    pub(crate) fn replace(&self, loaded: Loaded) {
        let before = self.current().hash();
        self.decide_within.set(loaded.rules.defaults().decide_within);
        let set = ReadSet::new(&self.files.rules, loaded);
        self.on_disk.note_in_effect(set.list_files.clone());
        self.current.store(Arc::new(set));
        self.wait_for_approval(None);
        tell_in_force(Some(before), self.current().hash());
    }

    /// Activates a recorded candidate in shadow mode.
    pub(crate) fn replace_candidate(&self, loaded: Loaded) {
        let Some(files) = &self.candidate_on_disk else {
            return;
        };
        let set = ReadSet::new(files.rule_file(), loaded);
        files.note_in_effect(set.list_files.clone());
        self.candidate.store(Some(Arc::new(set)));
    }
}

/// Sets the gauge that is 1 for the active rule set. Its label identifies the set over time and across replicas.
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
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;
    use crate::domain::Action;
    use crate::engine::rule_sets::files::{Approval, ListBounds};
    use crate::rules::{Facts, Sources};

    /// Creates a rule set in which every part contains its letter.
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

    /// Returns the letter of the rules that were evaluated, from their verdict. Fails if the verdict contains another
    /// letter.
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
