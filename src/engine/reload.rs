//! How other rules take the place of those in force: whole, tested, recorded and, where that is wanted, approved; or not
//! at all.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::json;

use super::Engine;
use super::files_seen::FilesSeen;
use super::rule_record::{self, NotRecorded, Step};
use super::rules_in_force::Approval;
use crate::domain::{RuleSetMove, person_behind};
use crate::rules::{self, Loaded, Refusal, RuleSet};
use crate::store::{self, RuleSetEvent, StoreError, in_time, orders};

/// Who wants the rules read again.
#[derive(Debug, Clone, Copy)]
pub enum AskedBy<'a> {
    /// A person.
    Person {
        /// By the name of a token or of the operating system's user.
        name: &'a str,
        /// Why, in the person's words.
        because: Option<&'a str>,
    },
    /// A signal or a watched file, as the record shall name it.
    Machine(&'a str),
}

/// What became of a file that is good.
#[derive(Debug)]
pub enum Reloaded {
    /// Its rule set judges now.
    InForce(RuleSet),
    /// It waits until another person than the one who proposed it approves it.
    Proposed {
        /// The rule set that waits.
        rule_set: [u8; 32],
        /// Who proposed it.
        by: String,
    },
    /// It is not approved, and no person has proposed it.
    NotApproved([u8; 32]),
}

/// Why the rules in force stay.
#[derive(Debug, thiserror::Error)]
pub enum ReloadRefused {
    /// The file has errors, or its own tests fail.
    #[error("{0}")]
    NotGood(Refusal),
    /// The rule set could not be recorded, and what is not on record does not judge.
    #[error("the rule set cannot be recorded")]
    Record(#[from] NotRecorded),
}

impl From<StoreError> for ReloadRefused {
    fn from(error: StoreError) -> Self {
        Self::Record(error.into())
    }
}

impl AskedBy<'_> {
    fn step(&self, at: Timestamp, action: &'static str) -> Step<'_> {
        match self {
            Self::Person { name, because } => Step::of_person(name, *because, at, action),
            Self::Machine(name) => Step::of_machine(name, at),
        }
    }
}

impl Engine {
    /// Looks again at everything that no person has decided: the mode or the rules may have changed while we were away.
    pub async fn start(&self) -> Result<u64, StoreError> {
        let woken = in_time(orders::wake_undecided(&self.pool, self.clock.now())).await?;
        self.wake.notify_one();
        Ok(woken)
    }

    /// Reads the rule file again. If it is good and its tests pass, it judges from now on, and what no person has decided
    /// is judged anew; where rules need approval it is proposed instead, if a person asks.
    pub async fn reload(&self, asked: AskedBy<'_>) -> Result<Reloaded, ReloadRefused> {
        let _alone = self.rules.alone().await;
        let step = asked.step(self.clock.now(), "rules.reload");
        let current = self.rules.current();
        let loaded = match self.read(self.rules.files().rules.clone()).await {
            Ok(loaded) => loaded,
            Err(refusal) => {
                let told = refusal.to_string();
                let noted = rule_record::note_refused(&self.pool, current.hash(), &told, &step);
                if let Err(error) = in_time(noted).await {
                    let error: &dyn std::error::Error = &error;
                    tracing::error!(error, "the refused reload cannot be recorded as an admin action");
                }
                return Err(ReloadRefused::NotGood(refusal));
            }
        };
        let hash = loaded.rules.hash();
        if hash == current.hash() {
            self.rules.wait_for_approval(None);
            in_time(rule_record::note_asked_again(&self.pool, hash, &step)).await?;
            return Ok(Reloaded::InForce(current));
        }
        if self.rules.files().approval == Approval::Needed && !self.is_in_force_on_record(hash).await? {
            self.rules.wait_for_approval(Some(hash));
            return match asked {
                AskedBy::Person { .. } => {
                    rule_record::keep(&self.pool, &loaded, &step).await?;
                    in_time(self.propose(hash, &asked)).await
                }
                AskedBy::Machine(_) => Ok(Reloaded::NotApproved(hash)),
            };
        }
        rule_record::put_in_force(&self.pool, &loaded, &step).await?;
        self.replace_rules(loaded, step.by).await;
        Ok(Reloaded::InForce(self.rules.current()))
    }

