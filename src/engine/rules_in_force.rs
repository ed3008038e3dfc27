//! The rule set that judges, and the one that judges beside it in shadow.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use jiff::Timestamp;
use sqlx::PgPool;
use tokio::sync::{Mutex, MutexGuard};

use super::decide_within::DecideWithin;
use super::rule_record::{self, NotRecorded, Step};
use crate::domain::RuleSetMove;
use crate::rules::{self, Loaded, Refusal, RuleSet, Sources};
use crate::store::{self, StoreError, rule_sets};

/// Where the rules are read, and what it takes to put others in force.
#[derive(Debug, Clone)]
pub struct RuleFiles {
    /// The rule file.
    pub rules: PathBuf,
    /// A whole rule file that judges beside it and is never acted on.
    pub candidate: Option<PathBuf>,
    /// Whether one person is enough to put rules in force.
    pub approval: Approval,
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
    /// Why these are not the rules of the file, where they are not.
    pub kept: Option<KeptBecause>,
}

/// Why the rules that were in force last go on, and not those of the file.
#[derive(Debug)]
pub enum KeptBecause {
    /// The file has errors, or its own tests fail.
    Refused(Refusal),
    /// Nobody has approved the rule set that the file holds.
    NotApproved([u8; 32]),
}

/// Why there are no rules to judge by.
#[derive(Debug, thiserror::Error)]
pub enum NoRules {
    /// The file has errors, or its own tests fail, and no rule set was in force before.
    #[error("{0}")]
    NotGood(Refusal),
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
    let Some(last) = store::last_of(pool, RuleSetMove::InForce).await? else {
        return Ok(None);
    };
    let mut connection = pool.acquire().await.map_err(StoreError::from)?;
    let Some(recorded) = rule_sets::rule_set(&mut connection, &last.hash).await? else {
        return Ok(None);
    };
    let sources = Sources::from_record(&recorded.path, &recorded.source, recorded.lists);
    Ok(sources
        .ok()
        .filter(|sources| sources.hash() == last.hash)
        .and_then(|sources| RuleSet::from_sources(&sources, now).ok()))
}

impl RulesInForce {
    /// Reads the rule file for a start and puts its rule set in force. A file that is not good, or not approved where
    /// that is needed, never replaces the rules in force, not even over a restart: those on record go on, because a
    /// service that does not run lets every number leave.
    pub async fn open(pool: &PgPool, files: RuleFiles, by: &str, now: Timestamp) -> Result<Opened, NoRules> {
        let last = store::last_of(pool, RuleSetMove::InForce).await?;
        let (loaded, kept) = match rules::load_and_test(&files.rules, now) {
            Ok(loaded) => {
                let hash = loaded.rules.hash();
                let is_other = last.is_some_and(|last| last.hash != hash);
                if is_other && files.approval == Approval::Needed {
                    let last = last_in_force(pool, now).await?;
                    let last = last.ok_or(NoRules::NotApproved(hash))?;
                    (last, Some(KeptBecause::NotApproved(hash)))
                } else {
                    let step = Step::of_machine(by, now);
                    rule_record::put_in_force(pool, &loaded, &step).await?;
                    (loaded, None)
                }
            }
            Err(refusal) => match last_in_force(pool, now).await? {
                Some(last) => (last, Some(KeptBecause::Refused(refusal))),
                None => return Err(NoRules::NotGood(refusal)),
            },
        };
        let waiting = match kept {
            Some(KeptBecause::NotApproved(hash)) => Some(Arc::new(hash)),
            _ => None,
        };
        let rules = Self {
            decide_within: DecideWithin::new(loaded.rules.defaults().decide_within),
            current: ArcSwap::from_pointee(ReadSet::new(&files.rules, loaded)),
            candidate: ArcSwapOption::empty(),
            waiting: ArcSwapOption::new(waiting),
            one_at_a_time: Mutex::new(()),
            files,
        };
        tell_in_force(None, rules.current().hash());
        Ok(Opened { rules, kept })
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

    /// Every file that a reload reads, as far as the rule sets at hand tell: both rule files and their lists.
    #[must_use]
    pub fn watched_files(&self) -> Vec<PathBuf> {
        let (current, candidate) = (self.current.load(), self.candidate.load());
        let lists = candidate.iter().flat_map(|set| &set.list_files);
        let rule_files = std::iter::once(&self.files.rules).chain(&self.files.candidate);
        rule_files
            .chain(&current.list_files)
            .chain(lists)
            .cloned()
            .collect()
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
    pub(super) async fn alone(&self) -> MutexGuard<'_, ()> {
        self.one_at_a_time.lock().await
    }

    pub(super) fn wait_for_approval(&self, hash: Option<[u8; 32]>) {
        self.waiting.store(hash.map(Arc::new));
    }

    /// Lets a recorded rule set judge from now on.
    pub(super) fn replace(&self, loaded: Loaded) {
        let before = self.current().hash();
        self.decide_within.set(loaded.rules.defaults().decide_within);
        self.current
            .store(Arc::new(ReadSet::new(&self.files.rules, loaded)));
        self.wait_for_approval(None);
        tell_in_force(Some(before), self.current().hash());
    }

    /// Lets a recorded rule set judge beside the one in force.
    pub(super) fn replace_candidate(&self, path: &Path, loaded: Loaded) {
        self.candidate.store(Some(Arc::new(ReadSet::new(path, loaded))));
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
        };
        RulesInForce {
            decide_within: DecideWithin::default(),
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
