//! Replaces the active rules: completely, tested, recorded and, if required, approved, or not at all.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::files::Approval;
use super::record;
use super::record::{NotRecorded, Step};
use super::settled_read::{self, NotRead, SettledRead};
use super::shrink_guard::{self, Shrunk, ShrunkLists};
use crate::domain::{ErrorChain, RuleSetMove, person_behind};
use crate::engine::alarm::Alarm;
use crate::engine::{Engine, alarm};
use crate::rules::{Loaded, Refusal, RuleSet, ShrunkList};
use crate::store::{self, RuleSetEvent, StoreError, in_time, orders};

/// How long a reload waits in real time for its turn, for quiet files and for their content. The requester has a
/// response within 30 seconds, including the candidate.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who requests that the rules are read again.
#[derive(Debug, Clone, Copy)]
pub enum AskedBy<'a> {
    /// A person.
    Person {
        /// The name of a token or of the operating system's user.
        name: &'a str,
        /// The person's reason.
        because: Option<&'a str>,
    },
    /// A signal or a watched file, by the name that is recorded.
    Machine(&'a str),
}

/// A request to reload the rules.
#[derive(Debug, Clone, Copy)]
pub struct ReloadRequest<'a> {
    /// Who requests it.
    pub asked: AskedBy<'a>,
    /// Whether lists may lose more entries than the settings allow.
    pub shrunk_lists: ShrunkLists,
}

impl<'a> From<AskedBy<'a>> for ReloadRequest<'a> {
    fn from(asked: AskedBy<'a>) -> Self {
        Self {
            asked,
            shrunk_lists: ShrunkLists::Refused,
        }
    }
}

/// The outcome for a valid file.
#[derive(Debug)]
pub enum Reloaded {
    /// Its rule set is active.
    InForce(RuleSet),
    /// It waits for approval by another person than its proposer.
    Proposed {
        /// The rule set that waits.
        rule_set: [u8; 32],
        /// Who proposed it.
        by: String,
    },
    /// It is not approved, and no person has proposed it.
    NotApproved([u8; 32]),
}

/// Why the active rules stay in effect.
#[derive(Debug, thiserror::Error)]
pub enum ReloadRefused {
    /// The file has errors, or its own tests fail.
    #[error("{0}")]
    NotGood(Refusal),
    /// The file was not read.
    #[error(transparent)]
    NotRead(#[from] NotRead),
    /// Its lists lost too many entries.
    #[error("{0}")]
    Shrunk(Shrunk),
    /// The rule set could not be recorded, and a rule set that is not recorded is never evaluated.
    #[error("cannot record the rule set")]
    Record(#[from] NotRecorded),
}

impl ReloadRefused {
    /// Returns every problem that kept the rules from taking effect, one line each.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        match self {
            Self::NotGood(refusal) => refusal.problems(),
            Self::NotRead(_) | Self::Shrunk(_) => vec![self.to_string()],
            Self::Record(cause) => vec![cause.to_string()],
        }
    }
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
    /// Wakes every order that no person has decided, because the mode or the rules may have changed while the service
    /// was stopped.
    pub async fn start(&self) -> Result<u64, StoreError> {
        let woken = in_time(orders::wake_undecided(&self.pool, self.clock.now())).await?;
        self.wake.notify_one();
        Ok(woken)
    }