    /// Whether the rule set that the file holds, and that waits here, was approved by way of another replica.
    pub async fn is_approved_elsewhere(&self) -> Result<bool, StoreError> {
        match self.rules.waiting() {
            Some(hash) => self.is_in_force_on_record(hash).await,
            None => Ok(false),
        }
    }

    /// Reads a rule file and runs its tests.
    pub(super) async fn read(&self, path: PathBuf) -> Result<Loaded, Refusal> {
        let (now, files) = (self.clock.now(), self.rules.watched_files());
        match tokio::task::spawn_blocking(move || read_settled(&path, &files, now)).await {
            Ok(loaded) => loaded,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }

    /// Lets a recorded rule set judge, and wakes what no person has decided.
    pub(super) async fn replace_rules(&self, loaded: Loaded, by: &str) {
        self.rules.replace(loaded);
        let rule_set = hex::encode(self.rules.current().hash());
        match in_time(orders::wake_undecided(&self.pool, self.clock.now())).await {
            Ok(woken) => tracing::info!(rule_set, loaded_by = by, woken, "other rules are in force"),
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(
                    rule_set,
                    error,
                    "other rules are in force, but what is on hold was not woken for them"
                );
            }
        }
        self.wake.notify_one();
    }

    async fn is_in_force_on_record(&self, hash: [u8; 32]) -> Result<bool, StoreError> {
        let last = in_time(store::last_of(&self.pool, RuleSetMove::InForce)).await?;
        Ok(last.is_some_and(|last| last.hash == hash))
    }

    /// Records that a person wants a recorded rule set in force. It takes the place of whatever was proposed before.
    async fn propose(&self, hash: [u8; 32], asked: &AskedBy<'_>) -> Result<Reloaded, ReloadRefused> {
        let step = asked.step(self.clock.now(), "rules.propose");
        let mut tx = self.pool.begin().await.map_err(StoreError::from)?;
        store::lock_rule_set_events(&mut tx).await?;
        let standing = store::standing_proposal(&mut *tx).await?;
        if let Some(standing) = standing.filter(|standing| is_said_already(standing, hash, &step)) {
            return Ok(Reloaded::Proposed {
                rule_set: hash,
                by: standing.actor,
            });
        }
        store::add_rule_set_event(&mut *tx, &step.event(hash, RuleSetMove::Proposed)).await?;
        step.close(&mut tx, json!({ "rule_set": hex::encode(hash) }))
            .await?;
        tx.commit().await.map_err(StoreError::from)?;
        tracing::info!(rule_set = hex::encode(hash), by = step.by, "rules are proposed");
        Ok(Reloaded::Proposed {
            rule_set: hash,
            by: step.by.to_owned(),
        })
    }
}

/// Reads a rule file when nobody is writing it or its lists: one who replaces several, as a rollback does, replaces the
/// rule file last, and no rules may judge that are half of one version and half of another.
fn read_settled(path: &Path, files: &[PathBuf], now: Timestamp) -> Result<Loaded, Refusal> {
    const TRIES: usize = 5;
    let mut before = FilesSeen::of(files.iter().cloned());
    let mut tries = 0;
    loop {
        let loaded = rules::load_and_test(path, now);
        let after = FilesSeen::of(files.iter().cloned());
        tries += 1;
        if after == before || tries == TRIES {
            return loaded;
        }
        before = after;
    }
}

/// Whether a rule set is proposed already and the step adds nothing. A second person who asks for it does not become its
/// proposer: else the first one could approve what only they have read.
fn is_said_already(standing: &RuleSetEvent, hash: [u8; 32], step: &Step<'_>) -> bool {
    let by_other = person_behind(&standing.actor) != person_behind(step.by);
    standing.hash == hash && (by_other || step.because.is_none())
}
