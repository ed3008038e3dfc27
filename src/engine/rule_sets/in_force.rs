//! The rule set that judges, and the one that judges beside it in shadow.

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
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;
    use crate::domain::Action;
    use crate::engine::rule_sets::files::{Approval, ListBounds};
    use crate::rules::{Facts, Sources};

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