    /// Reads the rule file again. If it is valid and its tests pass, it takes effect, and the orders that no person has
    /// decided are evaluated again. If rules need approval and a person asks, it is proposed instead.
    pub async fn reload<'a>(
        &self,
        request: impl Into<ReloadRequest<'a>> + Send,
    ) -> Result<Reloaded, ReloadRefused> {
        let request = request.into();
        let _alone = self.rules.alone().await;
        let limits = self.rules.files().lists.read_limits();
        let read = settled_read::read_now(self.rules.on_disk(), limits, self.clock.now()).await;
        self.decide_on(read, &request).await
    }

    /// Like [`Self::reload`], but waits until the files have not changed for some seconds. Fails within 20 seconds if
    /// they keep changing or cannot be read.
    pub async fn reload_when_quiet<'a>(
        &self,
        request: impl Into<ReloadRequest<'a>> + Send,
    ) -> Result<Reloaded, ReloadRefused> {
        let request = request.into();
        let reading = async {
            let alone = self.rules.alone().await;
            (alone, self.read_when_quiet(self.rules.on_disk()).await)
        };
        let read = tokio::time::timeout(PATIENCE, reading).await;
        let (_alone, read) = read.map_err(|_| NotRead::Busy)?;
        self.decide_on(read, &request).await
    }

    /// Activates what was read, or returns why not. Either way these files count as read, unless the failure has
    /// nothing to do with their content.
    async fn decide_on(
        &self,
        read: Result<SettledRead, NotRead>,
        request: &ReloadRequest<'_>,
    ) -> Result<Reloaded, ReloadRefused> {
        let step = request.asked.step(self.clock.now(), "rules.reload");
        let (ended, seen) = match read {
            Ok(SettledRead { loaded, seen }) => (self.take_over(loaded, request, step).await, Some(seen)),
            Err(not_read) => (Err(ReloadRefused::NotRead(not_read)), None),
        };
        if let Err(refused) = &ended {
            self.note_refused(refused, &step).await;
        }
        match (&ended, seen) {
            // INVARIANT: recorded after the rules have taken effect, so that nothing is authorized by the old ones in
            // between.
            (Ok(_) | Err(ReloadRefused::NotGood(_) | ReloadRefused::Shrunk(_)), Some(seen)) => {
                self.rules.on_disk().note_looked_at(seen);
            }
            _ => self.rules.on_disk().note_failure(self.clock.now()),
        }
        ended
    }

    async fn take_over(
        &self,
        loaded: Result<Loaded, Refusal>,
        request: &ReloadRequest<'_>,
        step: Step<'_>,
    ) -> Result<Reloaded, ReloadRefused> {
        let loaded = loaded.map_err(ReloadRefused::NotGood)?;
        let (current, hash) = (self.rules.current(), loaded.rules.hash());
        if hash == current.hash() {
            self.rules.wait_for_approval(None);
            in_time(record::note_asked_again(&self.pool, hash, &step)).await?;
            return Ok(Reloaded::InForce(current));
        }
        if self.rules.files().approval == Approval::Needed && !self.is_in_force_on_record(hash).await? {
            self.rules.wait_for_approval(Some(hash));
            return match request.asked {
                AskedBy::Person { .. } => {
                    record::keep(&self.pool, &loaded, &step).await?;
                    in_time(self.propose(hash, &request.asked)).await
                }
                AskedBy::Machine(_) => Ok(Reloaded::NotApproved(hash)),
            };
        }
        let shrunk = self.unconfirmed_shrinkage(&current, &loaded.rules).await?;
        let step = match (request.shrunk_lists, shrunk.as_slice()) {
            (ShrunkLists::Accepted, shrunk) => step.accepting(shrunk),
            (ShrunkLists::Refused, []) => step,
            (ShrunkLists::Refused, _) => return Err(ReloadRefused::Shrunk(Shrunk(shrunk))),
        };
        record::put_in_force(&self.pool, &loaded, &step).await?;
        self.replace_rules(loaded, step.by).await;
        Ok(Reloaded::InForce(self.rules.current()))
    }

    async fn unconfirmed_shrinkage(
        &self,
        current: &RuleSet,
        other: &RuleSet,
    ) -> Result<Vec<ShrunkList>, StoreError> {
        let allowed = self.rules.files().lists.max_shrink;
        shrink_guard::unconfirmed(&self.pool, current, other, allowed, self.clock.now()).await
    }

    /// Records that a person's request was refused, and raises an alarm if a list may have been truncated.
    async fn note_refused(&self, refused: &ReloadRefused, step: &Step<'_>) {
        if let ReloadRefused::Shrunk(shrunk) = refused {
            let sentence = format!("the active rules stay in effect because a list lost entries: {shrunk}");
            alarm::raise_for_service(Alarm::ListShrunk, &sentence);
        }
        if matches!(refused, ReloadRefused::Record(_)) {
            return;
        }
        let current = self.rules.current().hash();
        let sentence = refused.to_string();
        let noted = record::note_refused(&self.pool, current, &sentence, step);
        if let Err(error) = in_time(noted).await {
            tracing::error!(error = %ErrorChain(&error), "Failed to record the refused reload as an admin action");
        }
    }

    /// Returns whether the waiting rule set in the file was approved through another replica.
    pub async fn is_approved_elsewhere(&self) -> Result<bool, StoreError> {
        match self.rules.waiting() {
            Some(hash) => self.is_in_force_on_record(hash).await,
            None => Ok(false),
        }
    }

    /// Activates a recorded rule set, and wakes the orders that no person has decided.
    pub(crate) async fn replace_rules(&self, loaded: Loaded, by: &str) {
        self.rules.replace(loaded);
        let rule_set = hex::encode(self.rules.current().hash());
        match in_time(orders::wake_undecided(&self.pool, self.clock.now())).await {
            Ok(woken) => tracing::info!(rule_set, loaded_by = by, woken, "Activated other rules"),
            Err(error) => {
                tracing::error!(
                    rule_set,
                    error = %ErrorChain(&error),
                    "Activated other rules, but failed to wake the held orders"
                );
            }
        }
        self.wake.notify_one();
    }

    async fn is_in_force_on_record(&self, hash: [u8; 32]) -> Result<bool, StoreError> {
        let last = in_time(store::last_of(&self.pool, RuleSetMove::InForce)).await?;
        Ok(last.is_some_and(|last| last.hash == hash))
    }

    /// Records that a person proposes a recorded rule set. It replaces any earlier proposal.
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
        tracing::info!(rule_set = hex::encode(hash), by = step.by, "Proposed rules");
        Ok(Reloaded::Proposed {
            rule_set: hash,
            by: step.by.to_owned(),
        })
    }
}

/// Returns whether a rule set is already proposed and the step adds nothing. A second person who requests it does not
/// become its proposer: otherwise the first person could approve what only they have read.
fn is_said_already(standing: &RuleSetEvent, hash: [u8; 32], step: &Step<'_>) -> bool {
    let by_other = person_behind(&standing.actor) != person_behind(step.by);
    standing.hash == hash && (by_other || step.because.is_none())
}
